/** How long a request is repeated, by a clock of the test. */
import { describe, expect, test } from 'vitest';
import { type ErrorCode, GlacierUpError } from '../../../src/errors.js';
import { Patience, RunPatience } from '../../../src/glacier/retry/patience.js';
import { backoffMs, isTemporary, makeRetrier, type RetryOptions } from '../../../src/glacier/retry/retry.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const { signal } = new AbortController();
const minuteMs = 60_000;

function failure(code: ErrorCode, service: { httpStatus?: number; retryAfterMs?: number } = {}) {
  return new GlacierUpError(code, `it is ${code}`, { service: { operation: 'X', ...service } });
}
const reset = failure('temporary');

function retrier(options: Partial<RetryOptions> = {}) {
  const clock = fakeClock();
  let renewals = 0;
  const made = makeRetrier({ clock, budgetMs: 10 * minuteMs, ...options }, () => {
    renewals += 1;
  });
  return { ...made, clock, renewals: () => renewals };
}

/** An action that fails with each of these in turn, and then succeeds. */
function failing(...errors: (Error | (() => Error))[]) {
  let attempts = 0;
  const action = async () => {
    const error = errors[attempts];
    attempts += 1;
    if (error) throw typeof error === 'function' ? error() : error;
    return 'done';
  };
  return { action, attempts: () => attempts };
}

describe('the wait before the next try', () => {
  test('doubles from a second to a minute, and is at least half of that by chance', () => {
    expect([1, 2, 3, 6, 7, 8, 20].map((attempt) => backoffMs(attempt, 1))).toEqual([
      1000, 2000, 4000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect([1, 7].map((attempt) => backoffMs(attempt, 0))).toEqual([500, 30_000]);
    expect(backoffMs(1, 0.5)).toBe(750);
  });

  test('is as long as the server asks for, and no longer than five minutes', async () => {
    const { withRetries, clock } = retrier({ budgetMs: 60 * minuteMs });
    const asking = [200, 20_000, 900_000].map((retryAfterMs) => failure('throttled', { retryAfterMs }));
    await withRetries(signal, failing(...asking).action);
    expect(clock.waits).toEqual([750, 20_000, 300_000]);
  });
});

describe('a request', () => {
  test('is repeated after what may pass, and after nothing else', async () => {
    for (const code of ['temporary', 'throttled', 'request-timeout'] as const) {
      expect(isTemporary(failure(code))).toBe(true);
      const { action, attempts } = failing(failure(code));
      expect(await retrier().withRetries(signal, action)).toBe('done');
      expect(attempts()).toBe(2);
    }
    const denied = failure('access-denied', { httpStatus: 403 });
    const { action, attempts } = failing(denied);
    await expect(retrier().withRetries(signal, action)).rejects.toBe(denied);
    expect(attempts()).toBe(1);
  });

  test('is given up when the next wait goes beyond the budget, with the code, the hint and the cause', async () => {
    const { withRetries, clock } = retrier({ budgetMs: 5000 });
    const retries: number[] = [];
    const { action } = failing(...Array.from({ length: 99 }, () => reset));
    const done = withRetries(signal, action, undefined, ({ attempt }) => retries.push(attempt));
    await expect(done).rejects.toMatchObject({
      code: 'temporary',
      message: 'it is temporary (gave up after 3 tries and 5 s without progress)',
      hint: 'all progress is kept: run the same command again',
      cause: reset,
      service: { operation: 'X' },
    });
    expect(clock.waits).toEqual([750, 1500]);
    expect(retries).toEqual([1, 2]);
  });

  test('spends the budget to its last millisecond', async () => {
    const { withRetries, clock } = retrier({ budgetMs: 750 + 1500 });
    await expect(withRetries(signal, failing(reset, reset, reset, reset).action)).rejects.toThrow('3 tries');
    expect(clock.waits).toEqual([750, 1500]);
  });

  test('is not repeated with a budget of 0, and its error stays as it is', async () => {
    const { withRetries } = retrier({ budgetMs: 0 });
    const { action, attempts } = failing(reset);
    await expect(withRetries(signal, action)).rejects.toBe(reset);
    expect(attempts()).toBe(1);
  });

  test('that is cancelled ends with the reason of that', async () => {
    const cancel = new AbortController();
    const reason = new Error('interrupted');
    const { action } = failing(() => {
      cancel.abort(reason);
      return reset;
    });
    await expect(retrier().withRetries(cancel.signal, action)).rejects.toBe(reason);
  });
});

describe('expired credentials and a clock that is wrong', () => {
  test('are mended once each, at once', async () => {
    const { withRetries, clock, renewals } = retrier();
    const { action, attempts } = failing(failure('credentials-expired'), failure('clock-skew'));
    expect(await withRetries(signal, action)).toBe('done');
    expect([attempts(), renewals(), clock.waits]).toEqual([3, 1, []]);
    const expired = failure('credentials-expired');
    await expect(withRetries(signal, failing(expired, expired).action)).rejects.toBe(expired);
    await expect(
      withRetries(signal, failing(failure('clock-skew'), failure('clock-skew')).action),
    ).rejects.toMatchObject({ code: 'clock-skew' });
  });

  test('are not mended where nothing is to be repeated', async () => {
    const { withRetries, renewals } = retrier({ budgetMs: 0 });
    await expect(withRetries(signal, failing(failure('credentials-expired')).action)).rejects.toMatchObject({
      code: 'credentials-expired',
    });
    expect(renewals()).toBe(0);
  });
});

describe('time without progress', () => {
  /** How many tries a request has of which each is silent for so long, between two pieces of its body or before the first. */
  async function triesOf(silentMs: number, options: Partial<RetryOptions> & { isSending?: boolean } = {}) {
    const { isSending = false, ...rest } = options;
    const { withRetries, clock } = retrier({ budgetMs: 10 * minuteMs, ...rest });
    let attempts = 0;
    const done = withRetries(signal, async (onBytes) => {
      attempts += 1;
      if (attempts === 100) return;
      if (isSending) onBytes();
      clock.pass(silentMs);
      throw reset;
    });
    await done.catch(() => {});
    return attempts;
  }

  test('is silence of more than a second before anything is sent', async () => {
    // The waits alone: 0.75, 1.5, … 24, 45, 45, … seconds.
    expect(await triesOf(0)).toBe(19);
    expect(await triesOf(1000)).toBe(19);
    expect(await triesOf(1001)).toBe(18);
    expect(await triesOf(4 * minuteMs)).toBe(3);
  });

  test('is silence of more than half a minute between two pieces of a body', async () => {
    expect(await triesOf(30_000, { isSending: true })).toBe(19);
    expect(await triesOf(30_001, { isSending: true })).toBeLessThan(14);
  });

  test('is no longer than a request can be silent: more than that was a machine that slept', async () => {
    expect(await triesOf(600 * minuteMs, { longestSilenceMs: minuteMs })).toBeGreaterThan(4);
  });

  test('is set back by what another request has confirmed', async () => {
    const { withRetries, confirm, clock } = retrier({ budgetMs: 3000 });
    let attempts = 0;
    await withRetries(signal, async () => {
      attempts += 1;
      if (attempts < 30) {
        if (attempts % 2 === 0) confirm();
        throw reset;
      }
    }).catch(() => {});
    expect(attempts).toBeLessThan(30);
    expect(attempts).toBeGreaterThan(2);
    expect(clock.waits.length).toBe(attempts - 1);
  });

  test('and the growth of the waits begin again when bytes are there for good', async () => {
    const { withRetries, clock } = retrier({ budgetMs: 3000 });
    let attempts = 0;
    await withRetries(signal, async (_, onKept) => {
      attempts += 1;
      if (attempts === 30) return;
      onKept();
      throw reset;
    });
    expect(new Set(clock.waits)).toEqual(new Set([750]));
  });
});

describe('the patience of a run', () => {
  test('is spent by a request that was given up, until something is confirmed', async () => {
    const patience = new Patience();
    const { withRetries, confirm } = retrier({ budgetMs: 1000, patience });
    await expect(withRetries(signal, failing(reset, reset, reset).action)).rejects.toThrow(
      'gave up after 2 tries',
    );
    expect(patience.isSpent).toBe(true);
    const next = failing(reset);
    await expect(withRetries(signal, next.action)).rejects.toThrow('spent by an earlier request of this run');
    expect(next.attempts()).toBe(1);
    confirm();
    expect(await withRetries(signal, failing(reset).action)).toBe('done');
  });

  test('is not spent by what another try would not mend', async () => {
    const patience = new Patience();
    const { withRetries } = retrier({ budgetMs: 0, patience });
    const untrue = failure('part-list-untrue');
    const isUntrue = (error: unknown): error is GlacierUpError => error === untrue;
    await expect(withRetries(signal, failing(untrue).action, isUntrue)).rejects.toBe(untrue);
    expect(patience.isSpent).toBe(false);
  });

  test('counts the answers of the service: what is done, and what is refused for good', async () => {
    const patience = new Patience();
    const { withRetries } = retrier({ patience });
    await withRetries(signal, failing(reset).action);
    expect(patience.answers).toBe(1);
    await withRetries(signal, failing(failure('access-denied', { httpStatus: 403 })).action).catch(() => {});
    expect(patience.answers).toBe(2);
    for (const error of [failure('access-denied'), new Error('no answer')]) {
      await withRetries(signal, failing(error).action).catch(() => {});
    }
    await withRetries(signal, failing(failure('throttled', { httpStatus: 429 })).action);
    expect(patience.answers).toBe(3);
  });

  test('is kept for each endpoint by itself', () => {
    const run = new RunPatience();
    const [one, other] = [run.with('us-east-1'), run.with('http://127.0.0.1:1')];
    expect(run.with('us-east-1')).toBe(one);
    expect(other).not.toBe(one);
    expect(run.isSpent).toBe(false);
    one.noteGivenUp();
    expect([run.isSpent, other.isSpent]).toEqual([true, false]);
    one.noteProgress();
    expect(run.isSpent).toBe(false);
    one.noteAnswer();
    other.noteAnswer();
    other.noteAnswer();
    expect(run.answers).toBe(3);
  });
});
