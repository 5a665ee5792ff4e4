/** A signal of one's own that ends with another one, too. `AbortSignal.any` does the same at several times the cost. */
import { setMaxListeners } from 'node:events';

export interface FollowingSignal {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** It follows no more. */
  release(): void;
}

/** @param leader with which the new signal is aborted, and for the same reason, until `release` */
export function followSignal(leader: AbortSignal): FollowingSignal {
  const controller = new AbortController();
  const { signal } = controller;
  // Every request under way may listen to it: Node would warn of more than ten listeners.
  setMaxListeners(0, signal);
  const follow = (): void => controller.abort(leader.reason);
  if (leader.aborted) follow();
  else leader.addEventListener('abort', follow, { once: true });
  return {
    signal,
    abort: (reason) => controller.abort(reason),
    release: () => leader.removeEventListener('abort', follow),
  };
}
