/**
 * Who holds the locks of a folder for this process: one file, of which each lock is a hard link. So a lock comes into being
 * whole and at once, whoever else tries, by a single system call.
 */
import { closeSync, constants, linkSync, openSync, readSync, unlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeFile, writeNewFile } from './durable.js';
import { alreadyExists, isMissing, isUnsupported } from './errno.js';
import { holderText, type LockHolder, newHolder } from './lock-holder.js';

export interface RecordClock {
  now(): number;
  after(waitMs: number, act: () => void, options: { unref: true }): () => void;
}

/** A lock of another host, or of another container, counts as dead half an hour after the last refresh. */
export const refreshEveryMs = 60_000;

const records = new Map<string, LockRecord>();

/**
 * The record of this process for locks at `path`, made unless it is there. Its user leaves it.
 * @throws the failed system call
 */
export function enterRecord(path: string, role: string | undefined, clock: RecordClock): LockRecord {
  const folder = dirname(path);
  const key = `${role ?? ''}\n${folder}`;
  let record = records.get(key);
  if (!record?.isThere()) {
    record = new LockRecord(folder, newHolder(role, clock.now()), clock);
    records.set(key, record);
  }
  record.enter();
  return record;
}

/** Removes the record that a dead holder has left. @throws the failed system call */
export function removeRecord(folder: string, token: string): void {
  removeFile(recordPath(folder, token));
}

/** Named as `sweep-locks.ts` knows it. */
function recordPath(folder: string, token: string): string {
  return join(folder, `holder.lock.${token}.tmp`);
}

/** Longer than a record is. */
const buffer = Buffer.alloc(4096);

/** A file that says who this process is; it is there as long as it has users. */
export class LockRecord {
  readonly holder: LockHolder;
  readonly #path: string;
  readonly #text: string;
  /** The locks that are held, each by one taking of it. */
  readonly #held = new Map<string, object>();
  #users = 0;
  #cancelRefresh: () => void = () => {};

  constructor(folder: string, holder: LockHolder, clock: RecordClock) {
    this.holder = holder;
    this.#path = recordPath(folder, holder.token);
    this.#text = holderText(holder);
    // Closed before it is linked: only then does a network file system show others all of it. Not flushed: what a power cut
    // leaves of it is of a process that is dead, also when it is cut off.
    writeNewFile(this.#path, this.#text, { flushed: false });
    this.#refreshLater(clock);
  }

  enter(): void {
    this.#users += 1;
  }

  /** With its last user it goes. Where it cannot be removed, it is swept later. */
  leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#cancelRefresh();
    for (const [key, record] of records) if (record === this) records.delete(key);
    try {
      removeFile(this.#path);
    } catch {}
  }

  /** False when somebody has cleared it away. @throws the failed system call */
  isThere(): boolean {
    return this.#isAt(this.#path);
  }

  /** Makes a lock, unless there is one of this name. @throws the failed system call */
  link(path: string): 'made' | 'taken' | 'no-links' {
    try {
      linkSync(this.#path, path);
      return 'made';
    } catch (error) {
      if (isUnsupported(error)) return 'no-links';
      if (!alreadyExists(error)) throw error;
    }
    // A network file system may have made it, and lost the reply: its second try finds what the first one made.
    return this.#isAt(path) && !this.#held.has(path) ? 'made' : 'taken';
  }

  /** Whether the file system of the folder has hard links. @throws the failed system call */
  hasLinks(): boolean {
    const second = `${this.#path}.tmp`;
    if (this.link(second) === 'no-links') return false;
    removeFile(second);
    return true;
  }

  /** From now on this lock, made by it, is held. @returns what tells this taking from a later one */
  hold(path: string): object {
    const taking = {};
    this.#held.set(path, taking);
    return taking;
  }

  /** False when somebody else took the lock over (after hours asleep, say). @throws the failed system call */
  isHeld(path: string, taking: object): boolean {
    return this.#held.get(path) === taking && this.#isAt(path);
  }

  /** Removes a lock, unless somebody else took it over. @throws the failed system call; it is not held all the same */
  release(path: string, taking: object): void {
    try {
      if (this.isHeld(path, taking)) unlinkSync(path);
    } finally {
      if (this.#held.get(path) === taking) this.#held.delete(path);
    }
  }

  /** By opening it: a network file system answers a mere look from what it remembers (nfs(5), close-to-open). */
  #isAt(path: string): boolean {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0)) === this.#text;
    } finally {
      closeSync(fd);
    }
  }

  #refreshLater(clock: RecordClock): void {
    const refresh = (): void => {
      const now = new Date(clock.now());
      for (const path of [this.#path, ...this.#held.keys()]) {
        try {
          if (this.#isAt(path)) utimesSync(path, now, now);
        } catch {
          // Who takes a lock over because of that is found by the next look.
        }
      }
      this.#refreshLater(clock);
    };
    this.#cancelRefresh = clock.after(refreshEveryMs, refresh, { unref: true });
  }
}
