/** What processes that were killed leave beside locks: half-made files that nobody will finish. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, thisProcess } from './process-identity.js';
import { lockTokenAt, readLock } from './read-lock.js';

/** Whoever made a temporary file needs it for an instant only; a day is beyond every clock's doubt. */
const orphanAgeMs = 24 * 60 * 60 * 1000;

/** A lock before it is linked into place. */
const temporary = /\.lock(\.after-[0-9a-z-]+)*\.[0-9a-f]{24}(\.tmp){1,2}$/;
/** What the locks of a process are links to. */
const record = /^holder\.lock\.[0-9a-f]{24}\.tmp$/;
/** A second lock, under which the lock `base` of a dead holder was being replaced. */
const secondLock = /^(?<base>.+\.lock.*)\.after-(?<token>[0-9a-z-]+)$/;

/**
 * Removes it once it is a day old, and what the locks of a dead process of this machine are links to at once. Never fails: a folder that cannot be read or written is for the next step to report.
 * @param isOrphan whether a file that is no lock is half-made, by its name
 */
export function sweepLocks(
  folder: string,
  nowMs: number,
  isOrphan: (name: string) => boolean = () => false,
): void {
  try {
    for (const name of readdirSync(folder)) {
      if (!temporary.test(name) && !isMoot(folder, name) && !isOrphan(name)) continue;
      const path = join(folder, name);
      const stats = lstatSync(path);
      if (record.test(name) && isOfDead(path)) rmSync(path, { force: true });
      else if (stats.isFile() && nowMs - stats.mtimeMs > orphanAgeMs) rmSync(path, { force: true });
    }
  } catch {}
}

function isOfDead(path: string): boolean {
  try {
    const found = readLock(path);
    return found !== null && 'token' in found && isAlive(found, thisProcess()) === false;
  } catch {
    // Of another user: it goes by its age.
    return false;
  }
}

/** The holder that a second lock is named after is gone: no rival will ever ask for that second lock again. */
function isMoot(folder: string, name: string): boolean {
  const { base, token } = secondLock.exec(name)?.groups ?? {};
  return base !== undefined && lockTokenAt(join(folder, base)) !== token;
}
