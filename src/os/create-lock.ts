/**
 * How a lock comes into being: once, whoever else tries, and whole. `link` does both at once. Where there are no hard
 * links (FAT, exFAT, SMB, some of FUSE) the file is created exclusively and written afterwards: for an instant it is there
 * and says nothing, and its creator may die in that instant. So whoever finds such a lock watches it for
 * `abandonedAfterMs` before taking it for abandoned; and a creator who needed longer than half of that does not believe in
 * its lock. Both count by their own clocks, and from no later than they could have known the other.
 */
import { closeSync, fsyncSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { openNewFile, removeFile, writeNewFile, writeWhole } from './durable.js';
import { alreadyExists, isMissing, isUnsupported } from './errno.js';

/** Far longer than a few hundred bytes take on the slowest disk, and than the two seconds that times of FAT count in. */
export const abandonedAfterMs = 10_000;

interface Clock {
  now(): number;
  monotonicMs(): number;
}

/**
 * @param token names the temporary file
 * @returns `taken`: somebody's lock is there, possibly our own that was written too late
 * @throws the failed system call
 */
export function createLock(path: string, token: string, text: string, clock: Clock): 'made' | 'taken' {
  const temp = tempOf(path, token);
  // Not flushed: what a power cut leaves of it is of a process that is dead, also when it is cut off.
  writeNewFile(temp, text, { flushed: false });
  try {
    linkSync(temp, path);
    return 'made';
  } catch (error) {
    if (alreadyExists(error)) return 'taken';
    if (!isUnsupported(error)) throw error;
  } finally {
    removeFile(temp);
  }
  return createExclusively(path, text, clock);
}

/** Whether the file system of a lock has hard links. */
export function hasLinks(path: string, token: string): boolean {
  const temp = tempOf(path, token);
  const second = `${temp}.tmp`;
  writeNewFile(temp, '');
  try {
    linkSync(temp, second);
    return true;
  } catch (error) {
    if (isUnsupported(error)) return false;
    throw error;
  } finally {
    rmSync(second, { force: true });
    rmSync(temp, { force: true });
  }
}

function tempOf(path: string, token: string): string {
  return `${path}.${token}.tmp`;
}

function createExclusively(path: string, text: string, clock: Clock): 'made' | 'taken' {
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
