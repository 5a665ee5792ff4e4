/** Whether a name exists. "May not look" is an answer of its own: taken for "no", state would pass for empty. */
import { lstatSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { errnoOf } from './errno.js';

/**
 * Whether anything has this name, a dangling symbolic link included.
 * @throws the failed system call when that cannot be told (EACCES, ELOOP, EIO, ESTALE …), where `existsSync` says no
 */
export function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    return falseIfMissing(error);
  }
}

/** The same, asynchronously. */
export function isThereAsync(path: string): Promise<boolean> {
  return lstat(path).then(() => true, falseIfMissing);
}

function falseIfMissing(error: unknown): false {
  if (errnoOf(error) === 'ENOENT') return false;
  throw error;
}
