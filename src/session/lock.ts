/** Locks on state, in the client's words. */
import type { Clock } from '../clock.js';
import { GlacierUpError } from '../errors.js';
import { LockHeldError, takeLock } from '../os/lock.js';
import { checked, stateUnusable } from './unusable.js';

export interface Lock {
  /** @throws GlacierUpError `locked` when somebody else took the lock over (after hours asleep, say); `state-unusable` */
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
  /** Called once for each holder that is waited for. */
  onWaiting?: (holder: string) => void;
}

/**
 * Takes the lock at `path`.
 * @throws GlacierUpError `locked` with the holder's name, `state-unusable` when the folder cannot be written
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const { clock, signal, what, waitMs = 0, onWaiting } = options;
  const lock = await takeLock(path, {
    clock,
    signal,
    waitMs: () => waitMs,
    onWaiting: (holder) => onWaiting?.(nameOf(holder)),
  }).catch((error: unknown) => {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof LockHeldError)) throw stateUnusable(path, error);
    throw new GlacierUpError('locked', `${what} is held by ${nameOf(error.holder)}`, {
      hint: 'wait for it to end, or give --wait-lock DURATION',
    });
  });
  return {
    assertHeld: () => {
      if (checked(path, () => lock.isHeld())) return;
      throw new GlacierUpError('locked', 'another process took this upload over while this one was stopped', {
        hint: 'let it finish; nothing was lost',
      });
    },
    release: () => lock.release(),
  };
}

function nameOf({ pid, host, since }: LockHeldError['holder']): string {
  return `process ${pid} on ${host}, since ${since}`;
}
