import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withoutFirst, writeAll } from '../../../src/retrieval/write-all.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const pieces = ['abc', 'defg', 'hijkl'].map((text) => Buffer.from(text));
const left = (sizeBytes: number): string[] =>
  withoutFirst(pieces, sizeBytes).map((piece) => piece.toString());

test('after a write that was cut short, what is left begins where it ended', () => {
  expect(left(0)).toEqual(['abc', 'defg', 'hijkl']);
  expect(left(2)).toEqual(['c', 'defg', 'hijkl']);
  expect(left(3)).toEqual(['defg', 'hijkl']);
  expect(left(8)).toEqual(['ijkl']);
  expect(left(12)).toEqual([]);
});

test('pieces are written one after the other from their offset on', async () => {
  const path = join(tempFolder(), 'file');
  const fd = openSync(path, 'w');
  await writeAll(fd, pieces, 2);
  closeSync(fd);
  expect(readFileSync(path, 'latin1')).toBe('\0\0abcdefghijkl');
});
