/** A name, by whoever wrote it, leads to nothing outside the folder that it is joined to. */
import { isAbsolute, join, posix, sep, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { collisionKey, namesAsWindows, safeRelativePath } from '../../../src/names/safe-path.js';

describe('safeRelativePath', () => {
  test.each([
    ['dir/a.txt', 'dir/a.txt'],
    ['/etc/passwd', 'etc/passwd'],
    ['//srv//x', 'srv/x'],
    ['./x', 'x'],
    ['../x', 'x'],
    ['a/../../etc/passwd', 'etc/passwd'],
    ['..', null],
    ['/', null],
    ['.', null],
    ['', null],
    ['a/b/', 'a/b'],
    ['C:/Users/x', 'C/Users/x'],
    ['CBB_PC/B:/x', 'CBB_PC/B/x'],
    ['a:b', 'a:b'],
    ['a\\b', 'a\\b'],
    ['a\0b\n\x1b[2J', 'a_b__[2J'],
    ['\ud800', '_'],
    [' a ', ' a '],
    ['~', '~'],
  ])('%j → %j', (name, path) => {
    expect(safeRelativePath(name)).toBe(path);
  });

  test.each([
    ['c:\\dir\\x', 'c/dir/x'],
    ['c:x', 'c/x'],
    ['\\\\server\\share\\x', 'server/share/x'],
    ['a\\..\\..\\x', 'x'],
    ['BUCKET/dir/x', 'BUCKET/dir/x'],
  ])('of a Windows tool %j → %j', (name, path) => {
    expect(safeRelativePath(name, { isWindowsPath: true })).toBe(path);
  });

  it('knows which tool names files as Windows does', () => {
    expect([namesAsWindows({ writer: 'cloudberry' }), namesAsWindows({ writer: 'fastglacier' })]).toEqual([
      true,
      false,
    ]);
  });

  test.each([
    ['aux', '_aux'],
    ['dir/NUL.txt', 'dir/_NUL.txt'],
    ['console', 'console'],
    ['a?b*c', 'a_b_c'],
    ['x.', 'x_'],
    ['.. ', '.._'],
    ['a:b', 'a_b'],
  ])('for Windows %j → %j', (name, path) => {
    expect(safeRelativePath(name, { forWindows: true })).toBe(path);
  });

  it('shortens a part that no file system takes, keeps its extension, and keeps two such apart', () => {
    const long = 'Ж'.repeat(200);
    const [one, two] = [`${long}1.tar.gz`, `${long}2.tar.gz`].map((name) => safeRelativePath(`d/${name}`));
    expect(one).toMatch(/^d\/Ж+~[0-9a-f]{12}\.gz$/);
    expect(Buffer.byteLength(String(one))).toBeLessThanOrEqual(2 + 255);
    expect(one).not.toBe(two);
    expect(safeRelativePath('x'.repeat(255))).toBe('x'.repeat(255));
  });

  const names = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('..', '.', '/', '\\', 'C:', 'a', ' ', '\0', 'x'.repeat(300), 'Ж'.repeat(200)))
      .map((parts) => parts.join('')),
    fc.array(fc.constantFrom('..', '.', 'a', '', '..\\', 'C:')).map((parts) => parts.join('/')),
  );
  const rules = fc.record({ isWindowsPath: fc.boolean(), forWindows: fc.boolean() });

  it('never leaves the folder', () => {
    fc.assert(
      fc.property(names, rules, (name, how) => {
        const path = safeRelativePath(name, how);
        if (path === null) return;
        expect(isAbsolute(path)).toBe(false);
        expect(join('/to', path)).toBe(`/to${sep}${path}`);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(path).not.toMatch(/[\u0000-\u001f\u007f]/);
        for (const part of path.split('/')) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
      }),
      { numRuns: 500 },
    );
  });

  it('never leaves a folder of Windows', () => {
    fc.assert(
      fc.property(names, (name) => {
        const path = safeRelativePath(name, { forWindows: true });
        if (path === null) return;
        expect(win32.join('D:\\to', path)).toBe(`D:\\to\\${path.replaceAll('/', '\\')}`);
      }),
      { numRuns: 500 },
    );
  });

  it('changes a safe path no more', () => {
    fc.assert(
      fc.property(names, rules, (name, how) => {
        const path = safeRelativePath(name, how);
        if (path !== null) expect(safeRelativePath(path, how)).toBe(path);
      }),
    );
  });

  it('is normal already', () => {
    fc.assert(
      fc.property(names, (name) => {
        const path = safeRelativePath(name);
        if (path !== null) expect(posix.normalize(path)).toBe(path);
      }),
    );
  });
});

describe('collisionKey', () => {
  it('is one for names that macOS and Windows take for the same', () => {
    expect(collisionKey('A/B')).toBe(collisionKey('a/b'));
    expect(collisionKey('café')).toBe(collisionKey('CAFE\u0301'));
    expect(collisionKey('a')).not.toBe(collisionKey('b'));
  });
});
