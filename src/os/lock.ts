/**
 * Locks between processes, as files that hold who has the lock. A lock comes into being whole (`lock-record.ts`). A dead
 * holder's lock is replaced by renaming over it, which only the holder of a second lock, named after the dead one's token,
 * may do. That second lock is taken in the same way, so that a death in between is nothing new.
 */
import { renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Lock, linkedLock, writtenLock } from './held-lock.js';
import { holderText, type LockHolder, newHolder } from './lock-holder.js';
import { enterRecord, type LockRecord, type RecordClock, removeRecord } from './lock-record.js';
import { isAlive, thisProcess } from './process-identity.js';
import { readLock, tokenOf, type Unfinished, unfinishedToken } from './read-lock.js';
import { abandonedAfterMs, writeLock } from './written-lock.js';

export type { Lock } from './held-lock.js';

export interface LockClock extends RecordClock {
  monotonicMs(): number;
  sleep(waitMs: number, signal: AbortSignal): Promise<void>;
}

export interface LockOptions {
  clock: LockClock;
  /** Ends the waiting. */
  signal: AbortSignal;
  role?: string | undefined;
  /** How long to wait for this live holder; 0: not at all. */
  waitMs: (holder: LockHolder) => number;
  /** Told of each holder once, before it is waited for. */
  onWaiting?: ((holder: LockHolder) => void) | undefined;
}

/** The lock has a live holder, and was not waited for, or for long enough. */
export class LockHeldError extends Error {
  readonly holder: LockHolder;

  constructor(path: string, holder: LockHolder) {
    super(`${path} is held by process ${holder.pid} on ${holder.host}`);
    this.holder = holder;
  }
}

/** A lock of another host or container, whose processes cannot be seen, is dead after this long without a refresh. */
const foreignLockLifeMs = 30 * 60 * 1000;
/** Between two looks at a lock that is waited for. */
const lookAgainMs = 250;

/**
 * Takes the lock at `path`.
 * @throws LockHeldError; the failed system call; what the signal was aborted with
 */
export async function takeLock(path: string, options: LockOptions): Promise<Lock> {
  const { clock, signal, role, waitMs, onWaiting } = options;
  const attempt = new Attempt(role, clock);
  const startedMs = clock.monotonicMs();
  let told: string | undefined;
  for (;;) {
    const found = attempt.once(path);
    if (typeof found === 'object' && 'isHeld' in found) return found;
    if (found !== 'unfinished') {
      if (clock.monotonicMs() - startedMs >= waitMs(found)) throw new LockHeldError(path, found);
      if (told !== found.token) onWaiting?.(found);
      told = found.token;
    }
    await clock.sleep(lookAgainMs, signal);
  }
}

/**
 * For many locks, one after the other: what makes them (`lock-record.ts`) stays between them until the function that is
 * returned is called. @throws the failed system call
 */
export function prepareForLocks(path: string, clock: LockClock): () => void {
  const record = enterRecord(path, undefined, clock);
  return () => record.leave();
}

/** How this process has come to hold it. */
type Taken = 'linked' | 'written';

class Attempt {
  readonly #role: string | undefined;
  readonly #clock: LockClock;
  /** Who holds a lock that is written, where there are no links. */
  #writer: LockHolder | undefined;
  /** Locks that are being written by somebody else, or were left so, and since when that is seen. */
  readonly #watched = new Map<string, { looks: string; sinceMs: number }>();

  constructor(role: string | undefined, clock: LockClock) {
    this.#role = role;
    this.#clock = clock;
  }

  /** One try. `unfinished`: look again; else the live holder. */
  once(path: string): Lock | 'unfinished' | LockHolder {
    // For each try: somebody may clear it away while a lock is waited for.
    const record = enterRecord(path, this.#role, this.#clock);
    try {
      const end = this.#take(path, record);
      if (end === 'linked') return linkedLock(path, record);
      if (end === 'written') return writtenLock(path, this.#ownWriter().token, this.#clock);
      return end;
    } finally {
      record.leave();
    }
  }

  #take(path: string, record: LockRecord): Taken | 'unfinished' | LockHolder {
    for (;;) {
      const made = this.#make(path, record);
      if (made !== 'taken') return made;
      const found = readLock(path);
      if (found === null) continue;
      if (!this.#isReplaceable(path, found, record)) return 'looks' in found ? 'unfinished' : found;
      const end = this.#replace(path, found, record);
      if (end !== null) return end;
    }
  }

  #make(path: string, record: LockRecord): Taken | 'taken' {
    const linked = record.link(path);
    if (linked === 'made') return 'linked';
    if (linked === 'taken') return 'taken';
    return writeLock(path, holderText(this.#ownWriter()), this.#clock) === 'made' ? 'written' : 'taken';
  }

  #ownWriter(): LockHolder {
    this.#writer ??= newHolder(this.#role, this.#clock.now());
    return this.#writer;
  }

  /** @returns null to look again */
  #replace(
    path: string,
    dead: LockHolder | Unfinished,
    record: LockRecord,
  ): Taken | 'unfinished' | LockHolder | null {
    const claim = `${path}.after-${this.#isOwn(dead) ? unfinishedToken : tokenOf(dead)}`;
    const end = this.#take(claim, record);
    if (end !== 'linked' && end !== 'written') return end;
    const now = readLock(path);
    if (now !== null && tokenOf(now) === tokenOf(dead) && this.#isReplaceable(path, now, record)) {
      renameSync(claim, path);
      if ('token' in dead) removeRecord(dirname(path), dead.token);
      return end;
    }
    rmSync(claim, { force: true });
    return null;
  }

  #isReplaceable(path: string, found: LockHolder | Unfinished, record: LockRecord): boolean {
    if ('looks' in found) return this.#isAbandoned(path, found, record);
    this.#watched.delete(path);
    return this.#isOwn(found) || isDead(path, found, this.#clock);
  }

  /** Written too late to be believed: others may be replacing it. It is replaced as they would. */
  #isOwn(found: LockHolder | Unfinished): boolean {
    return tokenOf(found) === this.#writer?.token;
  }

  #isAbandoned(path: string, { looks }: Unfinished, record: LockRecord): boolean {
    // With links a lock is never seen half written: a broken one is a damaged disk.
    if (record.hasLinks()) return true;
    const nowMs = this.#clock.monotonicMs();
    const watched = this.#watched.get(path);
    if (watched?.looks === looks) return nowMs - watched.sinceMs >= abandonedAfterMs;
    this.#watched.set(path, { looks, sinceMs: nowMs });
    return false;
  }
}

function isDead(path: string, holder: LockHolder, clock: LockClock): boolean {
  const alive = isAlive(holder, thisProcess());
  if (alive !== null) return !alive;
  const touched = statSync(path, { throwIfNoEntry: false });
  return touched !== undefined && clock.now() - touched.mtimeMs > foreignLockLifeMs;
}
