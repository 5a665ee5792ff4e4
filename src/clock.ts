/** Time and chance, handed in so that tests can set them. The linter keeps every other file from reading the machine's. */

export interface Clock {
  /** Wall clock, ms since 1970: for records only. */
  now(): number;
  /** Never jumps: for durations. */
  monotonicMs(): number;
  /** Waits; rejects at once with the signal's reason when it is aborted. For what nothing but time ends. */
  sleep(waitMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `act` once, so much later: a limit on what is under way, or a delay for what follows. Such work takes real time,
   * so that a test that skips sleeps lets this one count.
   * @param options.unref the process may end before it is due
   * @returns cancels it; without effect afterwards
   */
  after(waitMs: number, act: () => void, options?: { unref?: boolean }): () => void;
  /** `[0, 1)`. */
  random(): number;
}

/** Node takes a longer delay for 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

/** The clock of the machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  after: (waitMs, act, { unref = false } = {}) => {
    let timer: NodeJS.Timeout;
    const start = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, longestTimerMs);
      timer = setTimeout(() => (leftMs > stepMs ? start(leftMs - stepMs) : act()), stepMs);
      if (unref) timer.unref();
    };
    start(waitMs);
    return () => clearTimeout(timer);
  },
  sleep: (waitMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = realClock.after(waitMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
