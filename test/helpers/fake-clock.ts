import type { Clock } from '../../src/clock.js';

export interface FakeClock extends Clock {
  /** Everything slept, in order. */
  readonly waits: number[];
  /** Lets time pass without anybody sleeping. */
  pass(ms: number): void;
}

/** A clock that stands still but for sleeps, which end at once. `random` is always one half. */
export function fakeClock(startMs = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let elapsedMs = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    random: () => 0.5,
    sleep: async (waitMs, signal) => {
      signal?.throwIfAborted();
      waits.push(waitMs);
      elapsedMs += waitMs;
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
    pass: (ms) => {
      elapsedMs += ms;
    },
  };
}
