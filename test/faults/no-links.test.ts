/** File systems without hard links (FAT, exFAT, SMB, some of FUSE): the same locks, the same state, the same vault. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sha256Of } from '../helpers/place.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { Contender, contenders, lockOfTheDead } from './helpers/contenders.js';
import { makeMachine } from './helpers/machine.js';
import { serve } from './helpers/served-vault.js';
import { canTrace, stopsFor } from './helpers/strace.js';
import { isWhole } from './helpers/sweep.js';

/** Fifty processes take long to start. */
vi.setConfig({ testTimeout: 300_000 });

/** As the kernel answers on FAT: a name that is taken is told first. */
const noLinks = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const refusal = (code) => Object.assign(new Error(code + ', link'), { code, syscall: 'link' });
  fs.linkSync = (_, to) => { throw refusal(fs.existsSync(to) ? 'EEXIST' : 'EPERM'); };
  syncBuiltinESMExports();`;

/** Clocks in these processes go so much faster than real time. */
const clockRate = 5;

/** Besides, the process stands still between making the lock and writing into it, for so long by its clock. */
const slow = (seconds: number): string => `${noLinks}
  const { writeSync } = fs;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  fs.writeSync = (fd, ...rest) => {
    if (fs.readlinkSync('/proc/self/fd/' + fd).endsWith('.lock')) Atomics.wait(cell, 0, 0, ${(seconds * 1000) / clockRate});
    return writeSync(fd, ...rest);
  };
  syncBuiltinESMExports();`;

describe('fifty processes that want one lock', () => {
  test('get it one at a time, with any leftover in the way', async () => {
    const folder = tempFolder();
    const left = await lockOfTheDead(folder);
    const all = await contenders(50, noLinks);
    const others: [string, string | null][] = [
      ['that nobody holds', null],
      ['of a process that was killed', left],
      ['whose maker died before it wrote', ''],
      ['whose maker died while it wrote', left.slice(0, 40)],
    ];
    for (const [what, text] of others) {
      const path = join(folder, `${what.replaceAll(' ', '-')}.lock`);
      if (text !== null) writeFileSync(path, text);
      const replies = await Promise.all(all.map((contender) => contender.ask({ take: path })));
      expect(
        replies.filter(({ won }) => won),
        `a lock ${what}`,
      ).toHaveLength(1);
      const losers = replies.filter(({ won }) => !won);
      expect(new Set(losers.map(({ code }) => code)), `a lock ${what}`).toEqual(new Set(['locked']));
      const holder = all[replies.findIndex(({ won }) => won)]?.process.pid;
      expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(holder);
      await Promise.all(all.map((contender) => contender.ask({})));
      expect(readdirSync(folder).filter((name) => name.includes(what.replaceAll(' ', '-')))).toEqual([]);
    }
  });
});

describe.skipIf(process.platform !== 'linux')(
  'a process that stands still between making a lock and writing into it',
  () => {
    /** Times are those of their clocks. */
    const asked = async (seconds: number, rivalAfterMs: number, rivalPreload = noLinks) => {
      const path = join(tempFolder(), 'slow.lock');
      const [maker, rival] = await Promise.all([
        new Contender(slow(seconds), clockRate).ready(),
        new Contender(rivalPreload, clockRate).ready(),
      ]);
      const made = maker.ask({ take: path });
      await vi.waitUntil(() => existsSync(path), { timeout: 60_000, interval: 5 });
      await new Promise((resolve) => setTimeout(resolve, rivalAfterMs / clockRate));
      const replies = await Promise.all([made, rival.ask({ take: path })]);
      return { holder: JSON.parse(readFileSync(path, 'utf8')).pid, replies, maker, rival };
    };

    test('for a moment has it: the other one waits for what it will say', async () => {
      const { holder, replies, maker } = await asked(2, 0);
      expect(replies.map(({ won }) => won)).toEqual([true, false]);
      expect(replies[1]?.code).toBe('locked');
      expect(holder).toBe(maker.process.pid);
    });

    test('for so long that the other one took it does not believe that it has it', async () => {
      const { holder, replies, rival } = await asked(25, 0);
      expect(replies.map(({ won }) => won)).toEqual([false, true]);
      expect(holder).toBe(rival.process.pid);
    });

    test('for so long that the other one is taking it at this very moment does not believe that it has it', async () => {
      const slowToRename = `${noLinks}
      const { renameSync } = fs;
      fs.renameSync = (from, to) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${8000 / clockRate});
        return renameSync(from, to);
      };
      syncBuiltinESMExports();`;
      // The other one has seen for 10 s that it says nothing, and renames at 18 s; it says something at 14 s.
      const { holder, replies, rival } = await asked(14, 0, slowToRename);
      expect(replies.map(({ won }) => won)).toEqual([false, true]);
      expect(holder).toBe(rival.process.pid);
    });

    test('for so long that the other one may be about to take it gets it as any other does', async () => {
      const { replies, holder, maker, rival } = await asked(8, 4000);
      expect(replies.filter(({ won }) => won)).toHaveLength(1);
      expect(holder).toBe((replies[0]?.won ? maker : rival).process.pid);
    });
  },
);

/** An upload is interrupted and resumed, archived already, and brought back, with everything in `folder`. */
async function expectWholeLife(folder: string, prefix: string[] = []): Promise<void> {
  const machine = makeMachine();
  const vaultFolder = join(folder, 'vault');
  mkdirSync(vaultFolder);
  const stateDir = ['--state-dir', join(folder, 'state')];
  const run = async ([command = '', ...words]: string[], exitCode = 0): Promise<string> => {
    const outcome = await machine.run([command, ...stateDir, ...words], { prefix });
    expect(outcome, `${outcome.words.join(' ')}: ${outcome.stderr}`).toMatchObject({ exitCode });
    return outcome.stdout.trim();
  };
  const upload = ['upload', machine.file, '--part-size', '1M', '--concurrency', '1'];
  const faulty = await serve({ folder: vaultFolder, faults: ['upload-part#3:error=AccessDeniedException'] });
  await faulty.createVault('demo');
  const there = faulty.words('demo');
  await run([...upload, ...there], 7);
  expect(await run(['sessions'])).toContain('uploading');
  await faulty.kill();
  const server = await serve({ folder: vaultFolder, port: new URL(faulty.url).port });
  const archiveId = await run([...upload, ...there]);
  expect(archiveId).toMatch(/^\S{138}$/);
  expect(machine.outcomes.at(-1)?.stderr).toContain('resumed: 2 of 5 parts');
  expect(await run([...upload, ...there])).toBe(archiveId);
  await server.kill();

  const local = ['--vault', 'other', '--local', vaultFolder];
  const second = await run([...upload, ...local]);
  expect(second).not.toBe(archiveId);
  expect(await run([...upload, ...local])).toBe(second);
  const out = join(folder, 'out.tar');
  await run(['retrieve', '-o', out, ...local, '--', second]);
  expect(sha256Of(out)).toBe(machine.sha256);
  await run(['inventory', ...local]);
  expect(await run(['inventory', '--kept', ...local])).toContain(second);
  expect((await run(['receipts'])).split('\n')).toHaveLength(2);
  const left = readdirSync(folder, { recursive: true }).filter((name) =>
    /\.(tmp|lock)$|after-/.test(String(name)),
  );
  // That of the server that was killed was taken over, and let go.
  expect(left).toEqual([]);
}

describe.skipIf(!canTrace)('where link is refused', () => {
  // The exFAT below refuses links by itself, with EPERM. GLACIER_UP_TEST_SWEEP=all tries every one.
  test.each(isWhole ? ['EPERM', 'EOPNOTSUPP', 'ENOSYS'] : ['ENOSYS'])(
    'with %s, everything works',
    async (errno) => {
      const prefix = ['strace', '-f', ...stopsFor(), '-qq', '-o', '/dev/null', '-e', 'trace=link,linkat'];
      prefix.push('-e', `inject=link,linkat:error=${errno}`);
      await expectWholeLife(tempFolder(), prefix);
    },
  );
});

test('on exFAT everything works', async ({ skip }) => {
  await expectWholeLife(exfatDisk(64) ?? skip('no right to mount, or no exfat-fuse'));
});

/** A file system of its own, without links, owners, modes and case; undefined where it cannot be mounted. */
function exfatDisk(sizeMiB: number): string | undefined {
  const folder = tempFolder();
  const [image, disk] = [join(folder, 'image'), join(folder, 'disk')];
  mkdirSync(disk);
  try {
    writeFileSync(image, '');
    execFileSync('truncate', ['-s', `${sizeMiB}M`, image]);
    execFileSync('mkfs.exfat', [image], { stdio: 'ignore' });
    const device = execFileSync('losetup', ['-f', '--show', image], { encoding: 'utf8' }).trim();
    onTestFinished(() => void execFileSync('losetup', ['-d', device]));
    execFileSync('mount.exfat-fuse', [device, disk], { stdio: 'ignore' });
    onTestFinished(() => void execFileSync('umount', [disk]));
  } catch {
    return undefined;
  }
  return disk;
}
