/** Locks as files, in a folder of the test; who holds them is written by hand where it is nobody here. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { LockHeldError, takeLock } from '../../../src/os/lock.js';
import type { LockHolder } from '../../../src/os/lock-holder.js';
import { thisProcess } from '../../../src/os/process-identity.js';
import { lockTokenAt } from '../../../src/os/read-lock.js';
import { type FakeClock, steppedClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return {
    ...fs,
    linkSync: vi.fn(fs.linkSync),
    openSync: vi.fn(fs.openSync),
    unlinkSync: vi.fn(fs.unlinkSync),
  };
});

const minuteMs = 60_000;
const token = 'ab'.repeat(12);

let folder: string;
let path: string;
let clock: FakeClock;

beforeEach(() => {
  folder = tempFolder();
  path = join(folder, 'state.lock');
  clock = steppedClock(Date.now());
});

/** @param waitMs how long to wait for a live holder */
function take({
  at = path,
  waitMs = 0,
  signal = new AbortController().signal,
  role = undefined as string | undefined,
} = {}) {
  const waitedFor: string[] = [];
  const lock = takeLock(at, {
    clock,
    signal,
    role,
    waitMs: () => waitMs,
    onWaiting: (holder) => waitedFor.push(holder.token),
  });
  return { lock, waitedFor };
}

/** A lock that somebody else has left, or has taken over: a link to the record of that process. */
function heldBy(changes: Partial<LockHolder>): void {
  const record = { ...thisProcess(), token, since: '2026-01-01T00:00:00.000Z', ...changes };
  const [recordPath, claim] = [join(folder, `holder.lock.${token}.tmp`), `${path}.after-x`];
  writeFileSync(recordPath, `${JSON.stringify(record)}\n`);
  linkSync(recordPath, claim);
  renameSync(claim, path);
}

/** What is in the folder beside the record that this process has there while it uses a lock. */
function left(): string[] {
  const { token: ownToken } = JSON.parse(readFileSync(path, 'utf8'));
  return readdirSync(folder).filter((name) => name !== `holder.lock.${ownToken}.tmp`);
}
const dead = { pid: 2 ** 30 };
const foreign = { host: 'elsewhere' };

describe('a lock', () => {
  test('names its holder, and is gone once it is released', async () => {
    const lock = await take({ role: 'serve' }).lock;
    expect(lock.isHeld()).toBe(true);
    const record = JSON.parse(readFileSync(path, 'utf8'));
    expect(record).toMatchObject({ ...thisProcess(), role: 'serve', token: lockTokenAt(path) });
    expect(record.token).toMatch(/^[0-9a-f]{24}$/);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
    expect(lock.isHeld()).toBe(false);
    expect(lockTokenAt(path)).toBe(null);
  });

  test('of a live holder is not taken, and stays', async () => {
    const first = await take().lock;
    const { lock, waitedFor } = take();
    await expect(lock).rejects.toBeInstanceOf(LockHeldError);
    await expect(lock).rejects.toMatchObject({ holder: { pid: process.pid } });
    expect(waitedFor).toEqual([]);
    expect(first.isHeld()).toBe(true);
    expect(left()).toEqual(['state.lock']);
  });

  test('is waited for as long as asked, and its holder is told once', async () => {
    heldBy({});
    const { lock, waitedFor } = take({ waitMs: 1000 });
    await expect(lock).rejects.toBeInstanceOf(LockHeldError);
    expect(clock.waits).toEqual([250, 250, 250, 250]);
    expect(waitedFor).toEqual([token]);
  });

  test('is taken as soon as its holder lets it go', async () => {
    const first = await take().lock;
    const { lock, waitedFor } = take({ waitMs: minuteMs });
    setImmediate(() => first.release());
    expect((await lock).isHeld()).toBe(true);
    expect(waitedFor).toHaveLength(1);
  });

  test('is not waited for any longer once the wait is cancelled', async () => {
    heldBy({});
    const cancel = new AbortController();
    const { lock } = take({ waitMs: minuteMs, signal: cancel.signal });
    cancel.abort(new Error('interrupted'));
    await expect(lock).rejects.toThrow('interrupted');
    expect(lockTokenAt(path)).toBe(token);
  });
});

describe('locks that one process holds in a folder', () => {
  let other: string;
  beforeEach(() => {
    other = join(folder, 'other.lock');
  });

  test('are one file, which goes with the last of them', async () => {
    const [first, second] = [await take().lock, await take({ at: other }).lock];
    expect(statSync(path).ino).toBe(statSync(other).ino);
    first.release();
    expect([first.isHeld(), second.isHeld()]).toEqual([false, true]);
    first.release();
    expect(second.isHeld()).toBe(true);
    second.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('are taken in turn all the same', async () => {
    const held = await take({ at: other }).lock;
    const first = await take().lock;
    await expect(take().lock).rejects.toMatchObject({ holder: { pid: process.pid } });
    first.release();
    expect((await take().lock).isHeld()).toBe(true);
    expect([first.isHeld(), held.isHeld()]).toEqual([false, true]);
  });

  test('leave no descriptor open once they are released, and refresh nothing that has its number then', async () => {
    const numberOf = (name: string) => {
      const fd = openSync(join(folder, name), 'w');
      onTestFinished(() => closeSync(fd));
      return fd;
    };
    const before = numberOf('before');
    for (let index = 0; index < 5; index += 1) (await take().lock).release();
    expect(numberOf('after')).toBe(before + 1);
    const changed = statSync(join(folder, 'after')).mtimeMs;
    clock.pass(60 * minuteMs);
    expect(statSync(join(folder, 'after')).mtimeMs).toBe(changed);
  });

  test('stay held when somebody clears away what they are links of, and others can be taken', async () => {
    const first = await take().lock;
    for (const name of readdirSync(folder)) if (name.startsWith('holder.')) rmSync(join(folder, name));
    const second = await take({ at: other }).lock;
    expect([first.isHeld(), second.isHeld()]).toEqual([true, true]);
    first.release();
    second.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('say by their own file what their role is', async () => {
    await take({ role: 'serve' }).lock;
    await take({ at: other }).lock;
    const roles = [path, other].map((file) => JSON.parse(readFileSync(file, 'utf8')).role);
    expect(roles).toEqual(['serve', undefined]);
  });
});

describe('a lock of a process', () => {
  const fails = (code: string) => () => {
    throw Object.assign(new Error(code), { code });
  };

  test('is held also where each name of a file has an inode of its own', async () => {
    vi.mocked(linkSync).mockImplementationOnce((record, name) => copyFileSync(record, name));
    const lock = await take().lock;
    expect(lock.isHeld()).toBe(true);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('can be taken again when its release failed', async () => {
    const other = await take({ at: join(folder, 'other.lock') }).lock;
    const lock = await take().lock;
    vi.mocked(openSync).mockImplementationOnce(fails('EMFILE'));
    lock.release();
    expect((await take().lock).isHeld()).toBe(true);
    expect(other.isHeld()).toBe(true);
  });

  test('can be taken when what an earlier one was a link of could not be removed', async () => {
    const first = await take().lock;
    vi.mocked(unlinkSync)
      .mockImplementationOnce(vi.mocked(unlinkSync).getMockImplementation() as typeof unlinkSync)
      .mockImplementationOnce(fails('EBUSY'));
    first.release();
    const [left] = readdirSync(folder);
    const second = await take().lock;
    expect(second.isHeld()).toBe(true);
    second.release();
    expect(readdirSync(folder)).toEqual([left]);
  });

  test('that was taken over, and taken again by the same process since, is lost for its first taking', async () => {
    const other = await take({ at: join(folder, 'other.lock') }).lock;
    const first = await take().lock;
    heldBy(foreign);
    rmSync(path);
    const second = await take().lock;
    expect([first.isHeld(), second.isHeld()]).toEqual([false, true]);
    first.release();
    expect([second.isHeld(), other.isHeld()]).toEqual([true, true]);
  });

  test('is waited for though somebody clears away what locks are links of', async () => {
    heldBy({});
    const { lock } = take({ waitMs: minuteMs });
    for (const name of readdirSync(folder)) if (name.startsWith('holder.')) rmSync(join(folder, name));
    rmSync(path);
    expect((await lock).isHeld()).toBe(true);
  });
});

/** As a network file system does: its second try finds what the first one made. */
function loseNextReply(): void {
  const real = vi.mocked(linkSync).getMockImplementation() as typeof linkSync;
  vi.mocked(linkSync).mockImplementationOnce((...names) => {
    real(...names);
    throw Object.assign(new Error('there already'), { code: 'EEXIST' });
  });
}

test('a lock is taken though the reply of a network file system, which made it, was lost', async () => {
  loseNextReply();
  const lock = await take().lock;
  expect(lock.isHeld()).toBe(true);
  await expect(take().lock).rejects.toBeInstanceOf(LockHeldError);
});

test('that is so, too, where the same process has held it before', async () => {
  const other = await take({ at: join(folder, 'other.lock') }).lock;
  (await take().lock).release();
  loseNextReply();
  expect((await take().lock).isHeld()).toBe(true);
  expect(other.isHeld()).toBe(true);
});

test('where no lock can be made nothing is left', async () => {
  vi.mocked(linkSync).mockImplementationOnce(() => {
    throw Object.assign(new Error('broken'), { code: 'EIO' });
  });
  await expect(take().lock).rejects.toThrow('broken');
  expect(readdirSync(folder)).toEqual([]);
});

describe('a lock whose holder is dead', () => {
  test('is taken at once, and nothing is left of it', async () => {
    heldBy(dead);
    const { lock, waitedFor } = take();
    expect((await lock).isHeld()).toBe(true);
    expect(waitedFor).toEqual([]);
    expect(left()).toEqual(['state.lock']);
  });

  test('is not taken while another process is taking it', async () => {
    heldBy(dead);
    const rival = { ...thisProcess(), token: 'cd'.repeat(12), since: '2026-01-01T00:00:00.000Z' };
    writeFileSync(`${path}.after-${token}`, JSON.stringify(rival));
    await expect(take().lock).rejects.toMatchObject({ holder: { token: rival.token } });
    expect(lockTokenAt(path)).toBe(token);
  });

  test('is taken when who was taking it has died, too', async () => {
    heldBy(dead);
    const rival = { ...thisProcess(), ...dead, token: 'cd'.repeat(12), since: '' };
    writeFileSync(`${path}.after-${token}`, JSON.stringify(rival));
    expect((await take().lock).isHeld()).toBe(true);
    expect(left()).toEqual(['state.lock']);
  });

  test('that says nothing is damaged, where a lock comes into being whole', async () => {
    for (const text of ['', '{"pid":1', '{"pid":"1"}', `{"pid":1,"token":"../${token}"}`]) {
      writeFileSync(path, text);
      const lock = await take().lock;
      expect(lock.isHeld()).toBe(true);
      lock.release();
    }
    expect(clock.waits).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a lock of another host', () => {
  const touched = (agoMs: number) => {
    const at = new Date(clock.now() - agoMs);
    utimesSync(path, at, at);
  };

  test('is dead once it was not refreshed for half an hour', async () => {
    heldBy(foreign);
    touched(29 * minuteMs);
    await expect(take().lock).rejects.toMatchObject({ holder: foreign });
    touched(31 * minuteMs);
    expect((await take().lock).isHeld()).toBe(true);
  });

  test('is not dead when its holder comes back while it is being taken', async () => {
    heldBy(foreign);
    touched(31 * minuteMs);
    const real = vi.mocked(linkSync).getMockImplementation() as typeof linkSync;
    vi.mocked(linkSync)
      .mockImplementationOnce(real)
      .mockImplementationOnce((...names) => {
        real(...names);
        touched(0);
      });
    await expect(take().lock).rejects.toMatchObject({ holder: foreign });
    expect(readdirSync(folder)).toEqual([`holder.lock.${token}.tmp`, 'state.lock']);
  });

  test('stays alive while it is held: it is refreshed every minute, until it is released', async () => {
    const lock = await take().lock;
    for (let minute = 1; minute <= 40; minute += 1) clock.pass(minuteMs);
    expect(statSync(path).mtimeMs).toBeCloseTo(clock.now(), -1);
    lock.release();
    heldBy(foreign);
    touched(29 * minuteMs);
    const { mtimeMs } = statSync(path);
    clock.pass(2 * minuteMs);
    expect(statSync(path).mtimeMs).toBe(mtimeMs);
  });

  test('that took ours over while this machine slept is not released by us', async () => {
    const lock = await take().lock;
    heldBy(foreign);
    expect(lock.isHeld()).toBe(false);
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});

describe('a lock where there are no hard links', () => {
  beforeEach(() => {
    const real = vi.mocked(linkSync).getMockImplementation() as typeof linkSync;
    vi.mocked(linkSync).mockImplementation(() => {
      throw Object.assign(new Error('no links'), { code: 'EPERM' });
    });
    onTestFinished(() => void vi.mocked(linkSync).mockImplementation(real));
  });

  test('is taken by one alone, and gone once it is released', async () => {
    const lock = await take().lock;
    expect(lock.isHeld()).toBe(true);
    await expect(take().lock).rejects.toBeInstanceOf(LockHeldError);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that says nothing is watched for ten seconds before it counts as abandoned', async () => {
    writeFileSync(path, '');
    expect((await take().lock).isHeld()).toBe(true);
    expect(clock.waits.reduce((sum, waitMs) => sum + waitMs, 0)).toBe(10_000);
    expect(left()).toEqual(['state.lock']);
  });

  test('that took too long to write is not believed in, and taken again as others would take it', async () => {
    // It is asked for the time at the beginning, before the lock is made, and afterwards.
    let looks = 0;
    const slow = { ...clock, monotonicMs: () => (++looks < 3 ? 0 : 6000) };
    const { signal } = new AbortController();
    const lock = await takeLock(path, { clock: slow, signal, waitMs: () => 0 });
    expect(lock.isHeld()).toBe(true);
    expect(left()).toEqual(['state.lock']);
  });
});
