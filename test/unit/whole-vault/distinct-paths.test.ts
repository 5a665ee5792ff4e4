import { describe, expect, test } from 'vitest';
import { DistinctPaths } from '../../../src/whole-vault/restore/distinct-paths.js';
import { hashOf, TextSet } from '../../../src/whole-vault/text-set.js';

/** @param paths oldest first. @returns what each gets */
function placesOf(
  paths: readonly string[],
  foldsCase = false,
  createdAt = '2014-05-12T10:15:00.123Z',
): string[] {
  const distinct = new DistinctPaths(foldsCase);
  for (const path of paths) distinct.add(path);
  distinct.settle(Uint32Array.from(paths.keys()));
  return paths.map((path, at) =>
    distinct.isTaken(at) ? distinct.another(path, { archiveId: `id-${at}`, createdAt }) : path,
  );
}

describe('places for archives of one name', () => {
  test('the newest keeps it, the others get the time of their creation before the extension', () => {
    expect(placesOf(['a/b.jpg', 'c', 'a/b.jpg'])).toEqual(['a/b~20140512T101500Z.jpg', 'c', 'a/b.jpg']);
    expect(placesOf(['.profile', '.profile'])).toEqual(['.profile~20140512T101500Z', '.profile']);
    expect(placesOf(['x', 'x'], false, 'never')).toEqual(['x~undated', 'x']);
  });

  test('several of one second stay apart, also from one that is called so', () => {
    const places = placesOf(['x', 'x', 'x', 'x~20140512T101500Z']);
    expect(new Set(places).size).toBe(4);
    expect(places.slice(2)).toEqual(['x', 'x~20140512T101500Z']);
    expect(places[0]).toMatch(/^x~20140512T101500Z-[0-9a-f]{8}$/);
  });

  test('a folder of another name is no place for a file, even for the newest', () => {
    expect(placesOf(['a/b/c', 'a', 'a/b'])).toEqual(['a/b/c', 'a~20140512T101500Z', 'a/b~20140512T101500Z']);
  });

  test('names that differ in case or composition alone are one where the file system folds them', () => {
    const names = ['Übung.txt', 'u\u0308bung.TXT'];
    expect(placesOf(names)).toEqual(names);
    expect(placesOf(names, true)).toEqual(['Übung~20140512T101500Z.txt', 'u\u0308bung.TXT']);
  });
});

describe('a set of texts', () => {
  test('has what was added, and nothing else, of many', () => {
    const set = new TextSet();
    for (let n = 0; n < 200_000; n += 1) expect(set.add(hashOf(`photos/${n}.jpg`))).toBe(true);
    for (let n = 0; n < 200_000; n += 1) {
      expect(set.add(hashOf(`photos/${n}.jpg`))).toBe(false);
      expect(set.has(hashOf(`photos/${n}.jpeg`))).toBe(false);
    }
  });
});
