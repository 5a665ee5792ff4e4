/** Locks among real processes: one holder at a time, whoever died, slept or moved house. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.js';
import { contenders, lockOfTheDead } from './helpers/contenders.js';
import { type Machine, makeMachine, runUntilDone } from './helpers/machine.js';
import { assertPromise, receiptsOf } from './helpers/promise.js';
import { runHere } from './helpers/run-here.js';
import { type ServedVault, serveHere } from './helpers/served-vault.js';

/** Fifty processes take long to start on a busy machine. */
vi.setConfig({ testTimeout: 300_000 });

const minuteMs = 60_000;

/** Keeps the processors busy, so that contenders are interrupted in other places. */
function load(): void {
  for (let i = 0; i < 3; i += 1) {
    const child = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
  }
}

describe('fifty processes that want one lock', () => {
  const staleLocks: [what: string, make: (path: string, left: string) => void][] = [
    ['of a process that was killed', (path, left) => writeFileSync(path, left)],
    ['of an earlier start of the machine', (path, left) => writeRecord(path, left, { bootId: 'earlier' })],
    ['whose number another process has now', (path, left) => writeRecord(path, left, { pid: process.pid })],
    [
      'of another host, not refreshed for 31 minutes',
      (path, left) => {
        writeRecord(path, left, { host: 'elsewhere' });
        age(path, 31 * minuteMs);
      },
    ],
    ['that is empty', (path) => writeFileSync(path, '')],
    ['that is damaged', (path, left) => writeFileSync(path, left.slice(0, 40))],
    ['that nobody holds', () => {}],
  ];

  test('get it one at a time, idle and under load, with any old lock in the way', async () => {
    const folder = tempFolder();
    const left = await lockOfTheDead(folder);
    const all = await contenders(50);
    for (const round of ['idle', 'under-load']) {
      if (round === 'under-load') load();
      for (const [index, [what, make]] of staleLocks.entries()) {
        const path = join(folder, `${round}-${index}.lock`);
        make(path, left);
        const replies = await Promise.all(all.map((contender) => contender.ask({ take: path })));
        const winners = replies.filter(({ won }) => won);
        expect(winners, `a lock ${what}`).toHaveLength(1);
        const losers = replies.filter(({ won }) => !won);
        expect(new Set(losers.map(({ code }) => code)), `a lock ${what}`).toEqual(new Set(['locked']));
        const holder = all[replies.findIndex(({ won }) => won)]?.process.pid;
        expect(JSON.parse(readFileSync(path, 'utf8')).pid).toBe(holder);
        await Promise.all(all.map((contender) => contender.ask({})));
        // Nothing is left: no second lock, no temporary file, no lock.
        expect(readdirSync(folder).filter((name) => name.startsWith(`${round}-${index}.lock`))).toEqual([]);
      }
    }
  });
});

function writeRecord(path: string, text: string, changes: Record<string, unknown>): void {
  writeFileSync(path, JSON.stringify({ ...JSON.parse(text), ...changes }));
}

function age(path: string, ageMs: number): void {
  const then = new Date(Date.now() - ageMs);
  utimesSync(path, then, then);
}

interface Stage {
  machine: Machine;
  server: ServedVault;
  /** An upload of the machine's file into the vault, one part at a time. */
  words: string[];
  promised: { vaultFolder: string; vault: string };
  lockFile(): string;
}

async function stage(faults: string[] = []): Promise<Stage> {
  const machine = makeMachine();
  const server = await serveHere({ faults });
  await server.createVault('demo');
  const words = [
    'upload',
    machine.file,
    '--part-size',
    '1M',
    '--concurrency',
    '1',
    '-v',
    ...server.words('demo'),
  ];
  return {
    machine,
    server,
    words,
    promised: { vaultFolder: server.folder, vault: 'demo' },
    lockFile: () => {
      const name = readdirSync(machine.sessionFolder).find((one) => one.endsWith('.lock'));
      return join(machine.sessionFolder, name ?? 'no lock');
    },
  };
}

/** The third request for a part is never answered: an upload that goes on for as long as the test wants. */
const hangs = ['upload-part#3:black-hole'];
/** For runs after the first: that third request may be theirs, if the first run ended before it had sent it. */
const soon = ['--read-timeout', '2s'];
const secondPart = /part 1048576-2097151 stored/;

describe('two uploads of one file at once', () => {
  test('the second is told who holds it, exit 11; when the first was killed, the next takes over at once', async () => {
    const { machine, words, promised } = await stage(hangs);
    const first = machine.start(words);
    await first.said(secondPart);
    const second = await machine.run(words);
    expect(second).toMatchObject({ exitCode: 11, stdout: '' });
    expect(second.stderr).toMatch(/is held by process \d+ on \S+, since \d{4}-/);
    first.send('SIGKILL');
    await first.ended;
    const third = await machine.run([...words, ...soon]);
    expect(third.stderr).toContain('resumed: 2 of 5 parts');
    assertPromise(machine, { ...promised, mayDieBy: ['SIGKILL'] });
  });

  test('--wait-lock waits until the first ends, and carries on where it stopped', async () => {
    const { machine, words, promised } = await stage(hangs);
    const first = machine.start(words);
    await first.said(secondPart);
    const second = machine.start([...words, ...soon, '--wait-lock', '10m']);
    await second.said(/waiting for process \d+/);
    first.send('SIGTERM');
    expect(await first.ended).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
    expect((await second.ended).stderr).toContain('resumed: 2 of 5 parts');
    assertPromise(machine, { ...promised, mayDieBy: ['SIGTERM'] });
  });

  test('--wait-lock gives up after the time that it was given', async () => {
    const { machine, words } = await stage(hangs);
    const first = machine.start(words);
    await first.said(secondPart);
    const second = await machine.run([...words, '--wait-lock', '1s']);
    expect(second.exitCode).toBe(11);
    expect(second.stderr).toContain('waiting for process');
    first.send('SIGKILL');
    await first.ended;
  });

  test('one that was stopped for long and lost its lock saves nothing over its successor’s state', async () => {
    const { machine, words, promised, lockFile } = await stage(['upload-part#3-4:black-hole']);
    const first = machine.start([...words, '--read-timeout', '1s']);
    await first.said(secondPart);
    first.send('SIGSTOP');
    // As another machine with the same home would find it after half an hour: the lock is taken over.
    rmSync(lockFile());
    const second = machine.start([...words, '--wait-lock', '10m', '--read-timeout', '8s']);
    await second.said(/resumed: 2 of 5 parts/);
    const successor = readFileSync(lockFile(), 'utf8');
    first.send('SIGCONT');
    const lost = await first.ended;
    expect(lost.exitCode).toBe(11);
    expect(lost.stderr).toContain('took this upload over');
    expect(readFileSync(lockFile(), 'utf8')).toBe(successor);
    expect((await second.ended).exitCode).toBe(0);
    assertPromise(machine, promised);
  });

  test('receipts of many uploads at once are all there, each on a line of its own', async () => {
    const { machine, server } = await stage();
    const files = Array.from({ length: 8 }, (_, index) => join(machine.folder, 'source', `${index}.tar`));
    for (const [index, file] of files.entries()) writeFileSync(file, `archive ${index}`);
    const runs = await Promise.all(
      files.map((file) => machine.run(['upload', file, ...server.words('demo')])),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual(files.map(() => 0));
    const told = runs.map(({ stdout }) => stdout.trim()).sort();
    expect(
      receiptsOf(machine)
        .map(({ archiveId }) => archiveId)
        .sort(),
    ).toEqual(told);
    expect(readFileSync(machine.receiptFile, 'utf8').split('\n')).toHaveLength(files.length + 1);
  });
});

describe('a lock that was left behind', () => {
  /** An upload killed half way, and its lock changed. */
  async function left(
    change: (record: Record<string, unknown>) => Record<string, unknown> | string,
  ): Promise<Stage> {
    const staged = await stage(hangs);
    const first = staged.machine.start(staged.words);
    await first.said(secondPart);
    first.send('SIGKILL');
    await first.ended;
    const changed = change(JSON.parse(readFileSync(staged.lockFile(), 'utf8')));
    writeFileSync(staged.lockFile(), typeof changed === 'string' ? changed : JSON.stringify(changed));
    return staged;
  }

  async function expectTakeOver({ machine, words, promised }: Stage): Promise<void> {
    expect(await runHere(machine, [...words, ...soon])).toMatchObject({ exitCode: 0 });
    assertPromise(machine, { ...promised, mayDieBy: ['SIGKILL'] });
  }

  test('by another host is respected while it is young, and taken over after half an hour', async () => {
    const staged = await left((record) => ({ ...record, host: 'elsewhere' }));
    const refused = await staged.machine.run(staged.words);
    expect(refused.exitCode).toBe(11);
    expect(refused.stderr).toContain('on elsewhere');
    age(staged.lockFile(), 29 * minuteMs);
    expect(await staged.machine.run(staged.words)).toMatchObject({ exitCode: 11 });
    age(staged.lockFile(), 31 * minuteMs);
    await expectTakeOver(staged);
  });

  test('by another container of this name is not judged by its process number', async () => {
    const staged = await left((record) => ({ ...record, pidNamespace: 'pid:[4026539999]' }));
    expect(await staged.machine.run(staged.words)).toMatchObject({ exitCode: 11 });
    age(staged.lockFile(), 31 * minuteMs);
    await expectTakeOver(staged);
  });

  test('by a process whose number a living one has now is taken over', async () => {
    await expectTakeOver(await left((record) => ({ ...record, pid: process.pid })));
  });

  test('before a restart of the machine is taken over', async () => {
    await expectTakeOver(await left((record) => ({ ...record, bootId: 'another', pid: process.pid })));
  });

  test.each([
    ['empty', ''],
    ['cut off', '{"host":"h'],
    ['no object', '[]'],
    ['null', 'null'],
    ['named to lead elsewhere', JSON.stringify({ host: 'h', pid: 1, token: '../../../escaped' })],
  ])('that is %s is taken over', async (_, text) => {
    const staged = await left(() => text);
    await expectTakeOver(staged);
    expect(existsSync(join(staged.machine.folder, 'home/escaped'))).toBe(false);
  });
});

test('what killed runs left is cleared away once it is a day old, and state never is', async () => {
  const { machine, words } = await stage();
  await runHere(machine, words);
  const token = 'a'.repeat(24);
  const id = 'b'.repeat(20);
  const orphans = [`${id}.json.tmp-5573575649f95bbc`, `${id}.lock.${token}.tmp`, `${id}.lock.after-${token}`];
  const kept = [`${id}.json.prev`, `${id}.json.corrupt`, `${id}.lock`, 'notes.txt'];
  const young = [`${id}.json.tmp-0123456789abcdef`, `${id}.lock.${'c'.repeat(24)}.tmp`];
  for (const name of [...orphans, ...kept, ...young]) {
    writeFileSync(join(machine.sessionFolder, name), '', { mode: 0o600 });
    if (!young.includes(name)) age(join(machine.sessionFolder, name), 25 * 60 * minuteMs);
  }
  await runUntilDone(machine, words);
  expect(readdirSync(machine.sessionFolder).sort()).toEqual([...kept, ...young].sort());
});
