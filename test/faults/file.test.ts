/** Files that are not what an archive is made of, and files that do not hold still. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import { makePlace, type Place, sha256Of } from '../helpers/place.js';
import { makeMachine, program, runUntilDone } from './helpers/machine.js';
import { assertPromise, sessionsLeft } from './helpers/promise.js';
import { readVault } from './helpers/served-vault.js';
import { stopsFor } from './helpers/strace.js';
import { isWhole } from './helpers/sweep.js';

/** Some run the program a dozen times. */
vi.setConfig({ testTimeout: 180_000 });

const partSize = ['--part-size', '1M'];

/** Nothing was begun here or in the vault. */
async function expectNothingBegun(place: Place): Promise<void> {
  expect(place.sessions()).toEqual([]);
  expect(place.receipts()).toEqual([]);
  expect((await place.run(['list-uploads'])).stdout).toBe('');
}

describe('what is no archive is refused with exit 3, and nothing is begun', () => {
  test.each<[string, RegExp, (path: string) => unknown]>([
    ['a file that is not there', /no such file/, () => {}],
    ['a directory', /a directory/, (path) => mkdirSync(path)],
    ['a FIFO that nobody writes to', /a FIFO/, (path) => execFileSync('mkfifo', [path])],
    ['a link to a device', /a character device/, (path) => symlinkSync('/dev/zero', path)],
    ['a link to nothing', /no such file/, (path) => symlinkSync('nowhere', path)],
    ['a link to itself', /too many symbolic links/, (path) => symlinkSync(path, path)],
    ['an empty file', /empty/, (path) => writeFileSync(path, '')],
    ['a file of /proc, which has no size', /empty/, (path) => symlinkSync('/proc/version', path)],
  ])('%s', async (_, reason, make) => {
    const place = makePlace();
    const path = join(place.folder, 'odd');
    make(path);
    const { code, stdout, stderr } = await place.run(['upload', path]);
    expect({ code, stdout }, stderr).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(reason);
    await expectNothingBegun(place);
  });

  test('a socket', async () => {
    const place = makePlace();
    const path = join(place.folder, 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(() => void server.close());
    const { code, stderr } = await place.run(['upload', path]);
    expect(code, stderr).toBe(3);
    expect(stderr).toContain('a socket');
  });

  test('a file larger than 10,000 parts of 4 GiB; one of just that size has a plan', async () => {
    const place = makePlace();
    // The memory file system holds holes of any size; a disk's may not.
    const huge = join('/dev/shm', `glacier-up-huge-${process.pid}`);
    onTestFinished(() => rmSync(huge, { force: true }));
    writeFileSync(huge, '');
    truncateSync(huge, 42_949_672_960_001);
    const refused = await place.run(['upload', huge]);
    expect(refused.code, refused.stderr).toBe(3);
    expect(refused.stderr).toMatch(/42949672960000|42,949,672,960,000|40 TB|39\.1 TiB/);
    await expectNothingBegun(place);
    truncateSync(huge, 42_949_672_960_000);
    const planned = await place.run(['upload', huge, '--dry-run']);
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toMatch(/10000 parts of 4 GiB/);
  });

  test('a part size that needs more than 10,000 parts is exit 2, naming the smallest that will do', async () => {
    const place = makePlace();
    const large = join(place.folder, 'large');
    writeFileSync(large, '');
    truncateSync(large, 10_001 * MiB);
    const { code, stderr } = await place.run(['upload', large, ...partSize]);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain('--part-size 2M');
    await expectNothingBegun(place);
  });

  test('a name that is not UTF-8 is told as such, with a way out that works', async () => {
    const machine = makeMachine();
    const vault = ['--vault', 'v', '--local', join(machine.folder, 'vault')];
    const words = [process.execPath, program, 'upload', ...vault].map((word) => `"${word}"`).join(' ');
    const line = `cp "${machine.file}" $'\\xff\\xfe.tar' && ${words} $'\\xff\\xfe.tar'`;
    const refused = await machine.run([], { prefix: ['bash', '-c', line, '--'] });
    expect(refused.exitCode, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('a name that is not UTF-8 cannot be given on the command line');
    expect(refused.stderr).toMatch(/hint: .*--files-from/);
    const list = `printf '%s\\n' $'\\xff\\xfe.tar' | ${words} --files-from -`;
    const listed = await machine.run([], { prefix: ['bash', '-c', list, '--'] });
    expect(listed.exitCode, listed.stderr).toBe(0);
    expect(listed.stdout).toContain('\\udcff\\udcfe.tar');
  });
});

describe('a file that changes while it is sent is no archive: exit 3, and what it says is why', () => {
  /** Changes the file when its first part is stored. */
  async function changing(change: (file: string) => void) {
    const place = makePlace();
    let isDone = false;
    const onStderr = (text: string): void => {
      if (isDone || !/part \S+ stored/.test(text)) return;
      isDone = true;
      change(place.file);
    };
    const words = ['upload', place.file, ...partSize, '--verbose', '--concurrency', '1'];
    return { place, result: await place.run(words, { onStderr }) };
  }

  const writeByte = (file: string, at: number): void => {
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.of(7), 0, 1, at);
    closeSync(fd);
  };

  test.each<[string, RegExp, (file: string) => void]>([
    ['a byte in a part that is stored', /modified/, (file) => writeByte(file, 5)],
    ['a byte in a part that is not', /modified/, (file) => writeByte(file, 3 * MiB)],
    [
      'a byte, and its time is set back',
      /status changed|modified/,
      (file) => {
        const { atime, mtime } = statSync(file);
        writeByte(file, 5);
        utimesSync(file, atime, mtime);
      },
    ],
    ['it grows', /size 3670016 → 3670017 bytes/, (file) => appendFileSync(file, 'x')],
    ['it shrinks', /size 3670016 → 2097152 bytes/, (file) => truncateSync(file, 2 * MiB)],
    ['it is emptied', /size 3670016 → 0 bytes/, (file) => truncateSync(file, 0)],
    ['it is touched', /modified/, (file) => utimesSync(file, new Date(), new Date(0))],
    [
      'another file is put in its place',
      /status changed/,
      (file) => {
        seededFile(`${file}.new`, 3.5 * MiB, 9);
        renameSync(`${file}.new`, file);
      },
    ],
  ])('%s', async (_, reason, change) => {
    const { place, result } = await changing(change);
    expect(result.code, result.stderr).toBe(3);
    expect(result.stderr).toMatch(reason);
    expect(result.stderr).toMatch(/^hint: /m);
    expect(result.stdout).toBe('');
    expect(place.archives()).toEqual([]);
    expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
  });

  test('deleted, it is still whole behind its descriptor, but nobody could send it again: exit 3', async () => {
    const { place, result } = await changing((file) => unlinkSync(file));
    expect(result.code, result.stderr).toBe(3);
    expect(place.archives()).toEqual([]);
  });
});

describe('between two runs', () => {
  test('a changed byte is found though the modification time was set back: exit 3, nothing sent', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize], 2);
    const { atime, mtime } = statSync(place.file);
    const bytes = readFileSync(place.file);
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    writeFileSync(place.file, bytes);
    utimesSync(place.file, atime, mtime);
    const { code, stderr } = await place.run(['upload', place.file]);
    expect(code, stderr).toBe(3);
    expect(place.archives()).toEqual([]);
  });

  test('a file that was copied away and back is hashed again, and not a stored part is sent twice', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize], 2);
    copyFileSync(place.file, `${place.file}.copy`);
    renameSync(`${place.file}.copy`, place.file);
    expect(await place.run(['upload', place.file])).toMatchObject({ code: 0 });
    expect(place.receipts()).toMatchObject([{ parts: { sent: 2, kept: 2 } }]);
  });

  test('hashes of a changed file that was refused are not taken for those of the file as it was', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, ...partSize], 2);
    const before = place.sessions()[0]?.partTreeHashes;
    copyFileSync(place.file, `${place.file}.kept`);
    seededFile(place.file, 3.5 * MiB, 9);
    expect(await place.run(['upload', place.file])).toMatchObject({ code: 3 });
    expect(place.sessions()[0]?.partTreeHashes).toBe(before);
    renameSync(`${place.file}.kept`, place.file);
    expect(await place.run(['upload', place.file])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test('a symbolic link that leads to another file now archives that one, and leaves the other upload be', async () => {
    const place = makePlace();
    const other = join(place.folder, 'other.tar');
    seededFile(other, 1.5 * MiB, 5);
    const link = join(place.folder, 'latest.tar');
    symlinkSync(place.file, link);
    await place.interrupted(['upload', link, ...partSize], 2);
    unlinkSync(link);
    symlinkSync(other, link);
    expect(await place.run(['upload', link])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(other)]);
    expect(place.sessions()).toMatchObject([{ path: place.file, phase: 'uploading' }]);
    expect(await place.run(['upload', place.file])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(other), sha256Of(place.file)]);
  });
});

describe('holes, odd names and a machine at its limits', () => {
  test('a sparse file is archived as the bytes it reads as', async () => {
    const place = makePlace();
    const sparse = join(place.folder, 'sparse');
    writeFileSync(sparse, 'begins');
    truncateSync(sparse, 3 * MiB);
    appendFileSync(sparse, 'ends');
    expect(await place.run(['upload', sparse, ...partSize])).toMatchObject({ code: 0 });
    expect(place.archives()).toEqual([sha256Of(sparse)]);
  });

  test.each([
    ['a newline', 'two\nlines'],
    ['terminal commands', 'x\u001b]0;title\u0007\u001b[2J\r\u009b1m'],
    ['text that runs backwards', 'a\u202egpj.exe'],
    ['a hyphen in front', '-n'],
    ['a dotless ı and an emoji', 'ığdır 🗄'],
    ['quotes and backslashes', `'"\\$(touch x)`],
    ['spaces at both ends', ' x '],
  ])('a name with %s is archived, carried on and shown harmlessly', async (_, name) => {
    const place = makePlace();
    const path = join(place.folder, 'in');
    mkdirSync(path);
    const file = join(path, name);
    seededFile(file, 2.5 * MiB, 3);
    const vault = ['--vault', 'demo', '--local', place.vaultFolder];
    await place.interrupted(['upload', ...partSize, file], 1);
    const results = [
      await place.plain(['sessions']),
      await place.plain(['list-parts', ...vault, '--', file]),
      await place.plain(['list-parts', ...vault, '--json', '--', file]),
      await place.plain(['upload', ...vault, '--verbose', '--', file, place.file]),
      await place.plain(['receipts']),
      await place.plain(['receipts', '--json']),
    ];
    for (const { code, stdout, stderr } of results) {
      expect(code, stderr).toBe(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    // The two are sent at the same time: either may be the first archive.
    expect(place.archives().sort()).toEqual([sha256Of(file), sha256Of(place.file)].sort());
  });

  test('a file that cannot be read half way is exit 3 with the place and the cause, and is carried on', async () => {
    const machine = makeMachine();
    const vaultFolder = join(machine.folder, 'vault');
    const words = ['upload', machine.file, ...partSize, '--vault', 'v', '--local', vaultFolder];
    const strace = ['strace', '-f', ...stopsFor(), '-qq', '-o', '/dev/null', '-P', machine.file];
    const inject = ['-e', 'trace=pread64', '-e', 'inject=pread64:error=EIO:when=4+'];
    const { exitCode, stderr } = await machine.run(words, { prefix: [...strace, ...inject] });
    expect(exitCode, stderr).toBe(3);
    expect(stderr).toMatch(/cannot be read at byte \d+: EIO/);
    expect(sessionsLeft(machine).filter((name) => name.endsWith('.json'))).toHaveLength(1);
    await runUntilDone(machine, words);
    assertPromise(machine, { vaultFolder, vault: 'v' });
  });

  test('with too few descriptors it says so, and carries on when there are enough', async () => {
    const machine = makeMachine();
    const vaultFolder = join(machine.folder, 'vault');
    const words = ['upload', machine.file, ...partSize, '--vault', 'v', '--local', vaultFolder];
    words.push('--retry-for', '1s');
    let refused = 0;
    // Up to 30 each ends in another place; above, all end in the middle of the upload.
    for (let limit = 22; limit <= 42; limit += isWhole || limit < 30 ? 1 : 3) {
      const prefix = ['bash', '-c', `ulimit -n ${limit}; exec "$@"`, '--'];
      const { exitCode, stderr } = await machine.run(words, { prefix });
      expect([0, 1, 3, 5, 9], `${limit}: ${stderr}`).toContain(exitCode);
      if (exitCode === 0) break;
      refused += 1;
      // The embedded vault, which has the same limit, only says that it cannot answer.
      if (exitCode !== 5) expect(stderr, `${limit}`).toMatch(/too many open files|EMFILE/i);
      expect(stderr).not.toMatch(/bug of glacier-up/);
      expect(readVault(vaultFolder, 'v').archives.length).toBeLessThanOrEqual(1);
    }
    expect(refused).toBeGreaterThan(0);
    await runUntilDone(machine, words);
    assertPromise(machine, { vaultFolder, vault: 'v' });
  });
});
