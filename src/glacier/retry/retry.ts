/**
 * Asking again. Temporary failures are routine with Glacier (408 and 500 "might be normal"), so what ends a request is
 * not a number of tries but a budget of time without progress.
 */
import type { Clock } from '../../clock.js';
import { counted } from '../../counted.js';
import { GlacierUpError, hasCode } from '../../errors.js';
import { Patience } from './patience.js';

export interface RetryOptions {
  clock: Clock;
  /** Shared by all that a run asks of one endpoint. */
  patience?: Patience;
  /** How long a request may go on failing without progress; 0 never retries. */
  budgetMs: number;
  /**
   * No request is silent for longer than this, since it is ended then. A longer gap is a process that was stopped, or
   * a machine that slept: that is nobody's silence.
   */
  longestSilenceMs?: number;
  /** Told before each wait. */
  onRetry?: (retry: Retry) => void;
}

/** A request that failed and will be repeated after a wait. */
export interface Retry {
  error: GlacierUpError;
  /** How many tries it has had. */
  attempt: number;
  waitMs: number;
}

export type WithRetries = <T>(
  signal: AbortSignal,
  attemptOnce: (onBytes: () => void, onKept: () => void) => Promise<T>,
  isWorthRepeating?: (error: unknown) => error is GlacierUpError,
  onRetry?: (retry: Retry) => void,
) => Promise<T>;

export interface Retrier {
  /**
   * Repeats one request until it succeeds, fails for good, or its budget is spent.
   * @param attemptOnce is given a function to tell that bytes move, and one to tell that some are there for good, which
   * the next attempt need not bring: then that one counts as the first
   * @param onRetry told before each wait of this request
   */
  withRetries: WithRetries;
  /** Something is done, bytes are proved to have arrived: the progress that sets every request's budget back. */
  confirm(): void;
}

const firstWaitMs = 1000;
const longestWaitMs = 60_000;
/** A server that asks for more than this is not obeyed further: the budget is the user's. */
const longestRetryAfterMs = 300_000;
/** A request that has sent nothing yet is silent after this. */
const silenceBeginsMs = 1000;
/** And one that is sending: on a slow line there are gaps between two pieces of a body that moves. */
const silenceBeginsBetweenPiecesMs = 30_000;

/** The wait before attempt `attempt + 1`: doubling, capped, with full jitter so that many clients spread out. */
export function backoffMs(attempt: number, random: number): number {
  const ceilingMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
  return Math.round(ceilingMs * (0.5 + random / 2));
}

/** True when the same request may succeed later. */
export function isTemporary(error: unknown): error is GlacierUpError {
  return hasCode(error, 'temporary', 'throttled', 'request-timeout');
}

/**
 * Counts one request's time without progress: back-off and seconds in which none of its bytes moved. Time in which
 * bytes move is not counted; only a confirmed part, of this request or another, sets the count back.
 */
class Silence {
  readonly #clock: Clock;
  readonly #longestMs: number;
  #spentMs = 0;
  #lastMoveMs: number;
  #isSending = false;

  constructor(clock: Clock, longestMs: number) {
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#lastMoveMs = clock.monotonicMs();
  }

  /** Something moved, or an attempt begins: what went before is counted if it was silent. */
  touch(): void {
    const nowMs = this.#clock.monotonicMs();
    const gapMs = nowMs - this.#lastMoveMs;
    const beginsMs = this.#isSending ? silenceBeginsBetweenPiecesMs : silenceBeginsMs;
    if (gapMs > beginsMs) this.#spentMs += Math.min(gapMs, this.#longestMs);
    this.#lastMoveMs = nowMs;
    this.#isSending = true;
  }

  addWait(waitMs: number): void {
    this.#spentMs += waitMs;
    this.#lastMoveMs = this.#clock.monotonicMs();
    this.#isSending = false;
  }

  reset(): void {
    this.#spentMs = 0;
    this.#lastMoveMs = this.#clock.monotonicMs();
  }

  get spentMs(): number {
    return this.#spentMs;
  }
}

/** What repeats calls. All that share it share its patience. @param renewCredentials called when they have expired */
export function makeRetrier(
  { clock, budgetMs, patience = new Patience(), longestSilenceMs = Number.POSITIVE_INFINITY }: RetryOptions,
  renewCredentials: () => void,
): Retrier {
  let confirmations = 0;
  const confirm = (): void => {
    confirmations += 1;
    patience.noteProgress();
  };

  const withRetries: WithRetries = async <T>(
    signal: AbortSignal,
    attemptOnce: (onBytes: () => void, onKept: () => void) => Promise<T>,
    isWorthRepeating = isTemporary,
    onRetryOfThis: (retry: Retry) => void = () => {},
  ): Promise<T> => {
    const silence = new Silence(clock, longestSilenceMs);
    let seen = confirmations;
    const repaired = new Set<string>();
    let hasKept = false;
    const onKept = (): void => {
      hasKept = true;
      confirm();
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await attemptOnce(() => silence.touch(), onKept);
        patience.noteAnswer();
        return result;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (isRefusal(error)) patience.noteAnswer();
        silence.touch();
        if (seen !== confirmations) {
          seen = confirmations;
          silence.reset();
        }
        if (hasKept) attempt = 1;
        hasKept = false;
        if (isRepairable(error) && budgetMs > 0 && !repaired.has(error.code)) {
          repaired.add(error.code);
          if (error.code === 'credentials-expired') renewCredentials();
          continue;
        }
        if (!isWorthRepeating(error)) throw error;
        const waitMs = Math.max(
          backoffMs(attempt, clock.random()),
          Math.min(error.service?.retryAfterMs ?? 0, longestRetryAfterMs),
        );
        if (patience.isSpent || silence.spentMs + waitMs > budgetMs) {
          const tried = patience.isSpent ? spentBefore : spentByThis(attempt, budgetMs);
          if (isTemporary(error)) patience.noteGivenUp();
          throw budgetMs === 0 ? error : givenUp(error, tried);
        }
        onRetryOfThis({ error, attempt, waitMs });
        await clock.sleep(waitMs, signal);
        silence.addWait(waitMs);
      }
    }
  };

  return { withRetries, confirm };
}

/** Refusals that the next request may mend: with fresh credentials, or the clock that the SDK has corrected. */
function isRepairable(error: unknown): error is GlacierUpError {
  return hasCode(error, 'credentials-expired', 'clock-skew');
}

/** The service has decided: it is there, and asking again would not change its answer. */
function isRefusal(error: unknown): boolean {
  return error instanceof GlacierUpError && error.service?.httpStatus !== undefined && !isTemporary(error);
}

const spentBefore = 'not repeated: --retry-for was spent by an earlier request of this run';

function spentByThis(attempts: number, budgetMs: number): string {
  return `gave up after ${counted(attempts, 'try', 'tries')} and ${Math.round(budgetMs / 1000)} s without progress`;
}

function givenUp(error: GlacierUpError, tried: string): GlacierUpError {
  return new GlacierUpError(error.code, `${error.message} (${tried})`, {
    hint: error.advice ?? 'all progress is kept: run the same command again',
    cause: error,
    ...(error.service ? { service: error.service } : {}),
  });
}
