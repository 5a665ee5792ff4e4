/**
 * Ends a request that has fallen silent. The SDK has no time limits of its own, and an idle limit on the socket is
 * beaten by a server that sends a byte a minute; so silence is counted here, from the bytes that the request takes.
 */
import type { Clock } from '../../clock.js';
import { type ErrorCode, GlacierUpError } from '../../errors.js';
import { followSignal } from '../../follow-signal.js';

/** Slower than this on average, a request on a line of which nothing is known is given up and tried again. */
const floorBytesPerSecond = 16 * 1024;
const shortestDeadlineMs = 120_000;
/** Of the time that the body should take, as far as the line is known: lines get slower, too. */
const deadlineFactor = 2;

export interface RequestGuard {
  /** Aborts when the request should end: by the caller, by silence, or by its deadline. */
  readonly signal: AbortSignal;
  /** Tells that bytes move. */
  touch(): void;
  /** Until the next touch it is this machine that takes its time: a slow disk, or a limit on the rate. */
  hold(): void;
  /** Ends the request for a reason that its caller has. */
  end(reason: unknown): void;
  /** Must be called when the request has ended. */
  release(): void;
}

export interface RequestLimits {
  /** How long the request may be silent. */
  idleMs: number;
  /** What it has to send or to receive: sets the deadline of the whole attempt. */
  bodyBytes?: number;
  /**
   * How long that should take, as far as the line is known: a slow line is given the time that it needs. Asked again
   * when the time is over, since by then more is known.
   */
  expectedMs?: (() => number | undefined) | undefined;
}

/** How long one attempt may take, however busy it is. */
function deadlineMs({ idleMs, bodyBytes = 0, expectedMs }: RequestLimits): number {
  const ofUnknownLineMs = (bodyBytes / floorBytesPerSecond) * 1000;
  const ofKnownLineMs = deadlineFactor * (expectedMs?.() ?? 0);
  return Math.max(shortestDeadlineMs, 2 * idleMs, ofUnknownLineMs, ofKnownLineMs);
}

/** Watches one attempt of a request. @param signal the run's own: its reason ends the request, too */
export function guardRequest(
  operation: string,
  limits: RequestLimits,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): RequestGuard {
  const { idleMs } = limits;
  const own = followSignal(signal);
  const give = (code: ErrorCode, message: string): void =>
    own.abort(new GlacierUpError(code, `${operation}: ${message}`, { service: { operation } }));
  const startMs = clock.monotonicMs();
  let isHeld = false;
  let movedMs = startMs;
  let dueMs = startMs + deadlineMs(limits);
  let cancel = (): void => {};
  // It is touched with every piece that is sent: a touch sets no timer.
  const look = (): void => {
    const nowMs = clock.monotonicMs();
    const leftToMoveMs = isHeld ? idleMs : movedMs + idleMs - nowMs;
    // More may be known of the line by then.
    if (nowMs >= dueMs) dueMs = startMs + deadlineMs(limits);
    const leftMs = dueMs - nowMs;
    const spentSeconds = Math.round((nowMs - startMs) / 1000);
    if (leftToMoveMs <= 0) give('temporary', `nothing moved for ${Math.round(idleMs / 1000)} s`);
    else if (leftMs <= 0)
      give('request-timeout', `not finished after ${spentSeconds} s: the line is too slow`);
    else cancel = clock.after(Math.min(leftToMoveMs, leftMs), look);
  };
  look();
  return {
    signal: own.signal,
    touch: () => {
      isHeld = false;
      movedMs = clock.monotonicMs();
    },
    hold: () => {
      isHeld = true;
    },
    end: own.abort,
    release: () => {
      cancel();
      own.release();
    },
  };
}
