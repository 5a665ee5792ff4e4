/** Files and folders of state are only used when nobody else can have put them there. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, fchmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { assertOurs, readOurs } from '../../../src/session/ours.js';
import { tempFolder } from '../../helpers/temp-folder.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, fchmodSync: vi.fn(fs.fchmodSync) };
});

const me = process.getuid?.() ?? 0;
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

function madeFile(mode = 0o600): string {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, 'text');
  chmodSync(file, mode);
  return file;
}

describe('a file of state', () => {
  test('is read', () => {
    expect(readOurs(madeFile(), me)).toBe('text');
  });

  test('may be absent, alone or with its folder', () => {
    expect(readOurs(join(tempFolder(), 'none'), me)).toBeNull();
    expect(readOurs(join(tempFolder(), 'none', 'none'), me)).toBeNull();
  });

  test.each([
    [0o660, '640'],
    [0o602, '600'],
    [0o622, '600'],
    [0o1666, '1644'],
  ])('with the mode %o is read, and others lose the right to write to it', (mode, left) => {
    const file = madeFile(mode);
    expect(readOurs(file, me)).toBe('text');
    expect(modeOf(file)).toBe(left);
    chmodSync(file, mode);
    assertOurs(file, me, 'file');
    expect(modeOf(file)).toBe(left);
  });

  test('that others may write to is read where the file system has no permissions that could be changed', () => {
    const file = madeFile(0o666);
    failNextChmod('EPERM');
    expect(readOurs(file, me)).toBe('text');
  });

  test('that should be closed to others is refused when the disk fails at that', () => {
    const file = madeFile(0o666);
    failNextChmod('EIO');
    expect(() => readOurs(file, me)).toThrow('EIO');
  });

  test('is refused when it is a symbolic link, and the message says where that leads', () => {
    const file = madeFile();
    const [link, dangling] = [`${file}-link`, `${file}-dangling`];
    symlinkSync(file, link);
    symlinkSync(`${file}-none`, dangling);
    const refused = (message: string) => ({
      code: 'state-unusable',
      message: expect.stringContaining(message),
    });
    for (const use of [readOurs, (path: string) => assertOurs(path, me, 'file')]) {
      expect(errorOf(() => use(link, me))).toMatchObject(refused(`is a symbolic link to ${file}:`));
      expect(errorOf(() => use(dangling, me))).toMatchObject(refused('is a symbolic link to nothing:'));
    }
  });

  test('is refused when it is a folder or a named pipe, which nobody waits for', () => {
    const folder = tempFolder();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [folder, pipe]) {
      expect(errorOf(() => readOurs(path, me))).toMatchObject({
        code: 'state-unusable',
        message: expect.stringContaining('is not a file'),
        hint: expect.stringContaining('move it away'),
      });
    }
  });

  test.skipIf(me !== 0)(
    'of another user is refused, and the hint does not take it away from that user',
    () => {
      const file = madeFile();
      chownSync(file, 12345, 12345);
      expect(errorOf(() => readOurs(file, me))).toMatchObject({
        code: 'state-unusable',
        message: expect.stringContaining('belongs to user 12345'),
      });
      expect(readOurs(file, undefined)).toBe('text');
    },
  );

  test.skipIf(me !== 0)(
    'that belongs to root is used by others, too, while only root can write to it',
    () => {
      expect(readOurs(madeFile(0o644), 12345)).toBe('text');
    },
  );
});

describe('a folder of state', () => {
  test('is closed to others who may write to it', () => {
    const folder = join(tempFolder(), 'folder');
    mkdirSync(folder);
    chmodSync(folder, 0o2775);
    assertOurs(folder, me, 'folder');
    expect(modeOf(folder)).toBe('2755');
  });

  test('is refused when it is a file', () => {
    expect(errorOf(() => assertOurs(madeFile(), me, 'folder'))).toMatchObject({
      code: 'state-unusable',
      message: expect.stringContaining('is not a folder'),
    });
  });
});

function failNextChmod(code: string): void {
  vi.mocked(fchmodSync).mockImplementationOnce(() => {
    throw Object.assign(new Error(code), { code });
  });
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
