/**
 * How many requests are under way at a time. Nobody publishes what the service takes, so it is found out: more and more,
 * until it throttles.
 */

const firstLimit = 4;
const largestLimit = 64;
/** So much of it is left when the service throttles. */
const keptShare = 0.7;
const secondMs = 1000;
/** A request that was throttled waits about so long, longer while nothing succeeds. */
const shortestPauseMs = 100;
const longestPauseMs = 10_000;

export interface WindowOptions {
  /** Requests begun in a second, at most. */
  maxRate?: number | undefined;
}

/** Times are those of a clock that never jumps, in ms. */
export class Window {
  readonly #spacingMs: number;
  #limit = firstLimit;
  /** It doubles each second that passes without throttling, until the first throttle. */
  #isProbing = true;
  #secondMs: number | null = null;
  #cutMs = Number.NEGATIVE_INFINITY;
  #nextStartMs = Number.NEGATIVE_INFINITY;
  #throttles = 0;
  /** Throttles since something succeeded. */
  #streak = 0;

  constructor({ maxRate }: WindowOptions = {}) {
    this.#spacingMs = maxRate === undefined ? 0 : secondMs / maxRate;
  }

  /** How many may be under way. */
  get limit(): number {
    return this.#limit;
  }

  /** How often the service has throttled. */
  get throttles(): number {
    return this.#throttles;
  }

  /** Reserves a start. @returns how long to wait for it, for the sake of `maxRate` */
  startInMs(nowMs: number): number {
    if (this.#spacingMs === 0) return 0;
    const startMs = Math.max(nowMs, this.#nextStartMs);
    this.#nextStartMs = startMs + this.#spacingMs;
    return startMs - nowMs;
  }

  noteSuccess(nowMs: number): void {
    this.#streak = 0;
    this.#secondMs ??= nowMs;
    if (nowMs - this.#secondMs < secondMs) return;
    this.#secondMs = nowMs;
    this.#limit = Math.min(largestLimit, this.#isProbing ? this.#limit * 2 : this.#limit + 1);
  }

  /**
   * Answers to requests that were under way together come together: they count as one.
   * @param random `[0, 1)`
   * @returns how long the request waits before it is sent again
   */
  noteThrottle(nowMs: number, random: number): number {
    this.#throttles += 1;
    this.#streak += 1;
    this.#isProbing = false;
    this.#secondMs = nowMs;
    if (nowMs - this.#cutMs >= secondMs) {
      this.#cutMs = nowMs;
      this.#limit = Math.max(1, Math.floor(this.#limit * keptShare));
    }
    const rounds = Math.floor(this.#streak / (2 * largestLimit));
    return Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(rounds, 10)) * (0.5 + random / 2);
  }
}
