import { setTimeout as sleep } from 'node:timers/promises';

/** Node takes a longer delay for 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Waits for as long as is asked for, months too. Rejects when the signal is aborted. */
export async function longSleep(waitMs: number, signal?: AbortSignal): Promise<void> {
  for (let leftMs = waitMs; leftMs > 0; leftMs -= LONGEST_TIMER_MS) {
    await sleep(Math.min(leftMs, LONGEST_TIMER_MS), undefined, signal ? { signal } : undefined);
  }
}
