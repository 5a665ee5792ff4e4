/** The same for each of many things, several at a time. */
import { anySignal } from './any-signal.js';

/**
 * Runs `action` for each item; the first failure stops all others at once. When this ends, also in an error, no action is
 * under way: what they read from may be closed.
 * @param concurrency how many at a time
 * @param action is given a signal that ends with the first failure, too
 * @throws the first failure, or the signal's reason
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
  action: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = anySignal([signal, stop.signal]);
  const line = items[Symbol.iterator]();
  const takeTurns = async (): Promise<void> => {
    while (!either.aborted) {
      const next = line.next();
      if (next.done) return;
      try {
        await action(next.value, either);
      } catch (error) {
        if (!stop.signal.aborted) stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, takeTurns));
  signal.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason;
}
