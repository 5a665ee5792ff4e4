import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { realClock } from '../../src/clock.js';

const dayMs = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Whether it is over after so many days. */
async function isOverAfter(days: number, sleeping: Promise<void>): Promise<boolean> {
  let isOver = false;
  void sleeping.then(
    () => {
      isOver = true;
    },
    () => {},
  );
  await vi.advanceTimersByTimeAsync(days * dayMs);
  return isOver;
}

describe('the clock', () => {
  test('sleeps longer than a timer of Node can hold', async () => {
    // Fake timers hold any delay; Node's take what is beyond 2^31 - 1 ms for 1 ms.
    const setTimeout = vi.spyOn(globalThis, 'setTimeout');
    const sleeping = realClock.sleep(60 * dayMs);
    expect(await isOverAfter(59, sleeping)).toBe(false);
    expect(await isOverAfter(2, sleeping)).toBe(true);
    for (const [, delayMs] of setTimeout.mock.calls) expect(delayMs).toBeLessThan(2 ** 31);
  });

  test('acts once when the time has come, unless it was cancelled before', async () => {
    const acts: string[] = [];
    realClock.after(60 * dayMs, () => acts.push('late'));
    const cancel = realClock.after(60 * dayMs, () => acts.push('cancelled'));
    await vi.advanceTimersByTimeAsync(59 * dayMs);
    // A later step of the same wait.
    cancel();
    expect(acts).toEqual([]);
    await vi.advanceTimersByTimeAsync(2 * dayMs);
    expect(acts).toEqual(['late']);
    await vi.advanceTimersByTimeAsync(100 * dayMs);
    expect(acts).toEqual(['late']);
  });

  test('keeps the process alive for what comes later, unless told not to', () => {
    const setTimeout = vi.spyOn(globalThis, 'setTimeout');
    const cancels = [realClock.after(1, () => {}), realClock.after(1, () => {}, { unref: true })];
    expect(setTimeout.mock.results.map(({ value }) => value.hasRef())).toEqual([true, false]);
    for (const cancel of cancels) cancel();
  });

  test('does not fall asleep after its signal', async () => {
    const stopped = realClock.sleep(60 * dayMs, AbortSignal.abort(new Error('stop')));
    const ending = stopped.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60 * dayMs);
    expect(await ending).toEqual(new Error('stop'));
  });

  test('is woken by its signal from a later step, too', async () => {
    const stop = new AbortController();
    const sleeping = realClock.sleep(60 * dayMs, stop.signal);
    expect(await isOverAfter(40, sleeping)).toBe(false);
    stop.abort(new Error('stop'));
    await expect(sleeping).rejects.toThrow();
  });
});
