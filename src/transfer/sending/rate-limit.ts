/** A limit on bytes a second, held over all parts together. */
import type { Clock } from '../../clock.js';

export interface RateLimit {
  /** Waits until `sizeBytes` more may be sent. */
  take(sizeBytes: number, signal: AbortSignal): Promise<void>;
  /** How much to read at a time, so that a slow link still moves several times a second. */
  readonly stepBytes: number;
}

const stepsPerSecond = 10;
/** Smaller ones cost more than they are good for; but no step takes longer than a second. */
const smallestStepBytes = 1024;

/**
 * Each taker is given the moment at which those before it have used up their share, so that the sum holds exactly
 * however many parts are sent at once. Time in which nothing was taken is not saved up.
 */
export function rateLimit(bytesPerSecond: number, clock: Clock): RateLimit {
  let freeAtMs = clock.monotonicMs();
  return {
    stepBytes: Math.max(
      Math.min(smallestStepBytes, bytesPerSecond),
      Math.floor(bytesPerSecond / stepsPerSecond),
    ),
    take: async (sizeBytes, signal) => {
      const nowMs = clock.monotonicMs();
      const startMs = Math.max(freeAtMs, nowMs);
      freeAtMs = startMs + (sizeBytes / bytesPerSecond) * 1000;
      if (startMs > nowMs) await clock.sleep(startMs - nowMs, signal);
    },
  };
}
