import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { exclusionOf } from '../../../src/cli/options/exclusion.js';
import { moneyText, pricesFor } from '../../../src/cli/options/prices.js';
import { readFilters } from '../../../src/cli/options/read-filters.js';
import { builtInPrices } from '../../../src/prices.js';
import { makeContext } from '../../helpers/cli.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { noFilter } from '../whole-vault/no-filter.js';

type Run = Parameters<typeof readFilters>[0];

function running(
  options: Run['options'],
  stdin: string | PassThrough = '',
  signal = new AbortController().signal,
): Run {
  return { context: makeContext({ folder: '/nonexistent', stdin }).context, options, signal } as Run;
}

/** A file with this content. */
function listOf(content: string): string {
  const file = join(tempFolder(), 'list');
  writeFileSync(file, content);
  return file;
}

describe('which archives are chosen', () => {
  test('is all of them without a filter', async () => {
    expect(await readFilters(running({}))).toEqual({ filters: noFilter, list: null });
  });

  test('is what each filter says, zero too', async () => {
    const options = { match: '*.jpg', after: 'a', before: 'b', olderThan: 0, larger: 0, smaller: 1 };
    expect((await readFilters(running(options))).filters).toEqual({
      match: '*.jpg',
      after: 'a',
      before: 'b',
      olderThanMs: 0,
      largerThanBytes: 0,
      smallerThanBytes: 1,
      listSha256: null,
    });
  });

  test.each<[string, string, boolean, string[]]>([
    ['lines', 'a b\nc\n', false, ['a b', 'c']],
    ['lines, of which the last has no end', 'a\nb', false, ['a', 'b']],
    ['lines as Windows writes them', 'a\r\nb\r\n', false, ['a', 'b']],
    ['names with a NUL after each', 'a\nb\r\0c\0', true, ['a\nb\r', 'c']],
  ])('can be a list of %s', async (_, content, isNull, entries) => {
    const file = listOf(content);
    for (const run of [
      running({ filesFrom: file, null: isNull }),
      running({ filesFrom: '-', null: isNull }, content),
    ]) {
      const { list, filters } = await readFilters(run);
      expect(list?.unmet().toSorted()).toEqual(entries.toSorted());
      expect(filters.listSha256).toBe(list?.sha256);
    }
  });

  test.each(['', '\n\n'])('cannot be a list that names nothing (%j)', async (content) => {
    const file = listOf(content);
    await expect(readFilters(running({ filesFrom: file }))).rejects.toMatchObject({
      code: 'usage',
      message: `the list ${file} names no archive`,
    });
  });

  test('cannot be a list that is not there, or that cannot be read', async () => {
    const folder = tempFolder();
    for (const [file, reason] of [
      [join(folder, 'none'), 'no such file'],
      [folder, 'it is a folder'],
    ] as const) {
      await expect(readFilters(running({ filesFrom: file }))).rejects.toMatchObject({
        code: 'archive-unusable',
        message: `the list ${file}: ${reason}`,
      });
    }
  });

  test('is not waited for after a signal', async () => {
    const abort = new AbortController();
    const reading = readFilters(running({ filesFrom: '-' }, new PassThrough(), abort.signal));
    const reason = new Error('SIGINT');
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

describe('a pattern to leave out', () => {
  test.each([
    ['*.tmp', 'a/b.tmp', false, true],
    ['*.tmp', 'a/b.tmpx', false, false],
    ['cache', 'a/cache', true, true],
    ['cache', 'a/cache', false, true],
    ['cache/', 'a/cache', true, true],
    ['cache/', 'a/cache', false, false],
    ['/cache', 'cache', true, true],
    ['/cache', 'a/cache', true, false],
    ['a/*.tmp', 'a/b.tmp', false, true],
    ['a/*.tmp', 'x/a/b.tmp', false, false],
    ['/a/', 'a', true, true],
  ])('%s takes %s (folder: %s): %s', (pattern, path, isFolder, matches) => {
    expect(exclusionOf(pattern)?.matches(path, isFolder)).toBe(matches);
  });

  test.each(['', '/', '[a', 'a\\'])('cannot be %j', (pattern) => {
    expect(exclusionOf(pattern)).toBeNull();
  });
});

describe('prices', () => {
  const wanted = (prices?: string) =>
    pricesFor({ options: prices === undefined ? {} : { prices } } as Parameters<typeof pricesFor>[0]);

  test('are those that are built in, or those of a file', async () => {
    expect(await wanted()).toBe(builtInPrices);
    const own = { ...builtInPrices, currency: 'EUR' };
    expect(await wanted(listOf(JSON.stringify(own)))).toEqual(own);
  });

  test('of a file that is not there are refused', async () => {
    await expect(wanted('/nonexistent/prices')).rejects.toMatchObject({
      code: 'usage',
      message: 'the prices in /nonexistent/prices cannot be read: no such file',
    });
  });

  test.each([
    [0, '0.00 EUR'],
    [0.0001, 'less than 0.01 EUR'],
    [0.01, '0.01 EUR'],
    [12.345, '12.35 EUR'],
  ])('%d is %s', (amount, text) => {
    expect(moneyText({ currency: 'EUR' }, amount)).toBe(text);
  });
});

test('the hash of a list is that of its entries, in any order', async () => {
  const shaOf = async (content: string) =>
    (await readFilters(running({ filesFrom: listOf(content) }))).filters.listSha256;
  expect(await shaOf('a\nb\n')).toBe(await shaOf('b\r\na\r\n'));
  expect(await shaOf('a\nb\n')).not.toBe(await shaOf('a\nc\n'));
});
