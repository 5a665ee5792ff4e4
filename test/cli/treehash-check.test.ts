/** What `treehash` says of each line of a list, of each file, and of all of them together. */
import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Output } from '../../src/cli/output/output.js';
import type { Thread } from '../../src/os/thread.js';
import { rawTreeHashOf } from '../../src/treehash/tree-hash.js';
import { MiB } from '../helpers/bytes.js';
import { tempFolder } from '../helpers/temp-folder.js';
import { jsonLines, type Run, treehash, type World } from '../helpers/treehash-cli.js';
import { workers } from '../helpers/workers.js';

const hex = (content: string | Buffer): string => rawTreeHashOf(Buffer.from(content)).toString('hex');
const plainHex = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const zeros = '0'.repeat(64);
const large = Buffer.alloc(2 * MiB + 1, 'large file ');

let folder: string;
beforeEach(() => {
  folder = tempFolder();
  file('good', 'abcd');
  file('other', 'efgh');
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What it printed and how it ended, with names as they are in the folder. */
function shown({ stdout, stderr, ending }: Run): { stdout: string; stderr: string; ending: Run['ending'] } {
  const short = (text: string) => text.replaceAll(`${folder}/`, '');
  return { stdout: short(stdout), stderr: short(stderr), ending };
}

/** Checks a list of these lines, each `HEX  NAME` with a name of the folder, or anything else. */
async function checked(flags: string[], lines: string[], world?: World) {
  const text = lines.map((line) => line.replace(/^([0-9a-f]{64} {2})/, `$1${folder}/`)).join('\n');
  if (world?.stdin)
    return shown(await treehash(['--check', ...flags, '-'], { stdin: Readable.from([text]) }));
  return shown(await treehash(['--check', ...flags, file('list', text)]));
}

const good = `${hex('abcd')}  good`;
const bad = `${zeros}  other`;
const gone = `${zeros}  gone`;

describe('treehash --check', () => {
  const malformed = 'glacier-up: WARNING: 1 line is improperly formatted\n';
  const notMatching = 'glacier-up: WARNING: 1 computed checksum did NOT match\n';
  const failedToRead = 'gone: FAILED open or read\n';
  const unread =
    'glacier-up: gone: No such file or directory\nglacier-up: WARNING: 1 listed file could not be read\n';
  const nothingVerified = 'glacier-up: list: no file was verified\n';

  test.each<[string, string[], string[], string, string, number]>([
    ['a line that is no sum is counted', [], [good, 'junk'], 'good: OK\n', malformed, 0],
    [
      'so are several',
      [],
      [good, 'junk', 'more'],
      'good: OK\n',
      malformed.replace('1 line is', '2 lines are'),
      0,
    ],
    ['--strict makes it a failure', ['--strict'], [good, 'junk'], 'good: OK\n', malformed, 1],
    ['--strict takes a list without one', ['--strict'], [good], 'good: OK\n', '', 0],
    [
      'comments and empty lines are not counted',
      ['--strict'],
      ['# a comment', '', good],
      'good: OK\n',
      '',
      0,
    ],
    [
      '--warn names its line',
      ['--warn'],
      ['# a comment', good, 'junk'],
      'good: OK\n',
      `glacier-up: list: 3: improperly formatted SHA256-TREE checksum line\n${malformed}`,
      0,
    ],
    ['--status says nothing of it, even with --warn', ['--status', '--warn'], [good, 'junk'], '', '', 0],
    ['--status prints nothing of what matches', ['--status'], [good], '', '', 0],
    ['--status prints nothing of what does not', ['--status'], [good, bad], '', '', 1],
    ['--quiet prints what fails', ['--quiet'], [good, bad], 'other: FAILED\n', notMatching, 1],
    ['without --quiet it prints both', [], [good, bad], 'good: OK\nother: FAILED\n', notMatching, 1],
    ['a file that is missing is a failure', [], [good, gone], `good: OK\n${failedToRead}`, unread, 1],
    ['also the only one, of which nothing else is said', [], [gone], failedToRead, unread, 1],
    ['--ignore-missing passes it over', ['--ignore-missing'], [good, gone], 'good: OK\n', '', 0],
    ['but not when it was the only one', ['--ignore-missing'], [gone], '', nothingVerified, 1],
    [
      'nor when no other matched',
      ['--ignore-missing'],
      [gone, bad],
      'other: FAILED\n',
      notMatching + nothingVerified,
      1,
    ],
    [
      'nor is a folder passed over',
      ['--ignore-missing'],
      [good, `${zeros}  .`],
      'good: OK\n.: FAILED open or read\n',
      unread.replace('gone', '.').replace('No such file or directory', 'Is a directory'),
      1,
    ],
    ['nor with --status', ['--ignore-missing', '--status'], [gone], '', '', 1],
    [
      'a list without a sum is a failure',
      [],
      ['junk'],
      '',
      'glacier-up: treehash: list: no properly formatted checksum lines found\n',
      1,
    ],
  ])('%s', async (_, flags, lines, stdout, stderr, code) => {
    expect(await checked(flags, lines)).toEqual({ stdout, stderr, ending: { code } });
  });

  const looksPlain = 'hint: list: this looks like a sha256sum file: check it with sha256sum --check\n';

  test('of a list that sha256sum --tag wrote says so', async () => {
    const tagged = `SHA256 (${join(folder, 'good')}) = ${plainHex('abcd')}`;
    const alone = await checked([], [tagged]);
    expect(alone.stderr).toMatch(new RegExp(`no properly formatted checksum lines found\n${looksPlain}$`));
    expect((await checked([], [`junk, not ${tagged}`])).stderr).not.toContain('hint:');
    // Nothing has failed that the hint would explain.
    expect((await checked([], [good, tagged])).stderr).toBe(malformed);
    expect((await checked(['--strict'], [good, tagged])).stderr).toBe(malformed + looksPlain);
  });

  test('goes by one plain SHA-256 of a list, and not by a small file whose tree hash is the same', async () => {
    file('large', large);
    const plain = `${plainHex(large)}  large`;
    const twoFailed = notMatching.replace('1 computed checksum', '2 computed checksums');
    expect((await checked([], [plain, bad])).stderr).toBe(twoFailed + looksPlain);
    expect((await checked([], [bad, plain])).stderr).toBe(twoFailed + looksPlain);
    expect((await checked([], [good, bad])).stderr).toBe(notMatching);
  });

  test('does not look for a plain SHA-256 of what is no regular file', async () => {
    expect((await checked([], [`${plainHex('')}  list/../.`])).stdout).toBe(
      'list/../.: FAILED open or read\n',
    );
    const device = shown(await treehash(['--check', file('list', `${zeros}  /dev/null\n`)]));
    expect(device).toEqual({ stdout: '/dev/null: FAILED\n', stderr: notMatching, ending: { code: 1 } });
  });

  test('names standard input in what it says, which cannot name itself', async () => {
    const stdin = Readable.from([]);
    const { stdout, stderr } = await checked(['--warn'], [good, `${zeros} *-`], { stdin });
    expect(stdout).toBe('good: OK\n');
    expect(stderr).toBe(
      `glacier-up: standard input: 2: improperly formatted SHA256-TREE checksum line\n${malformed}`,
    );
    const none = await checked([], ['junk'], { stdin });
    expect(none.stderr).toContain('standard input: no properly formatted checksum lines found');
  });

  test('of a list in a file reads standard input where it is named', async () => {
    const list = file('list', `${hex('piped')}  -\n`);
    const { stdout } = await treehash(['--check', list], { stdin: Readable.from(['piped']) });
    expect(stdout).toBe('-: OK\n');
  });

  test('goes on with the next list when one cannot be read', async () => {
    const list = file('list', `${hex('abcd')}  ${join(folder, 'good')}\n`);
    const { stdout, stderr, ending } = shown(
      await treehash(['--check', join(folder, 'missing'), folder, list]),
    );
    expect(stdout).toBe('good: OK\n');
    expect(stderr).toContain('glacier-up: treehash: missing: No such file or directory\n');
    expect(stderr).toContain(': Is a directory\n');
    expect(ending).toEqual({ code: 1 });
  });

  test('with --json tells in one error what is wrong, and nothing else', async () => {
    const verified = await checked(['--json', '--ignore-missing'], [gone, bad]);
    expect(jsonLines(verified.stderr)).toMatchObject([
      { code: 'mismatch', file: 'list', message: '1 computed checksum did NOT match; no file was verified' },
    ]);
    const unreadable = await checked(['--json'], [gone]);
    expect(jsonLines(unreadable.stdout)).toMatchObject([
      { outcome: 'FAILED open or read', ok: false, reason: 'No such file or directory' },
    ]);
    expect(jsonLines(unreadable.stderr)).toMatchObject([{ message: '1 listed file could not be read' }]);
    file('large', large);
    const plain = await checked(['--json'], [`${plainHex(large)}  large`]);
    expect(jsonLines(plain.stderr)).toMatchObject([{ hint: looksPlain.slice('hint: '.length).trimEnd() }]);
    expect(await checked(['--json', '--status'], [bad])).toEqual({
      stdout: '',
      stderr: '',
      ending: { code: 1 },
    });
    expect(await checked(['--json', '--quiet'], [good])).toMatchObject({ stdout: '', ending: { code: 0 } });
  });

  test('writes a name byte for byte, and one of two lines in one', async () => {
    const pieces: Buffer[] = [];
    const stdout: Output = { write: (text) => pieces.push(Buffer.from(text)) };
    const latin = Buffer.from(`${folder}/latin\xe9`, 'latin1');
    writeFileSync(latin, 'abcd');
    file('grüße', 'abcd');
    file('two\nlines', 'abcd');
    file('back\\slash', 'abcd');
    const list = file('list', '');
    writeFileSync(
      list,
      Buffer.concat([
        Buffer.from(`${hex('abcd')}  `),
        latin,
        Buffer.from(`\n${hex('abcd')}  ${folder}/grüße\n`),
        Buffer.from(`\\${hex('abcd')}  ${folder}/two\\nlines\n\\${hex('abcd')}  ${folder}/back\\\\slash\n`),
      ]),
    );
    await treehash(['--check', list], { stdout });
    expect(Buffer.concat(pieces).toString('latin1').replaceAll(`${folder}/`, '')).toBe(
      `latin\xe9: OK\n${Buffer.from('grüße').toString('latin1')}: OK\n\\two\\nlines: OK\nback\\slash: OK\n`,
    );
  });
});

describe('treehash', () => {
  test('prints the other files when one cannot be read', async () => {
    const names = ['gone', 'good', '.', 'other'].map((name) => join(folder, name));
    const { stdout, stderr, ending } = shown(await treehash(names));
    expect(stdout).toBe(`${hex('abcd')}  good\n${hex('efgh')}  other\n`);
    expect(stderr).toContain('gone: No such file or directory\n');
    expect(stderr).toContain(': Is a directory\n');
    expect(ending).toEqual({ code: 1 });
  });

  test('-z ends every line with NUL, and leaves names as they are', async () => {
    const path = file('two\nlines', 'abcd');
    const { stdout } = await treehash(['-z', '--parts', '1M', path]);
    expect(stdout).toBe(`${hex('abcd')}  0-3\0${hex('abcd')}  ${path}\0`);
    expect((await treehash([path])).stdout).toBe(`\\${hex('abcd')}  ${folder}/two\\nlines\n`);
    expect((await treehash(['--tag', path])).stdout).toBe(
      `\\SHA256-TREE (${folder}/two\\nlines) = ${hex('abcd')}\n`,
    );
  });

  test('reads standard input when nothing is named, and once only', async () => {
    const stdin = () => Readable.from(['piped']);
    expect((await treehash([], { stdin: stdin() })).stdout).toBe(`${hex('piped')}  -\n`);
    expect((await treehash(['-', '-'], { stdin: stdin() })).stdout).toBe(
      `${hex('piped')}  -\n${hex('')}  -\n`,
    );
  });

  test('ends the threads that it started', async () => {
    let started = 0;
    let running = 0;
    const hash = (): Thread => {
      const thread = workers.hash();
      started += 1;
      running += 1;
      const terminate = () => {
        running -= 1;
        return thread.terminate();
      };
      return new Proxy(thread, {
        get: (_, name) => {
          if (name === 'terminate') return terminate;
          const value = Reflect.get(thread, name);
          return typeof value === 'function' ? value.bind(thread) : value;
        },
      });
    };
    const path = file('large', Buffer.alloc(40 * MiB, 'large file '));
    const { ending } = await treehash([path], { workers: { ...workers, hash } });
    expect({ running, ending }).toEqual({ running: 0, ending: { code: 0 } });
    expect(started).toBeGreaterThan(0);
  });

  test.each([[[]], [['--json']]])('fails when its output cannot be written, with %j', async (flags) => {
    const fault = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const stdout: Output = { write: () => {}, fault };
    const { stderr, ending } = await treehash([...flags, join(folder, 'good')], { stdout });
    expect(stderr).toContain('write error: No space left on device');
    expect(ending).toEqual({ code: 1 });
  });
});

interface Receipt {
  path?: string | null;
  content: string;
  vault?: string;
  archiveId: string;
  streamName?: string;
  deletedAt?: string;
}

/** Checks receipts of these files, oldest first. */
async function checkedReceipts(receipts: Receipt[], words: string[] = [], more = '') {
  const lines = receipts.map(({ path = null, content, vault = 'photos', ...others }) =>
    JSON.stringify({
      schema: 1,
      uploadId: `upload-of-${others.archiveId}`,
      destination: { profile: null, accountOption: '-', region: 'us-east-1', endpoint: null, vault },
      sizeBytes: content.length,
      treeHash: hex(content),
      path,
      ...others,
    }),
  );
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(stateDir, 'receipts.jsonl'), [...lines, more].join('\n'), { mode: 0o600 });
  return shown(await treehash(['--receipts', '--state-dir', stateDir, ...words]));
}

describe('treehash --receipts', () => {
  test('does not check what came from a pipe, nor what was deleted from its vault', async () => {
    const deleted = { content: 'efgh', archiveId: 'a2', deletedAt: '2026-01-02T00:00:00Z' };
    const receipts = [
      { path: join(folder, 'good'), content: 'abcd', archiveId: 'a1' },
      { path: join(folder, 'other'), ...deleted },
      { streamName: 'a pipe', content: 'abcd', archiveId: 'a3' },
    ];
    expect(await checkedReceipts(receipts)).toEqual({
      stdout: 'good: OK\n',
      stderr: '',
      ending: { code: 0 },
    });
    const without = await checkedReceipts(receipts.slice(1));
    expect(without.stderr).toContain('no receipt of a file is known here');
    expect(without).toMatchObject({ stdout: '', ending: { code: 4 } });
  });

  test('writes names as they are', async () => {
    const receipts = [{ path: file('日本', 'abcd'), content: 'abcd', archiveId: 'a1' }];
    expect((await checkedReceipts(receipts)).stdout).toBe('日本: OK\n');
  });

  test('of a file whose newest archive was deleted goes by those of other vaults', async () => {
    const path = join(folder, 'good');
    const receipts = [
      { path, content: 'abcd', archiveId: 'a1', vault: 'elsewhere' },
      { path, content: 'efgh', archiveId: 'a2', deletedAt: '2026-01-02T00:00:00Z' },
    ];
    expect(await checkedReceipts(receipts, [path])).toEqual({
      stdout: 'good: OK\n',
      stderr: '',
      ending: { code: 0 },
    });
  });

  test('says of a file that is named why there is nothing to compare it with', async () => {
    const other = join(folder, 'other');
    const receipts = [
      { path: join(folder, 'good'), content: 'abcd', archiveId: 'a1' },
      { path: other, content: 'efgh', archiveId: 'a2', deletedAt: '2026-01-02T00:00:00Z' },
    ];
    const ofDeleted = await checkedReceipts(receipts, [other, join(folder, 'good')]);
    expect(ofDeleted.stderr).toContain('archive a2 of other does not exist any more: it was deleted on');
    expect(ofDeleted).toMatchObject({ stdout: 'good: OK\n', ending: { code: 8 } });
    const ofMissing = await checkedReceipts(receipts, [join(folder, 'missing')]);
    expect(ofMissing.stderr).toContain('missing: no receipt is known here');
    expect(ofMissing.ending).toEqual({ code: 4 });
  });

  test('says of each vault whether its archive is the file, also where another one has another size', async () => {
    const path = join(folder, 'good');
    const receipts = [
      { path, content: 'abcd', archiveId: 'a1', vault: 'photos' },
      { path, content: 'longer before', archiveId: 'a2', vault: 'elsewhere' },
    ];
    const { stdout, ending } = await checkedReceipts(receipts, ['--json']);
    const [{ archives, ...line } = {}] = jsonLines(stdout);
    expect(line).toMatchObject({ ok: false, outcome: 'FAILED', treeHash: hex('abcd'), sizeBytes: 4 });
    expect(archives).toEqual(
      expect.arrayContaining([
        { archiveId: 'a1', vault: 'photos', ok: true },
        { archiveId: 'a2', vault: 'elsewhere', ok: false },
      ]),
    );
    expect(ending).toEqual({ code: 1 });
  });

  test('reads a file of another size only when it has none', async () => {
    const path = file('resized', 'abcde');
    const receipts = [{ path, content: 'abcd', archiveId: 'a1' }];
    expect(jsonLines((await checkedReceipts(receipts, ['--json'])).stdout)).toMatchObject([
      { ok: false, treeHash: null, sizeBytes: 5 },
    ]);
    truncateSync(path, 0);
    expect(jsonLines((await checkedReceipts(receipts, ['--json'])).stdout)).toMatchObject([
      { ok: false, treeHash: hex(''), sizeBytes: null },
    ]);
  });

  test('counts lines that are no receipts, each of them', async () => {
    const receipts = [{ path: join(folder, 'good'), content: 'abcd', archiveId: 'a1' }];
    const { stderr, ending } = await checkedReceipts(receipts, [], '{"schema":1,\n{"schema":1,"archi\n');
    expect(stderr).toBe('glacier-up: WARNING: 2 lines are no receipts: state/receipts.jsonl\n');
    expect(ending).toEqual({ code: 1 });
  });
});

describe('treehash --inventory', () => {
  interface Archive {
    content: string;
    description?: string;
    sizeBytes?: number;
    id?: string;
  }

  function inventory(...archives: Archive[]): string {
    const entries = archives.map(
      ({ content, description = '', sizeBytes = content.length, id = 'first' }) => ({
        ArchiveId: id.padEnd(40, '-'),
        ArchiveDescription: description,
        CreationDate: '2026-11-20T12:00:00Z',
        Size: sizeBytes,
        SHA256TreeHash: hex(content),
      }),
    );
    const text = { VaultARN: 'a', InventoryDate: '2026-11-23T04:05:06Z', ArchiveList: entries };
    return file('inventory.json', JSON.stringify(text));
  }
  const looked = async (name: string, words: string[], world?: World) =>
    shown(await treehash(['--inventory', name, ...words], world));

  test('says of each file that cannot be read why', async () => {
    const names = ['gone', '.', 'good'].map((name) => join(folder, name));
    const { stdout, stderr, ending } = await looked(inventory({ content: 'abcd' }), names);
    expect(stdout).toBe(`gone: FAILED open or read\n${folder}: FAILED open or read\ngood: OK\n`);
    expect(stderr).toContain('gone: No such file or directory\n');
    expect(stderr).toContain(`${folder}: Is a directory\n`);
    expect(stderr).toContain('2 listed files could not be read\n');
    expect(ending).toEqual({ code: 1 });
  });

  test('goes by the size, too', async () => {
    const path = join(folder, 'good');
    const other = inventory({ content: 'abcd', sizeBytes: 5 }, { content: 'zzzz' });
    expect((await looked(other, [path])).stdout).toBe('good: FAILED\n');
  });

  test('takes the inventory from standard input, and no file then', async () => {
    const text = JSON.stringify({ VaultARN: 'a', InventoryDate: null, ArchiveList: [] });
    const stdin = () => Readable.from([text]);
    const path = join(folder, 'good');
    expect((await looked('-', [path], { stdin: stdin() })).stdout).toBe('good: FAILED\n');
    const both = await looked('-', [path, '-'], { stdin: stdin() });
    expect(both.stderr).toContain('standard input cannot be both the inventory and a file');
    expect(both.ending).toEqual({ code: 2 });
    const broken = new Readable({ read: () => {} });
    broken.destroy(Object.assign(new Error('broken'), { code: 'EIO' }));
    expect((await looked('-', [path], { stdin: broken })).stderr).toContain(
      'standard input: Input/output error',
    );
  });

  test('of CSV says that it does not tell its time', async () => {
    const csv = file('inventory.csv', 'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\r\n');
    const { stderr } = await looked(csv, [join(folder, 'good')]);
    expect(stderr).toContain('hint: the inventory is of a time it does not tell;');
  });

  test('tells with --verbose which archive each file is, and its name', async () => {
    const { stderr } = await looked(
      inventory({ content: 'abcd', description: 'kept/good' }, { content: 'abcd', id: 'second' }),
      ['--verbose', join(folder, 'good')],
    );
    expect(stderr).toContain(`good: archive ${'first'.padEnd(40, '-')}, "kept/good"\n`);
    expect(stderr).toContain(`good: archive ${'second'.padEnd(40, '-')}\n`);
    expect((await looked(join(folder, 'inventory.json'), [join(folder, 'good')])).stderr).toBe('');
  });

  test('recognises an archive that is compressed or encrypted by the MD5 of the file, also several', async () => {
    const md5 = createHash('md5').update('abcd').digest('hex');
    const description = `<m><v>4</v><p>Z29vZA==</p><lm>20121114T201618Z</lm><ce>1:0:${md5}:4</ce></m>`;
    const path = join(folder, 'good');
    const name = inventory(
      { content: 'packed', description },
      { content: 'packed too', description, id: 'second' },
    );
    const { stdout, stderr } = await looked(name, [path, join(folder, 'other')]);
    expect(stdout).toBe('good: OK\nother: FAILED\n');
    expect(stderr).toContain(
      `good: archive ${'first'.padEnd(40, '-')}, "good", by its MD5: the archive is compressed or encrypted\n`,
    );
    const told = jsonLines((await looked(name, ['--json', path])).stdout);
    expect(told).toMatchObject([{ archiveIds: ['first', 'second'].map((id) => id.padEnd(40, '-')) }]);
    expect(told).toMatchObject([{ found: [{ by: 'md5' }, { by: 'md5' }] }]);
  });
});
