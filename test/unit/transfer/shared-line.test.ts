/** What several parts make of a line together. */
import { expect, test } from 'vitest';
import { partTimeMs } from '../../../src/glacier/limits.js';
import { makeAdaptiveLimiter } from '../../../src/transfer/sending/adaptive-limiter.js';
import { SharedLine } from '../../../src/transfer/sending/shared-line.js';
import { fakeClock } from '../../helpers/fake-clock.js';

test('a line that carried all parts in time, and then slows down, is shared by fewer', () => {
  const clock = fakeClock();
  const limiter = makeAdaptiveLimiter(2, () => {});
  const line = new SharedLine({ clock, limiter, limitRate: undefined });
  const rate = 100_000;
  // Just two get through in time side by side.
  const partBytes = (rate * partTimeMs) / 1000 / 2.2;
  const attempts = [line.begin(partBytes, () => {}), line.begin(partBytes, () => {})];
  const carry = (bytesPerSecond: number, seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.pass(1000);
      for (const attempt of attempts) attempt.moved(bytesPerSecond / 2);
    }
  };
  carry(rate, 65);
  expect(line.bytesPerSecond).toBeCloseTo(rate, -4);
  expect(limiter.width).toBe(2);
  carry(rate * 0.6, 65);
  expect(limiter.width).toBe(1);
});
