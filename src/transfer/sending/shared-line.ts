/**
 * Parts that share one line. When each would take longer than the service waits for a part, none would ever be stored:
 * then fewer are sent at a time, and each gets through sooner.
 */
import type { Clock } from '../../clock.js';
import { partsInTime, partTimeMs } from '../../glacier/limits.js';
import type { AdaptiveLimiter } from './adaptive-limiter.js';
import { Throughput } from './throughput.js';

export interface Attempt {
  /** What it has sent; 0 once it has ended. */
  readonly sentBytes: number;
  /** How long the whole part takes at its rate so far; 0 while nothing is sent. */
  wholePartMs(): number;
  /** For how long it has had the line for itself, up to now. */
  aloneMs(): number;
  /** Bytes of it have left. */
  moved(sizeBytes: number): void;
  end(): void;
}

interface OpenAttempt extends Attempt {
  readonly startedMs: number;
  readonly partBytes: number;
  hadCompanyMs: number;
  sentBytes: number;
  withdraw(): void;
}

/** When fewer parts at a time carry less than this share of what more did, the line is not what they shared. */
const sharedFromRatio = 0.7;

/** How fast all parts of a run go together: what each may expect, and whether fewer at a time would be better. */
export class SharedLine {
  readonly #clock: Clock;
  readonly #limiter: AdaptiveLimiter;
  readonly #limitRate: number | undefined;
  readonly #throughput: Throughput;
  readonly #attempts = new Set<OpenAttempt>();
  /** What was measured before the limit was last narrowed; whether that has helped is still to be seen. */
  #trialRate: number | null = null;
  /** Fewer parts at a time were no faster each: each connection has a limit of its own. */
  #isShared = true;

  constructor(options: { clock: Clock; limiter: AdaptiveLimiter; limitRate: number | undefined }) {
    this.#clock = options.clock;
    this.#limiter = options.limiter;
    this.#limitRate = options.limitRate;
    this.#throughput = new Throughput(options.clock);
  }

  /** Parts of this size come next: under a limit it is known from the start how many of them get through in time. */
  prepareFor(partBytes: number): void {
    if (this.#limitRate !== undefined) this.#limiter.restrict(partsInTime(partBytes, this.#limitRate));
  }

  /** Bytes a second over all parts, as far as they are known: measured, and no more than the limit allows. */
  get bytesPerSecond(): number | null {
    const measured = this.#throughput.bytesPerSecond;
    if (this.#limitRate === undefined) return measured;
    return Math.min(this.#limitRate, measured ?? this.#limitRate);
  }

  /** How long a part should take among as many as may be sent at a time; undefined while nothing is known. */
  expectedMs(partBytes: number): number | undefined {
    const rate = this.bytesPerSecond;
    return rate === null ? undefined : ((partBytes * this.#limiter.width) / rate) * 1000;
  }

  /** @param withdraw ends the attempt, because others should have the line */
  begin(partBytes: number, withdraw: () => void): Attempt {
    const nowMs = this.#clock.monotonicMs();
    const attempt: OpenAttempt = {
      partBytes,
      startedMs: nowMs,
      hadCompanyMs: nowMs,
      sentBytes: 0,
      withdraw,
      moved: (sizeBytes) => {
        attempt.sentBytes += sizeBytes;
        if (this.#throughput.add(sizeBytes)) this.#judge();
      },
      wholePartMs: () =>
        attempt.sentBytes === 0
          ? 0
          : ((this.#clock.monotonicMs() - attempt.startedMs) * partBytes) / attempt.sentBytes,
      aloneMs: () => (this.#attempts.size > 1 ? 0 : this.#clock.monotonicMs() - attempt.hadCompanyMs),
      end: () => {
        attempt.sentBytes = 0;
        this.#attempts.delete(attempt);
        const endedMs = this.#clock.monotonicMs();
        for (const other of this.#attempts) other.hadCompanyMs = endedMs;
        if (this.#attempts.size === 0) this.#throughput.pause();
      },
    };
    this.#attempts.add(attempt);
    return attempt;
  }

  #judge(): void {
    const rate = this.bytesPerSecond;
    if (rate === null || !this.#isShared) return;
    if (this.#trialRate !== null && rate < this.#trialRate * sharedFromRatio) {
      this.#isShared = false;
      this.#limiter.restrict(Number.POSITIVE_INFINITY);
      return;
    }
    this.#trialRate = null;
    const largestBytes = Math.max(...[...this.#attempts].map(({ partBytes }) => partBytes));
    const fitting = partsInTime(largestBytes, rate);
    this.#limiter.restrict(fitting);
    if (fitting >= this.#attempts.size) return;
    this.#trialRate = rate;
    this.#throughput.restart();
    this.#makeRoom(rate);
  }

  /** Withdraws those that are least far, but for those that will be done in time all the same. */
  #makeRoom(rate: number): void {
    const nowMs = this.#clock.monotonicMs();
    const byProgress = [...this.#attempts].sort((one, other) => other.sentBytes - one.sentBytes);
    const rateEach = rate / this.#attempts.size;
    for (const attempt of byProgress.slice(this.#limiter.width)) {
      const leftMs = ((attempt.partBytes - attempt.sentBytes) / rateEach) * 1000;
      if (nowMs - attempt.startedMs + leftMs > partTimeMs) attempt.withdraw();
    }
  }
}
