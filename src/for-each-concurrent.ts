/** The same for each of many things, several at a time. */
import { followSignal } from './follow-signal.js';

type Items<T> = Iterable<T> | AsyncIterable<T>;

/**
 * Runs `action` for each item; the first failure of one stops all others at once. When the items themselves fail to come,
 * the actions under way still end. When this ends, also in an error, none is under way: what they read from may be closed.
 * @param items or what gives them; its signal is aborted when no more of them are wanted
 * @param concurrency how many at a time
 * @param action is given a signal that ends with the first failure, too
 * @throws the signal's reason, the first failure of an action, or that of the items
 */
export async function forEachConcurrent<T>(
  items: Items<T> | ((signal: AbortSignal) => Items<T>),
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
  action: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = followSignal(signal);
  const line = iteratorOf(typeof items === 'function' ? items(stop.signal) : items);
  const takeTurns = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const next = await line.next();
      if (next.done) return;
      try {
        await action(next.value, stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) stop.abort(error);
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, takeTurns));
  stop.release();
  signal.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason;
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

function iteratorOf<T>(items: Items<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
