import { type Clock, realClock } from '../../src/clock.js';

export interface FakeClock extends Clock {
  /** Everything slept, in order. */
  readonly waits: number[];
  /** Lets time pass without anybody sleeping. */
  pass(ms: number): void;
}

/**
 * A clock that stands still but for sleeps, which end at once. What limits real work, `after`, takes real time as that work
 * does. `random` is always one half.
 */
export function fakeClock(startMs = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let elapsedMs = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    random: () => 0.5,
    after: realClock.after,
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

/** The same, but also what is due `after` waits for `pass`: for code that does no real work meanwhile. */
export function steppedClock(startMs?: number): FakeClock {
  const clock = fakeClock(startMs);
  const due = new Set<{ atMs: number; act: () => void }>();
  return {
    ...clock,
    after: (waitMs, act) => {
      const timer = { atMs: clock.monotonicMs() + waitMs, act };
      due.add(timer);
      return () => void due.delete(timer);
    },
    pass: (ms) => {
      const endMs = clock.monotonicMs() + ms;
      for (;;) {
        const [next] = [...due].sort((one, other) => one.atMs - other.atMs);
        if (next === undefined || next.atMs > endMs) break;
        due.delete(next);
        clock.pass(Math.max(0, next.atMs - clock.monotonicMs()));
        next.act();
      }
      clock.pass(endMs - clock.monotonicMs());
    },
  };
}
