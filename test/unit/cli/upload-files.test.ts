/** Which files an upload is about, what is asked of each, and what a dry run says of all of them. */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { PlanSum } from '../../../src/cli/commands/upload/dry-run.js';
import { fileNames } from '../../../src/cli/commands/upload/file-names.js';
import type { UploadRun } from '../../../src/cli/commands/upload/options.js';
import { uploadRequest } from '../../../src/cli/commands/upload/upload-request.js';
import { walkFolder } from '../../../src/cli/commands/upload/walk-folder.js';
import { builtInPrices } from '../../../src/prices.js';
import { MiB } from '../../helpers/bytes.js';
import { tempFolder } from '../../helpers/temp-folder.js';

// No folder is unreadable for root: a disk that fails is imitated, and one that lists names in another order.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const readdir = (name: string, options: object) =>
    String(name).endsWith('/broken')
      ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
      : real.readdir(name, options as never).then((names) => names.reverse());
  return { ...real, readdir };
});

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

/** Files in the folder, each with its name as content; those named `empty` have none. */
function tree(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), path.endsWith('empty') ? '' : path);
  }
}

async function collected<T>(all: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

/** The names of a run with these options, below the folder, and what is said of them. */
function named(
  options: Partial<UploadRun['options']>,
  operands: string[],
  stdin: Readable = Readable.from([]),
) {
  const notes: string[] = [];
  const reporter = { note: (text: string) => notes.push(text) };
  const files = fileNames({ options, reporter, context: { stdin } } as unknown as UploadRun, operands);
  return { ...files, notes };
}
const below = (names: string[]) => names.map((name) => name.replace(`${folder}/`, ''));

describe('the files of an upload', () => {
  test('are those that are named, in their order, even if one is named twice', () => {
    expect(named({}, ['a', 'b', 'a'])).toMatchObject({ names: ['a', 'b', 'a'], total: 3 });
    expect(named({}, ['a']).isToBeArchived('a')).toBe(true);
    expect(named({ recursive: true }, ['a']).total).toBeNull();
    expect(named({ filesFrom: 'list' }, []).total).toBeNull();
  });

  test.each([{}, { recursive: true }])('are refused when there are none, with %j', (options) => {
    expect(() => named(options, [])).toThrow('no file is named, and no list of files (--files-from)');
  });

  test.each<[string, Partial<UploadRun['options']>, (string | Buffer)[], string[]]>([
    ['lines, the last one without an end', {}, ['a\nb\n\nc'], ['a', 'b', 'c']],
    ['lines that come in pieces', {}, ['a', 'b\n', 'c', '\nd\n'], ['ab', 'c', 'd']],
    ['lines that begin and end with an empty one', {}, ['\n\na\n\n'], ['a']],
    ['names of one character', {}, ['a\nb\n'], ['a', 'b']],
    ['names that end with NUL', { null: true }, ['a\nb\0c\0\0'], ['a\nb', 'c']],
    ['no name', {}, [''], []],
    ['a name that is not UTF-8', {}, [Buffer.from('caf\xe9\n', 'latin1')], ['caf\udce9']],
  ])('are read from %s', async (_, options, pieces, names) => {
    const { names: found } = named({ ...options, filesFrom: '-' }, [], Readable.from(pieces));
    expect(await collected(found)).toEqual(names);
  });

  test('are those of the command line before those of a list', async () => {
    const list = join(folder, 'list');
    writeFileSync(list, 'b\n');
    expect(await collected(named({ filesFrom: list }, ['a']).names)).toEqual(['a', 'b']);
  });

  test('come as the list does, without waiting for its end', async () => {
    const stdin = new PassThrough();
    const { names } = named({ filesFrom: '-' }, [], stdin);
    const reading = (names as AsyncIterable<string>)[Symbol.asyncIterator]();
    stdin.write('a\nb');
    expect(await reading.next()).toEqual({ done: false, value: 'a' });
    stdin.end('c\n');
    expect(await reading.next()).toEqual({ done: false, value: 'bc' });
  });

  test('of a list that cannot be read are a wrong use, with the reason', async () => {
    const missing = named({ filesFrom: join(folder, 'missing') }, []);
    await expect(collected(missing.names)).rejects.toMatchObject({
      code: 'usage',
      message: `the list ${join(folder, 'missing')} cannot be read: no such file`,
    });
    const broken = new PassThrough();
    broken.destroy(new Error('broken off'));
    await expect(collected(named({ filesFrom: '-' }, [], broken).names)).rejects.toMatchObject({
      message: expect.stringContaining('the list - cannot be read: '),
    });
  });

  test('are those below the folders, with --recursive alone', async () => {
    tree('tree/b', 'tree/a/c', 'tree/a/empty', 'file');
    const [top, file] = [join(folder, 'tree'), join(folder, 'file')];
    const { names } = named({ recursive: true }, [top, file, join(folder, 'missing')]);
    expect(below(await collected(names))).toEqual(['tree/a/c', 'tree/a/empty', 'tree/b', 'file', 'missing']);
    const stdin = Readable.from([top]);
    expect(await collected(named({ filesFrom: '-' }, [], stdin).names)).toEqual([top]);
    const both = named({ filesFrom: '-', recursive: true, exclude: ['a'] }, [], Readable.from([top]));
    expect(below(await collected(both.names))).toEqual(['tree/b']);
  });

  test('skip an empty one below a folder, which is said once, and no other', async () => {
    tree('tree/a', 'tree/empty', 'empty');
    const { names, isToBeArchived, notes } = named({ recursive: true }, [
      join(folder, 'tree'),
      join(folder, 'empty'),
    ]);
    const answers = (await collected(names)).map((name) => [below([name])[0], isToBeArchived(name)]);
    // One that is named is a failure of its own.
    expect(answers).toEqual([
      ['tree/a', true],
      ['tree/empty', false],
      ['empty', true],
    ]);
    expect(notes).toEqual([
      `${folder}/tree/empty: skipped, it is empty: Glacier stores no archive of 0 bytes`,
    ]);
    expect(isToBeArchived(`${folder}/tree/empty`)).toBe(true);
  });

  test('go on after a folder that cannot be read, which is a failure when it is its turn', async () => {
    tree('tree/a', 'tree/broken/b', 'tree/c');
    const { names, isToBeArchived } = named({ recursive: true }, [join(folder, 'tree')]);
    expect(below(await collected(names))).toEqual(['tree/a', 'tree/broken', 'tree/c']);
    expect(isToBeArchived(`${folder}/tree/a`)).toBe(true);
    expect(() => isToBeArchived(`${folder}/tree/broken`)).toThrow(
      expect.objectContaining({
        code: 'archive-unusable',
        message: 'the folder cannot be read: the disk reports an error',
        hint: 'give yourself read permission on the folder, or leave it out with --exclude',
      }),
    );
  });
});

describe('a folder', () => {
  const rules = { exclude: [], isOneFileSystem: false };

  test('gives its regular files in the order of their names, and whether they are empty', async () => {
    tree('b', 'a/z', 'a/empty', 'a-1');
    symlinkSync('b', join(folder, 'link'));
    mkdirSync(join(folder, 'nothing in it'));
    const found = await collected(walkFolder(folder, rules));
    expect(found.map(({ name, ...rest }) => ({ name: below([name])[0], ...rest }))).toEqual([
      { name: 'a/empty', isEmpty: true },
      { name: 'a/z', isEmpty: false },
      { name: 'a-1', isEmpty: false },
      { name: 'b', isEmpty: false },
    ]);
    expect(await collected(walkFolder(join(folder, 'a'), { ...rules, isOneFileSystem: true }))).toHaveLength(
      2,
    );
  });

  test('passes over what is gone since it was read', async () => {
    tree('a', 'b', 'c/d', 'e');
    const walking = walkFolder(folder, rules);
    const first = await walking.next();
    for (const name of ['b', 'c']) rmSync(join(folder, name), { recursive: true });
    const others = await collected(walking);
    expect([first.value, ...others].map((found) => below([found?.name ?? ''])[0])).toEqual(['a', 'e']);
  });

  test('that cannot be read is no empty file', async () => {
    tree('broken/a');
    const [found] = await collected(walkFolder(folder, rules));
    expect(found).toMatchObject({
      name: join(folder, 'broken'),
      isEmpty: false,
      fault: { code: 'archive-unusable' },
    });
  });

  test('asks what is left out with the path below it, and whether that is a folder', async () => {
    tree('a/b', 'c');
    const asked: [string, boolean][] = [];
    const matches = (path: string, isFolder: boolean) => {
      asked.push([path, isFolder]);
      return path === 'a/b';
    };
    const found = await collected(
      walkFolder(folder, { ...rules, exclude: [{ matches }, { matches: () => false }] }),
    );
    expect(asked).toEqual([
      ['a', true],
      ['a/b', false],
      ['c', false],
    ]);
    expect(below(found.map(({ name }) => name))).toEqual(['c']);
  });
});

test('what is asked of a transfer is what the options say, and nothing else', () => {
  const request = (options: Partial<UploadRun['options']>) => uploadRequest({ options } as UploadRun);
  expect(request({})).toStrictEqual({
    startOver: false,
    again: false,
    force: false,
    verify: false,
    replaceParts: false,
  });
  expect(
    request({ partSize: MiB, description: 'x', startOver: true, again: true, force: true }),
  ).toMatchObject({
    partSizeBytes: MiB,
    description: 'x',
    startOver: true,
    again: true,
    force: true,
  });
});

describe('a dry run of several files', () => {
  const GiB = 1024 * MiB;
  const prices = { ...builtInPrices, storagePerGibMonth: 1, uploadsPer1000: 1000 };

  function sum(
    files: [sizeBytes: number, requests: number][],
    options: Partial<UploadRun['options']> = {},
    isJson = false,
  ) {
    const [lines, notes, jsons] = [[] as string[], [] as string[], [] as object[]];
    const reporter = {
      isJson,
      line: (text: string) => lines.push(text),
      note: (text: string) => notes.push(text),
      json: (object: object) => jsons.push(object),
    };
    const all = new PlanSum({ options, reporter } as unknown as UploadRun, prices);
    for (const [sizeBytes, requests] of files) all.add(sizeBytes, requests);
    all.tell();
    return { lines, notes, jsons };
  }

  test('says nothing of a single file, nor of none', () => {
    for (const files of [[], [[5, 3]]] as [number, number][][]) {
      expect(sum(files)).toEqual({ lines: [], notes: [], jsons: [] });
    }
  });

  test('says what they come to, and what one archive of them would', () => {
    const { lines, notes, jsons } = sum([
      [GiB - 65536, 10],
      [GiB, 20],
    ]);
    expect(lines).toEqual([
      '(dry run) 2 files to send: 2.00 GiB, 30 requests; uploading 30.00 USD, storage 2.00 USD a month (estimated from prices of 2026-05 for us-east-1)',
    ]);
    expect(notes).toEqual([]);
    expect(jsons).toEqual([
      {
        type: 'plan-sum',
        files: 2,
        sizeBytes: 2 * GiB - 65536,
        requests: 30,
        estimate: { uploading: 30, storageAMonth: 2, currency: 'USD', pricesAsOf: '2026-05' },
        packed: { requests: 130, uploading: 130 },
      },
    ]);
  });

  test('adds for each archive what Glacier adds', () => {
    const [{ estimate }] = sum(
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      {},
      true,
    ).jsons as [{ estimate: object }];
    const GiBs = (3 * 32 * 1024 + 3) / GiB;
    expect(estimate).toMatchObject({ storageAMonth: Math.round(GiBs * 1e6) / 1e6 });
  });

  test('advises to pack files of less than 1 MiB each', () => {
    const { notes } = sum([
      [5, 3],
      [5, 3],
    ]);
    expect(notes).toEqual([
      "most of it is requests: packed into one archive (upload - --exec 'tar c ...' --name NAME) they would be 3 requests, 3.00 USD",
    ]);
    expect(
      sum([
        [MiB, 3],
        [MiB, 3],
      ]).notes,
    ).toEqual([]);
    expect(
      sum([
        [MiB, 3],
        [MiB - 1, 3],
      ]).notes,
    ).toHaveLength(1);
  });

  test('prints JSON alone with --json', () => {
    const { lines, notes, jsons } = sum(
      [
        [5, 3],
        [5, 3],
      ],
      {},
      true,
    );
    expect({ lines, notes, count: jsons.length }).toEqual({ lines: [], notes: [], count: 1 });
  });

  test.each<[string, number, Partial<UploadRun['options']>, number]>([
    ['the default', 1000 * MiB, {}, 63 + 2],
    ['that was given', 1000 * MiB, { partSize: 8 * MiB }, 125 + 2],
    ['that the line carries in time', 1000 * MiB, { limitRate: 20_000 }, 250 + 2],
    [
      'that it must be, where the given one is too small for all of them',
      20_000 * MiB,
      { partSize: MiB },
      10_000 + 2,
    ],
    ['the largest one, where no archive is so large', 2 * 10_000 * 4 * GiB, {}, 20_000 + 2],
  ])('counts one archive in parts of the size %s', (_, sizeBytes, options, requests) => {
    const { jsons } = sum(
      [
        [sizeBytes - 1, 3],
        [1, 3],
      ],
      options,
    );
    expect(jsons).toMatchObject([{ packed: { requests } }]);
  });
});
