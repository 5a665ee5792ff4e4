import { describe, expect, test } from 'vitest';
import { makeAdaptiveLimiter } from '../../../src/transfer/sending/adaptive-limiter.js';
import { rateLimit } from '../../../src/transfer/sending/rate-limit.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const signal = new AbortController().signal;

describe('the rate limit', () => {
  test('holds over all takers together', async () => {
    const clock = fakeClock();
    const limit = rateLimit(1000, clock);
    const taker = async (): Promise<void> => {
      for (let taken = 0; taken < 5000; taken += 100) await limit.take(100, signal);
    };
    await Promise.all([taker(), taker()]);
    // 10,000 bytes at 1,000 a second; the last 100 were taken at the end of the time of those before.
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(9900);
  });

  test('does not save up time in which nothing was taken', async () => {
    const clock = fakeClock();
    const limit = rateLimit(1000, clock);
    clock.pass(60_000);
    for (let count = 0; count < 20; count += 1) await limit.take(100, signal);
    expect(clock.monotonicMs() - 60_000).toBeGreaterThanOrEqual(1900);
  });

  test('reads in steps so small that a slow link moves several times a second', () => {
    expect(rateLimit(100_000, fakeClock()).stepBytes).toBe(10_000);
    expect(rateLimit(2000, fakeClock()).stepBytes).toBe(1024);
    // A step of more than a second could be taken for silence.
    expect(rateLimit(1, fakeClock()).stepBytes).toBe(1);
  });
});

describe('slots', () => {
  test('admit so many at a time', async () => {
    const limiter = makeAdaptiveLimiter(2, () => {});
    const leave = await limiter.enter();
    await limiter.enter();
    let admitted = false;
    const third = limiter.enter().then(() => {
      admitted = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(admitted).toBe(false);
    leave();
    await third;
    expect(admitted).toBe(true);
  });

  test('narrow to one at least, and widen again as parts get through', () => {
    const widths: string[] = [];
    const limiter = makeAdaptiveLimiter(3, (width, reason) => widths.push(`${reason} ${width}`));
    for (let count = 0; count < 5; count += 1) limiter.narrow(limiter.width);
    for (let count = 0; count < 20; count += 1) limiter.succeeded();
    expect(widths).toEqual(['narrow 2', 'narrow 1', 'widen 2', 'widen 3']);
  });

  test('narrow once for complaints about requests sent together', () => {
    const widths: string[] = [];
    const limiter = makeAdaptiveLimiter(4, (width, reason) => widths.push(`${reason} ${width}`));
    for (let request = 0; request < 4; request += 1) limiter.narrow(4);
    expect(widths).toEqual(['narrow 3']);
  });
});
