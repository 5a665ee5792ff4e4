/** What the `treehash` command hashes, and how it takes what goes wrong. */
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Hasher } from '../../../src/cli/commands/treehash/hash-named.js';
import { OriginalFiles, originalOf } from '../../../src/cli/commands/treehash/original-files.js';
import { reasonOf, sumFailure } from '../../../src/cli/commands/treehash/reasons.js';
import { SumOutput } from '../../../src/cli/commands/treehash/sum-output.js';
import type { SumRun } from '../../../src/cli/commands/treehash/sum-run.js';
import { Verdicts } from '../../../src/cli/commands/treehash/verdicts.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { NameReading } from '../../../src/names/name-reading.js';
import type { HashPool } from '../../../src/treehash/pool.js';
import { takeRanges } from '../../../src/treehash/shared-file.js';
import { rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { MiB } from '../../helpers/bytes.js';
import { tempFolder } from '../../helpers/temp-folder.js';

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

function file(name: string, content: string | number): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : '');
  if (typeof content === 'number') truncateSync(path, content);
  return path;
}

const hex = (content: string): string => rawTreeHashOf(Buffer.from(content)).toString('hex');
const md5Of = (content: string): string => createHash('md5').update(content).digest('hex');

/** Threads that must not be needed. */
const noThreads = {
  size: 2,
  joinHashing: () => Promise.reject(new Error('a thread was asked for')),
  rawSha256: () => Promise.reject(new Error('a thread was asked for')),
} as unknown as HashPool;

function hasherWith(pool: Partial<HashPool> = {}, signal = new AbortController().signal): Hasher {
  const whole = { ...noThreads, ...pool } as HashPool;
  return new Hasher(whole, { stdin: Readable.from([]) }, signal);
}

describe('a file of one leaf', () => {
  test('is hashed without threads, and so are the first 16 MiB of larger ones', async () => {
    const hasher = hasherWith();
    await hasher.hash(file('first', 10 * MiB));
    await hasher.hash(file('second', 6 * MiB));
    await hasher.hash(file('leaf', MiB));
    await expect(hasher.hash(file('third', MiB + 1))).rejects.toThrow('a thread was asked for');
  });

  test('counts to the first 16 MiB', async () => {
    const hasher = hasherWith();
    await hasher.hash(file('leaf', MiB));
    await hasher.hash(file('first', 14 * MiB));
    await expect(hasher.hash(file('second', 2 * MiB))).rejects.toThrow('a thread was asked for');
  });
});

describe('the size of what is named', () => {
  test('is that of a file with bytes', () => {
    const hasher = hasherWith();
    expect(hasher.sizeOf(file('file', 'a'))).toBe(1);
    expect(hasher.sizeOf(file('empty', ''))).toBeNull();
    expect(hasher.sizeOf(folder)).toBeNull();
    expect(hasher.sizeOf('-')).toBeNull();
    expect(() => hasher.sizeOf(join(folder, 'gone'))).toThrow('ENOENT');
  });
});

describe('the plain SHA-256', () => {
  const answers = { rawSha256: async () => Buffer.alloc(32, 1) };

  test('is one of a regular file that can be read', async () => {
    const hasher = hasherWith(answers);
    expect(await hasher.plainSha256(file('file', 'a'))).toBe('01'.repeat(32));
    for (const name of ['-', folder, '/dev/null', join(folder, 'gone')]) {
      expect(await hasher.plainSha256(name), name).toBeNull();
    }
  });

  test('is not computed of standard input, also where a file has that name', async () => {
    file('-', 'a');
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(folder);
    expect(await hasherWith(answers).plainSha256('-')).toBeNull();
    expect(await hasherWith(answers).plainSha256('./-')).not.toBeNull();
  });

  test('is not computed of a file that changes meanwhile', async () => {
    const path = file('file', 'a');
    const rawSha256 = async () => {
      appendFileSync(path, 'b');
      return Buffer.alloc(32, 1);
    };
    expect(await hasherWith({ rawSha256 }).plainSha256(path)).toBeNull();
  });

  test('ends with the run', async () => {
    const run = new AbortController();
    const rawSha256 = async () => {
      run.abort(new Error('stopped'));
      throw new Error('closed');
    };
    const hasher = hasherWith({ rawSha256 }, run.signal);
    await expect(hasher.plainSha256(file('file', 'a'))).rejects.toThrow('stopped');
    await expect(hasher.md5(join(folder, 'gone'))).rejects.toThrow('stopped');
    await expect(hasher.hash(file('file', 'a'))).rejects.toThrow('stopped');
  });
});

describe('a tree hash', () => {
  test('is refused of a file that changes while threads read it', async () => {
    const path = file('file', 40 * MiB);
    const joinHashing: HashPool['joinHashing'] = async (shared, onHashed) => {
      appendFileSync(path, 'b');
      // This thread leaves its ranges to others where they take long.
      for (const { index } of takeRanges(shared)) onHashed(index, Buffer.alloc(32));
    };
    await expect(hasherWith({ joinHashing }).hash(path)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('changed while it was being read'),
    });
  });

  test.runIf(process.platform === 'linux')('holds no file open afterwards', async () => {
    const path = file('file', 'a');
    const open = () => readdirSync('/proc/self/fd').length;
    const hasher = hasherWith({ rawSha256: () => Promise.reject(new Error('closed')) });
    await hasher.hash(path);
    const before = open();
    for (let count = 0; count < 5; count += 1) {
      await hasher.hash(path);
      await hasher.plainSha256(path);
    }
    expect(open()).toBe(before);
  });

  test.runIf(process.platform === 'linux')(
    'of a file without a size is that of what can be read of it',
    async () => {
      const { sizeBytes, treeHash } = await hasherWith().hash('/proc/version');
      expect(sizeBytes).toBeGreaterThan(0);
      expect(treeHash).not.toBe(hex(''));
    },
  );

  test('of standard input, which is read once, is that of nothing the second time', async () => {
    const stdin = vi.fn(() => new PassThrough().end('piped'));
    const context = {
      get stdin() {
        return stdin();
      },
    };
    const hasher = new Hasher(noThreads, context, new AbortController().signal);
    expect(await hasher.hash('-')).toMatchObject({ treeHash: hex('piped'), sizeBytes: 5 });
    expect(await hasher.hash(Buffer.from('-'))).toMatchObject({ treeHash: hex(''), sizeBytes: 0 });
    expect(stdin).toHaveBeenCalledOnce();
  });
});

describe('an archive that is not its file', () => {
  const original = { md5: md5Of('abcd'), sizeBytes: 4 };
  const reading = (fields: Partial<NameReading>): NameReading => ({
    name: 'a',
    modifiedAt: null,
    writer: 'fastglacier',
    ...fields,
  });

  test.each<[string, Partial<NameReading>, object | null]>([
    ['compressed', { isCompressed: true, original }, original],
    ['encrypted', { isEncrypted: true, original }, original],
    ['both', { isCompressed: true, isEncrypted: true, original }, original],
    ['neither', { original }, null],
    ['compressed, without an MD5', { isCompressed: true, original: { md5: null, sizeBytes: 4 } }, null],
    ['compressed, and nothing told', { isCompressed: true }, null],
  ])('is known by the MD5 of its file: %s', (_, fields, expected) => {
    expect(originalOf(reading(fields))).toEqual(expected);
  });

  test('is looked for among the files of its size, or among all where it is not told', async () => {
    const sizes = new Map([
      [file('good', 'abcd'), 4],
      [file('same size', 'efgh'), 4],
      [file('told another size', 'abcd'), 5],
      [join(folder, 'gone'), 4],
    ]);
    const files = new OriginalFiles(hasherWith(), sizes);
    const named = (names: string[]) => names.map((name) => name.slice(folder.length + 1));
    expect(named(await files.matching(original))).toEqual(['good']);
    expect(named(await files.matching({ ...original, sizeBytes: null }))).toEqual([
      'good',
      'told another size',
    ]);
    // Each is read once.
    rmSync(join(folder, 'good'));
    expect(named(await files.matching(original))).toEqual(['good']);
  });
});

describe('the reason of a failure', () => {
  const failure = (code: string) => Object.assign(new Error(`${code}: what Node says`), { code });

  test.each<[unknown, string]>([
    [failure('EISDIR'), 'Is a directory'],
    [failure('ENOENT'), 'No such file or directory'],
    [failure('EACCES'), 'Permission denied'],
    [failure('ENOSUCHCODE'), 'ENOSUCHCODE: what Node says'],
    [new Error('another'), 'another'],
    ['thrown text', 'thrown text'],
  ])('%s is "%s"', (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
    expect(sumFailure(error)).toMatchObject({ code: 'failed', message: reason, cause: error });
  });

  test('of the program itself stays what it is', () => {
    const internal = new GlacierUpError('internal', 'a bug');
    expect(sumFailure(internal)).toBe(internal);
    expect(sumFailure(new GlacierUpError('archive-unusable', 'changed'))).toMatchObject({ code: 'failed' });
  });
});

describe('what is checked', () => {
  function verdicts(signal = new AbortController().signal) {
    const printed = { stdout: '', stderr: '' };
    const output = (name: keyof typeof printed) => ({
      write: (text: string) => {
        printed[name] += text;
      },
    });
    const context = { stdout: output('stdout'), stderr: output('stderr') };
    const command = { context, options: {}, signal, reporter: { isJson: false } };
    const sums = { command, output: new SumOutput(command as never) } as unknown as SumRun;
    return { verdicts: new Verdicts(sums, 'list'), printed };
  }
  const failing = (error: unknown) => () => Promise.reject(error);

  test('and cannot be read is reported, and the next is checked', async () => {
    const { verdicts: all, printed } = verdicts();
    await all.of('one', failing(new GlacierUpError('failed', 'changed')));
    await all.of('two', async () => ({ ok: true }));
    expect(all).toMatchObject({ unreadable: 1, matched: 1, mismatched: 0 });
    expect(printed.stdout).toBe('one: FAILED open or read\ntwo: OK\n');
    expect(printed.stderr).toBe('glacier-up: one: changed\n');
  });

  test('and fails by a bug, or by a signal, ends the run', async () => {
    const bug = new GlacierUpError('internal', 'a bug');
    await expect(verdicts().verdicts.of('one', failing(bug))).rejects.toBe(bug);
    const { verdicts: all, printed } = verdicts(AbortSignal.abort(new Error('stopped')));
    await expect(all.of('one', failing(new Error('closed')))).rejects.toThrow('stopped');
    expect(printed).toEqual({ stdout: '', stderr: '' });
  });
});
