import { closeSync, openSync, readFileSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { writeAll } from '../../../src/retrieval/write-all.js';
import { tempFolder } from '../../helpers/temp-folder.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, write: vi.fn(fs.write) };
});

const bytes = Buffer.from('abcdefghijkl');

test('bytes are written from their offset on', async () => {
  const path = join(tempFolder(), 'file');
  const fd = openSync(path, 'w');
  await writeAll(fd, bytes, 2);
  closeSync(fd);
  expect(readFileSync(path, 'latin1')).toBe('\0\0abcdefghijkl');
});

test('bytes of which a write took only the beginning are written on from there', async () => {
  const path = join(tempFolder(), 'file');
  const fd = openSync(path, 'w');
  type Done = (error: Error | null, count: number) => void;
  const short = ((ofFd: number, left: Buffer, start: number, _size: number, offset: number, done: Done) =>
    done(null, writeSync(ofFd, left, start, 2, offset))) as unknown as typeof write;
  vi.mocked(write).mockImplementationOnce(short).mockImplementationOnce(short);
  await writeAll(fd, bytes, 2);
  const full = Object.assign(new Error('no room'), { code: 'ENOSPC' });
  vi.mocked(write)
    .mockImplementationOnce(short)
    .mockImplementationOnce(((...words: ((error: Error) => void)[]) =>
      words.at(-1)?.(full)) as unknown as typeof write);
  await expect(writeAll(fd, bytes, 2)).rejects.toBe(full);
  closeSync(fd);
  expect(readFileSync(path, 'latin1')).toBe('\0\0abcdefghijkl');
});
