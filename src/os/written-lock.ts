/**
 * How a lock comes into being where there are no hard links (FAT, exFAT, SMB, some of FUSE): the file is created exclusively
 * and written afterwards. For an instant it is there and says nothing, and its creator may die in that instant. So whoever
 * finds such a lock watches it for `abandonedAfterMs` before taking it for abandoned; and a creator who needed longer than
 * half of that does not believe in its lock. Both count by their own clocks, and from no later than they could have known
 * the other.
 */
import { closeSync, fsyncSync, readFileSync, rmSync } from 'node:fs';
import { openNewFile, writeWhole } from './durable.js';
import { alreadyExists, isMissing } from './errno.js';

/** Far longer than a few hundred bytes take on the slowest disk, and than the two seconds that times of FAT count in. */
export const abandonedAfterMs = 10_000;

interface Clock {
  now(): number;
  monotonicMs(): number;
}

/**
 * @returns `taken`: somebody's lock is there, possibly our own that was written too late
 * @throws the failed system call
 */
export function writeLock(path: string, text: string, clock: Clock): 'made' | 'taken' {
  // The monotonic clock stands still while a machine sleeps, the other one can be set.
  const started = { monotonicMs: clock.monotonicMs(), nowMs: clock.now() };
  const isInTime = (): boolean =>
    clock.monotonicMs() - started.monotonicMs < abandonedAfterMs / 2 &&
    clock.now() - started.nowMs < abandonedAfterMs / 2;
  let fd: number;
  try {
    fd = openNewFile(path);
  } catch (error) {
    if (alreadyExists(error)) return 'taken';
    throw error;
  }
  try {
    writeWhole(fd, Buffer.from(text));
    fsyncSync(fd);
  } catch (error) {
    // Nobody replaces it so soon.
    if (isInTime()) rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  return isStill(path, text) && isInTime() ? 'made' : 'taken';
}

function isStill(path: string, text: string): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
