/** What is said of state that cannot be used. */
import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checked, stateUnusable } from '../../../src/session/unusable.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const fault = (code: string) => Object.assign(new Error('it failed'), { code });
const isRoot = process.getuid?.() === 0;

/** A path that belongs to another user, and to whom. */
function anothers(): { path: string; owner: number } {
  const path = join(tempFolder(), 'receipts.jsonl');
  if (!isRoot) return { path: '/etc/none', owner: 0 };
  writeFileSync(path, '');
  chownSync(path, 54_321, 54_321);
  return { path, owner: 54_321 };
}

describe('state that cannot be used', () => {
  test.each([
    ['ENOSPC', 'the disk is full', 'make room'],
    ['EDQUOT', 'the disk quota is used up', 'make room'],
    ['EIO', 'the disk reports an error', 'check the folder'],
    ['EDOM', 'EDOM', 'check the folder'],
  ])('because of %s says so, and what to do', (code, reason, hint) => {
    const error = stateUnusable('/state', fault(code));
    expect(error).toMatchObject({ code: 'state-unusable', message: `/state: ${reason}` });
    expect(String(error.hint)).toContain(hint);
  });

  test('for another reason says that', () => {
    expect(stateUnusable('/state', new Error('no luck')).message).toBe('/state: no luck');
    expect(stateUnusable('/state', 'no luck').message).toBe('/state: no luck');
  });

  test.each(['EACCES', 'EPERM'])('because it is another user’s (%s) says whose', (code) => {
    const { path, owner } = anothers();
    for (const below of [path, join(path, 'none')]) {
      const error = stateUnusable(below, fault(code));
      expect(error.message).toContain(`, it belongs to user ${owner}`);
      expect(String(error.hint)).toContain(`sudo -u '#${owner}'`);
    }
  });

  test('does not name an owner where the file is ours, or where that is not the reason', () => {
    const own = join(tempFolder(), 'file');
    writeFileSync(own, '');
    expect(stateUnusable(own, fault('EACCES')).message).toBe(`${own}: permission denied`);
    expect(stateUnusable(anothers().path, fault('EIO')).message).toMatch(/an error$/);
  });

  test('is named by the step that failed; what says it in our words already stays as it is', () => {
    expect(checked('/state', () => 1)).toBe(1);
    const fails = () => {
      throw fault('EROFS');
    };
    expect(() => checked('/state', fails)).toThrow('/state: the file system is read-only');
    const said = stateUnusable('/inner', fault('EIO'));
    expect(() =>
      checked('/state', () => {
        throw said;
      }),
    ).toThrow(said);
  });
});
