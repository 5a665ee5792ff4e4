/** What a lock says of its holder, to whoever finds it. */
import { readFileSync, statSync } from 'node:fs';
import { isMissing } from './errno.js';
import type { LockHolder } from './lock-holder.js';

/** A lock without a record that can be read; what it looked like tells it from a later one. */
export interface Unfinished {
  readonly looks: string;
}

/** In place of a token, in the name of the second lock. */
export const unfinishedToken = 'unfinished';

/** Which taking of a lock holds it now; null when nobody does. @throws the failed system call */
export function lockTokenAt(path: string): string | null {
  const found = readLock(path);
  return found === null ? null : tokenOf(found);
}

/** null when there is no lock any more. */
export function readLock(path: string): LockHolder | Unfinished | null {
  try {
    const text = readFileSync(path, 'utf8');
    const record = parsed(text);
    if (isRecord(record)) return record;
    const { ino, mtimeMs } = statSync(path);
    return { looks: `${ino} ${mtimeMs} ${text.length}` };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function parsed(text: string): Partial<LockHolder> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The token becomes part of a file name: it must be one of ours. */
function isRecord(value: Partial<LockHolder> | null): value is LockHolder {
  return typeof value?.pid === 'number' && /^[0-9a-f]{24}$/.test(value.token ?? '');
}

/** @returns the token of its holder */
export function tokenOf(found: LockHolder | Unfinished): string {
  return 'token' in found ? found.token : unfinishedToken;
}
