/** Time and chance, handed in so that tests can set them. */

export interface Clock {
  /** Wall clock, ms since 1970: for records only. */
  now(): number;
  /** Never jumps: for durations. */
  monotonicMs(): number;
  /** Waits; rejects at once with the signal's reason when it is aborted. */
  sleep(waitMs: number, signal?: AbortSignal): Promise<void>;
  /** `[0, 1)`. */
  random(): number;
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  sleep: (waitMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, waitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
