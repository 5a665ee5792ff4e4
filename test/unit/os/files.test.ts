/** Names and files as the operating system has them: bytes, whole or not there, and never in place of another. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  flushFolder,
  flushFolderAsync,
  flushTogether,
  makeFolder,
  removeFile,
  writeNewFile,
  writeWhole,
} from '../../../src/os/durable.js';
import { pathText, systemPath } from '../../../src/os/path-bytes.js';
import { takeName } from '../../../src/os/take-name.js';
import { tempFolder } from '../../helpers/temp-folder.js';

describe('a name of bytes', () => {
  test('has a text that leads back to it, of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
        const name = Buffer.from(bytes);
        expect(Buffer.from(systemPath(pathText(name)) as string)).toEqual(name);
      }),
    );
  });

  test.each([
    ['UTF-8', Buffer.from('día €𝄞'), 'día €𝄞'],
    ['Latin-1', Buffer.from('día', 'latin1'), 'd\udceda'],
    ['both', Buffer.concat([Buffer.from('€𝄞'), Buffer.from([0xff, 0x80])]), '€𝄞\udcff\udc80'],
    ['a character cut off', Buffer.from('a€').subarray(0, 3), 'a\udce2\udc82'],
  ])('in %s is as Python has it', (_what, bytes, text) => {
    expect(pathText(bytes)).toBe(text);
    expect(Buffer.from(systemPath(text) as string)).toEqual(bytes);
  });

  test('stays a text where it is one', () => {
    expect(systemPath('día 𝄞')).toBe('día 𝄞');
  });
});

describe('a new file', () => {
  test('is whole, and only ours', () => {
    const file = join(tempFolder(), 'file');
    writeNewFile(file, 'text');
    expect(readFileSync(file, 'utf8')).toBe('text');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('never takes the place of another, nor follows a link', () => {
    const folder = tempFolder();
    const [file, link] = [join(folder, 'file'), join(folder, 'link')];
    writeFileSync(file, 'old');
    symlinkSync(join(folder, 'target'), link);
    for (const path of [file, link]) {
      expect(() => writeNewFile(path, 'new')).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    }
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file', 'link']);
  });

  test('is written from where the last write ended, or at an offset', () => {
    const file = join(tempFolder(), 'file');
    const fd = openSync(file, 'w');
    writeWhole(fd, Buffer.from('abc'));
    writeWhole(fd, Buffer.from('def'));
    writeWhole(fd, Buffer.from('XY'), 1);
    closeSync(fd);
    expect(readFileSync(file, 'utf8')).toBe('aXYdef');
  });
});

describe('a file', () => {
  test('may be removed that is not there, and a folder may not', () => {
    const folder = tempFolder();
    removeFile(join(folder, 'none'));
    expect(() => removeFile(folder)).toThrow();
    writeFileSync(join(folder, 'file'), '');
    removeFile(join(folder, 'file'));
    expect(readdirSync(folder)).toEqual([]);
  });

  test('takes a name that is free, and none that is taken', () => {
    const folder = tempFolder();
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    writeFileSync(from, 'new');
    expect(takeName(from, to)).toBe(true);
    expect(readdirSync(folder)).toEqual(['to']);
    writeFileSync(from, 'newer');
    expect(takeName(from, to)).toBe(false);
    expect(readFileSync(to, 'utf8')).toBe('new');
    expect(readFileSync(from, 'utf8')).toBe('newer');
    expect(() => takeName(join(folder, 'none'), join(folder, 'other'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });
});

describe('a folder', () => {
  test('is made with those above it, for its owner alone', () => {
    const folder = join(tempFolder(), 'a', 'b', 'c');
    makeFolder(folder);
    makeFolder(folder);
    for (const path of [folder, join(folder, '..'), join(folder, '../..')]) {
      expect(statSync(path).mode & 0o777).toBe(0o700);
    }
  });

  test('is not made where a file stands, or where the system has none', () => {
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    expect(() => makeFolder(file)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(() => makeFolder(join(file, 'a'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => makeFolder('/proc/none/a')).toThrow();
  });

  test('may be named by a link', () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'a'));
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    makeFolder(join(folder, 'link', 'b'));
    expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
  });

  test('that does not exist cannot be flushed, nor a file that is closed', async () => {
    const folder = tempFolder();
    flushFolder(folder);
    await flushFolderAsync(folder);
    expect(() => flushFolder(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    await expect(flushFolderAsync(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    for (const group of [1, 2]) {
      await expect(flushTogether(2 ** 30, group)).rejects.toMatchObject({ code: 'EBADF' });
    }
  });
});
