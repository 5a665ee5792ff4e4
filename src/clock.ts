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

/** Node takes a longer delay for 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

/** The clock of the machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  sleep: async (waitMs, signal) => {
    let leftMs = waitMs;
    do {
      const stepMs = Math.min(leftMs, longestTimerMs);
      await sleepOnce(stepMs, signal);
      leftMs -= stepMs;
    } while (leftMs > 0);
  },
};

function sleepOnce(waitMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
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
  });
}
