/** Locks in the hands of this process, as links or written. */
import { unlinkSync, utimesSync } from 'node:fs';
import { type LockRecord, type RecordClock, refreshEveryMs } from './lock-record.js';
import { lockTokenAt } from './read-lock.js';

export interface Lock {
  /** False when somebody else took the lock over (after hours asleep, say). @throws the failed system call */
  isHeld(): boolean;
  release(): void;
}

/** A link to the record of this process, whose user it becomes. */
export function linkedLock(path: string, record: LockRecord): Lock {
  record.enter();
  const taking = record.hold(path);
  let isReleased = false;
  return {
    isHeld: () => record.isHeld(path, taking),
    release: () => {
      if (isReleased) return;
      isReleased = true;
      try {
        record.release(path, taking);
      } catch {
        // A lock left behind is found dead by the next run.
      }
      record.leave();
    },
  };
}

/** @param token in the lock */
export function writtenLock(path: string, token: string, clock: RecordClock): Lock {
  const isHeld = (): boolean => lockTokenAt(path) === token;
  const refreshLater = (): (() => void) => clock.after(refreshEveryMs, refresh, { unref: true });
  const refresh = (): void => {
    try {
      const now = new Date(clock.now());
      if (isHeld()) utimesSync(path, now, now);
    } catch {
      // The next look finds out, and says so.
    }
    cancelRefresh = refreshLater();
  };
  let cancelRefresh = refreshLater();
  return {
    isHeld,
    release: () => {
      cancelRefresh();
      try {
        if (isHeld()) unlinkSync(path);
      } catch {
        // A lock left behind is found dead by the next run.
      }
    },
  };
}
