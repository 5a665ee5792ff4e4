/**
 * Ends a request that has fallen silent. The SDK has no time limits of its own, and an idle limit on the socket is
 * beaten by a server that sends a byte a minute; so silence is counted here, from the bytes that the request takes.
 */
import { GlacierUpError } from '../errors.js';

/** Slower than this on average, a request is given up and tried anew. */
const floorBytesPerSecond = 16 * 1024;
const shortestDeadlineMs = 120_000;

export interface RequestGuard {
  /** Aborts when the request should end: by the caller, by silence, or by its deadline. */
  readonly signal: AbortSignal;
  /** Tells that bytes move. */
  touch(): void;
  /** Must be called when the request has ended. */
  release(): void;
}

/**
 * @param idleMs how long the request may be silent
 * @param bodyBytes what it has to send: sets the deadline of the whole attempt
 */
export function guardRequest(
  operation: string,
  { idleMs, bodyBytes = 0, signal }: { idleMs: number; bodyBytes?: number; signal: AbortSignal },
): RequestGuard {
  const controller = new AbortController();
  const give = (message: string): void =>
    controller.abort(new GlacierUpError('temporary', `${operation}: ${message}`, { service: { operation } }));
  const idle = setTimeout(() => give(`nothing moved for ${Math.round(idleMs / 1000)} s`), idleMs);
  const deadlineMs = Math.max(shortestDeadlineMs, 2 * idleMs, (bodyBytes / floorBytesPerSecond) * 1000);
  // Longer delays overflow a timer of Node's into 1 ms.
  const deadline = setTimeout(() => give('too slow to be finished'), Math.min(deadlineMs, 2 ** 31 - 1));
  const forward = (): void => controller.abort(signal.reason);
  if (signal.aborted) forward();
  else signal.addEventListener('abort', forward, { once: true });
  return {
    signal: controller.signal,
    touch: () => {
      idle.refresh();
    },
    release: () => {
      clearTimeout(idle);
      clearTimeout(deadline);
      signal.removeEventListener('abort', forward);
    },
  };
}
