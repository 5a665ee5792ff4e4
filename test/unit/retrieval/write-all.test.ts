import { closeSync, openSync, readFileSync, write, writev } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { withoutFirst, writeAll } from '../../../src/retrieval/write-all.js';
import { tempFolder } from '../../helpers/temp-folder.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, writev: vi.fn(fs.writev) };
});

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

test('pieces of which a write took only the beginning are written on from there', async () => {
  const path = join(tempFolder(), 'file');
  const fd = openSync(path, 'w');
  const short = ((ofFd: number, left: Uint8Array[], offset: number, done: () => void) => {
    const beginning = Buffer.concat(left).subarray(0, 2);
    write(ofFd, beginning, 0, beginning.length, offset, done);
  }) as unknown as typeof writev;
  vi.mocked(writev).mockImplementationOnce(short).mockImplementationOnce(short);
  await writeAll(fd, pieces, 2);
  const full = Object.assign(new Error('no room'), { code: 'ENOSPC' });
  vi.mocked(writev).mockImplementationOnce(((...words: ((error: Error) => void)[]) =>
    words.at(-1)?.(full)) as unknown as typeof writev);
  await expect(writeAll(fd, pieces, 0)).rejects.toBe(full);
  closeSync(fd);
  expect(readFileSync(path, 'latin1')).toBe('\0\0abcdefghijkl');
});
