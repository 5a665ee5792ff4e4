import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { newHolder } from '../../../src/os/lock-holder.js';
import { sweepLocks } from '../../../src/os/sweep-locks.js';
import { tempFolder } from '../../helpers/temp-folder.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, readFileSync: vi.fn(fs.readFileSync) };
});

const hourMs = 3_600_000;
const nowMs = Date.now();
let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

/** What the locks of a process are links to. */
function leave(changes: object, agoMs = 0): string {
  const holder = { ...newHolder(undefined, nowMs), ...changes };
  const name = `holder.lock.${holder.token}.tmp`;
  writeFileSync(join(folder, name), JSON.stringify(holder));
  const at = new Date(nowMs - agoMs);
  utimesSync(join(folder, name), at, at);
  return name;
}

describe('the record of a process', () => {
  test('that is dead is removed at once', () => {
    leave({ pid: 2 ** 30 });
    sweepLocks(folder, nowMs);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that lives, or of which nobody can tell, stays for a day', () => {
    const names = [leave({}), leave({ host: 'elsewhere' }, 23 * hourMs)];
    leave({ host: 'elsewhere' }, 25 * hourMs);
    sweepLocks(folder, nowMs);
    expect(readdirSync(folder).sort()).toEqual(names.sort());
  });

  test('that says nothing stays for a day', () => {
    const name = `holder.lock.${'a'.repeat(24)}.tmp`;
    writeFileSync(join(folder, name), '');
    sweepLocks(folder, nowMs);
    expect(readdirSync(folder)).toEqual([name]);
    sweepLocks(folder, nowMs + 25 * hourMs);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a record that cannot be read keeps nothing else from being removed', () => {
  leave({ pid: 2 ** 30 });
  leave({ pid: 2 ** 30 });
  vi.mocked(readFileSync).mockImplementationOnce(() => {
    throw Object.assign(new Error('no permission'), { code: 'EACCES' });
  });
  sweepLocks(folder, nowMs);
  expect(readdirSync(folder)).toHaveLength(1);
});

test('a file that a lock was to become is removed only when it is a day old, whoever it is of', () => {
  const name = `state.lock.${'a'.repeat(24)}.tmp`;
  writeFileSync(join(folder, name), JSON.stringify({ ...newHolder(undefined, nowMs), pid: 2 ** 30 }));
  sweepLocks(folder, nowMs);
  expect(readdirSync(folder)).toEqual([name]);
});
