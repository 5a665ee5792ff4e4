/** One signal of several, for many listeners. */
import { setMaxListeners } from 'node:events';

/**
 * A signal that is aborted with the first of these. Every request under way may listen to it: Node would warn of more
 * than ten listeners.
 */
export function anySignal(signals: AbortSignal[]): AbortSignal {
  const signal = AbortSignal.any(signals);
  setMaxListeners(0, signal);
  return signal;
}
