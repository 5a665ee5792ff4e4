/**
 * Locks between processes, as files. A lock comes into being whole, by `link`, which fails when the name is taken.
 * A dead holder's lock is replaced by renaming over it, which only the holder of a second lock, named after the
 * dead one's token, may do. That second lock is taken in the same way, so that a death in between is nothing new.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import type { Clock } from '../clock.js';
import { errnoOf, GlacierUpError } from '../errors.js';
import { writeNewFile } from './durable.js';
import { stateUnusable } from './folders.js';
import { isAlive, type ProcessIdentity, thisProcess } from './process-identity.js';

interface LockRecord extends ProcessIdentity {
  token: string;
  since: string;
}

/** A lock of another host or container, whose processes cannot be seen, is dead after this long without a refresh. */
const foreignLockLifeMs = 30 * 60 * 1000;
const refreshEveryMs = 60_000;
/** Between two looks at a lock that is waited for. */
const lookAgainMs = 250;

export interface Lock {
  /** @throws GlacierUpError `locked` when somebody else took the lock over (after hours asleep, say) */
  assertHeld(): void;
  release(): void;
}

export interface LockOptions {
  clock: Clock;
  signal: AbortSignal;
  /** What is locked, for the message. */
  what: string;
  /** How long to wait for a live holder; 0: not at all. */
  waitMs?: number;
  /** Told once, before waiting. */
  onWaiting?: (holder: string) => void;
}

/**
 * Takes the lock at `path`.
 * @throws GlacierUpError `locked` with the holder's name, `state-unusable` when the folder cannot be written
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const { clock, signal, what, waitMs = 0, onWaiting } = options;
  const record: LockRecord = {
    ...thisProcess(),
    token: randomBytes(12).toString('hex'),
    since: new Date(clock.now()).toISOString(),
  };
  const startedMs = clock.monotonicMs();
  let told = false;
  for (;;) {
    let holder: LockRecord | null;
    try {
      holder = tryAcquire(path, record, clock);
    } catch (error) {
      throw stateUnusable(path, error);
    }
    if (holder === null) return heldLock(path, record.token);
    const name = `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
    if (clock.monotonicMs() - startedMs >= waitMs) {
      throw new GlacierUpError('locked', `${what} is held by ${name}`, {
        hint: 'wait for it to end, or give --wait-lock DURATION',
      });
    }
    if (!told) onWaiting?.(name);
    told = true;
    await clock.sleep(lookAgainMs, signal);
  }
}

/** @returns null when the lock is now ours, else its live holder */
function tryAcquire(path: string, record: LockRecord, clock: Clock): LockRecord | null {
  const temp = `${path}.${record.token}.tmp`;
  for (;;) {
    writeNewFile(temp, `${JSON.stringify(record)}\n`);
    try {
      linkSync(temp, path);
      return null;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      unlinkSync(temp);
    }
    const holder = readRecord(path);
    if (holder === null) continue;
    if (!isDead(path, holder, record, clock)) return holder;
    const claim = `${path}.after-${holder.token}`;
    const rival = tryAcquire(claim, record, clock);
    if (rival !== null) return rival;
    if (readRecord(path)?.token === holder.token) {
      renameSync(claim, path);
      return null;
    }
    rmSync(claim, { force: true });
  }
}

/** Which taking of a lock holds it now; null when nobody does. */
export function lockTokenAt(path: string): string | null {
  return readRecord(path)?.token ?? null;
}

function isDead(path: string, holder: LockRecord, self: ProcessIdentity, clock: Clock): boolean {
  const alive = isAlive(holder, self);
  if (alive !== null) return !alive;
  try {
    return clock.now() - statSync(path).mtimeMs > foreignLockLifeMs;
  } catch {
    return false;
  }
}

/** null when there is no lock any more. A record is never seen half written, so a broken one is a damaged disk. */
function readRecord(path: string): LockRecord | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const record = JSON.parse(text) as Partial<LockRecord> | null;
    if (isRecord(record)) return record;
  } catch {
    // Falls through to the same answer as any other damaged record.
  }
  // Named after nobody alive, it is replaced like a dead holder's; its length stands in for a token.
  return {
    host: thisProcess().host,
    pidNamespace: '',
    bootId: 'unreadable',
    pid: 0,
    startTime: '',
    token: `damaged-${text.length}`,
    since: '',
  };
}

/** The token becomes part of a file name: it must be one of ours. */
function isRecord(value: Partial<LockRecord> | null): value is LockRecord {
  return typeof value?.pid === 'number' && /^[0-9a-f]{24}$/.test(value.token ?? '');
}

function heldLock(path: string, token: string): Lock {
  const timer = setInterval(() => {
    try {
      const now = new Date();
      if (readRecord(path)?.token === token) utimesSync(path, now, now);
    } catch {
      // The next save finds out, and says so.
    }
  }, refreshEveryMs);
  timer.unref();
  return {
    assertHeld: () => {
      if (readRecord(path)?.token === token) return;
      throw new GlacierUpError('locked', 'another process took this upload over while this one was stopped', {
        hint: 'let it finish; nothing was lost',
      });
    },
    release: () => {
      clearInterval(timer);
      try {
        if (readRecord(path)?.token === token) unlinkSync(path);
      } catch {
        // A lock left behind is found dead by the next run.
      }
    },
  };
}
