/**
 * Who holds the locks of a folder for this process: one file, of which each lock is a hard link. So a lock comes into being
 * whole and at once, whoever else tries, by a single system call; and whether it is still ours shows in its inode.
 */
import { closeSync, constants, fstatSync, futimesSync, linkSync, openSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { removeFile, writeWhole } from './durable.js';
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
 * The record of this process for locks at `path`, made when there is none. Its user leaves it.
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

/** A file that says who this process is; as long as it has users it is open, so that its inode is no other file's. */
export class LockRecord {
  readonly holder: LockHolder;
  readonly #path: string;
  readonly #fd: number;
  readonly #inode: bigint;
  readonly #device: bigint;
  readonly #held = new Set<string>();
  #users = 0;
  #cancelRefresh: () => void = () => {};

  constructor(folder: string, holder: LockHolder, clock: RecordClock) {
    this.holder = holder;
    this.#path = recordPath(folder, holder.token);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    this.#fd = openSync(this.#path, flags, 0o600);
    try {
      // Not flushed: what a power cut leaves of it is of a process that is dead, also when it is cut off.
      writeWhole(this.#fd, Buffer.from(holderText(holder)));
      const { ino, dev } = fstatSync(this.#fd, { bigint: true });
      this.#inode = ino;
      this.#device = dev;
    } catch (error) {
      this.#remove();
      throw error;
    }
    this.#refreshLater(clock);
  }

  enter(): void {
    this.#users += 1;
  }

  /** With its last user it goes. */
  leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#cancelRefresh();
    this.#remove();
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

  /** From now on this lock, made by it, is held. */
  hold(path: string): void {
    this.#held.add(path);
  }

  /** False when somebody else took the lock over (after hours asleep, say). @throws the failed system call */
  isHeld(path: string): boolean {
    return this.#held.has(path) && this.#isAt(path);
  }

  /** Removes a lock, unless somebody else took it over. @throws the failed system call */
  release(path: string): void {
    const isHeld = this.isHeld(path);
    this.#held.delete(path);
    if (isHeld) unlinkSync(path);
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
      const { ino, dev } = fstatSync(fd, { bigint: true });
      return ino === this.#inode && dev === this.#device;
    } finally {
      closeSync(fd);
    }
  }

  #refreshLater(clock: RecordClock): void {
    const refresh = (): void => {
      try {
        const now = new Date(clock.now());
        futimesSync(this.#fd, now, now);
      } catch {
        // Who takes a lock over because of that shows in its inode.
      }
      this.#refreshLater(clock);
    };
    this.#cancelRefresh = clock.after(refreshEveryMs, refresh, { unref: true });
  }

  /** Where that fails, it is swept once it is a day old. */
  #remove(): void {
    try {
      removeFile(this.#path);
    } catch {}
    closeSync(this.#fd);
  }
}
