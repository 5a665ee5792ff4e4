/** A clock for many sleepers at once: when nobody else has anything to do, the one who wakes first is woken. */
import { type Clock, realClock } from '../../src/clock.js';

interface Sleeper {
  wakesMs: number;
  wake(): void;
}

/** So many turns of the event loop in a row in which no file is being read count as nothing to do. */
const idleTurns = 10;

async function untilIdle(): Promise<void> {
  for (let turns = 0; turns < idleTurns; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (process.getActiveResourcesInfo().includes('FSReqCallback')) turns = 0;
  }
}

export function virtualClock(): Clock {
  let elapsedMs = 0;
  let isRunning = false;
  const sleepers = new Set<Sleeper>();
  const startMs = Date.parse('2026-01-01T00:00:00Z');

  const run = async (): Promise<void> => {
    isRunning = true;
    while (sleepers.size > 0) {
      await untilIdle();
      const [first] = [...sleepers].sort((one, other) => one.wakesMs - other.wakesMs);
      if (!first) break;
      elapsedMs = Math.max(elapsedMs, first.wakesMs);
      first.wake();
    }
    isRunning = false;
  };

  return {
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    random: () => 0.5,
    after: realClock.after,
    sleep: (waitMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const leave = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', onAbort);
        };
        const onAbort = (): void => {
          leave();
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          wakesMs: elapsedMs + waitMs,
          wake: () => {
            leave();
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
        if (!isRunning) void run();
      }),
  };
}
