/** How fast something grows. */
import type { Clock } from '../../clock.js';

/** The rate is that of the last seconds: an average over the whole run lies after every pause. */
const windowMs = 15_000;
const sampleEveryMs = 500;
/** Sooner, a rate would be that of filling the first buffers. */
const beginsMs = 2000;

/** The rate of the last seconds, from samples of a sum. */
export class RecentRate {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #samples: { atMs: number; sum: number }[] = [];

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  reset(): void {
    this.#samples = [];
  }

  /** @param sum as of now */
  note(sum: number): void {
    const atMs = this.#clock.monotonicMs();
    const last = this.#samples.at(-1);
    if (last && atMs - last.atMs < sampleEveryMs) return;
    this.#samples.push({ atMs, sum });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - windowMs) this.#samples.shift();
  }

  /** @param sum as of now @returns how much a second, at least 0; null while that cannot be told */
  perSecond(sum: number): number | null {
    this.note(sum);
    const [first] = this.#samples;
    if (!first) return null;
    const overMs = this.#clock.monotonicMs() - first.atMs;
    if (overMs < beginsMs) return null;
    return Math.max(0, Math.round(((sum - first.sum) * 1000) / overMs));
  }
}
