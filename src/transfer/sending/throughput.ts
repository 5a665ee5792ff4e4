/** How much a line carries, measured over all parts together. */
import type { Clock } from '../../clock.js';

/**
 * Long enough for the buffers of a connection, which take the first bytes at once, to make no difference in the second
 * measurement.
 */
const periodMs = 30_000;

/** Bytes a second, over the time in which something was sent. */
export class Throughput {
  readonly #clock: Clock;
  #lastMs: number;
  #isRunning = false;
  #spentMs = 0;
  #carriedBytes = 0;
  #before: number | null = null;
  #bytesPerSecond: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.monotonicMs();
  }

  /** The higher one of the last two measurements, so that a short interruption does not count; null at first. */
  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  /** Bytes have left. @returns true when a measurement has come of it */
  add(sizeBytes: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (this.#isRunning) {
      this.#spentMs += nowMs - this.#lastMs;
      this.#carriedBytes += sizeBytes;
    }
    this.#lastMs = nowMs;
    this.#isRunning = true;
    if (this.#spentMs < periodMs) return false;
    const latest = (this.#carriedBytes / this.#spentMs) * 1000;
    this.#spentMs = 0;
    this.#carriedBytes = 0;
    if (this.#before !== null) this.#bytesPerSecond = Math.max(this.#before, latest);
    const isKnown = this.#before !== null;
    this.#before = latest;
    return isKnown;
  }

  /** Nothing is being sent: time from now to the next bytes tells nothing of the line. */
  pause(): void {
    this.#isRunning = false;
  }

  /** What was measured is of no more use: other parts share the line now. */
  restart(): void {
    this.#before = null;
    this.#isRunning = false;
    this.#spentMs = 0;
    this.#carriedBytes = 0;
  }
}
