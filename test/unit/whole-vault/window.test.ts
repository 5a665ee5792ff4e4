import { describe, expect, test } from 'vitest';
import { Window } from '../../../src/whole-vault/window.js';

/** Successes every 100 ms, for so many seconds from a time on. */
function succeed(window: Window, fromMs: number, seconds: number): number {
  const untilMs = fromMs + seconds * 1000;
  for (let nowMs = fromMs; nowMs <= untilMs; nowMs += 100) window.noteSuccess(nowMs);
  return untilMs;
}

describe('the window', () => {
  test('begins at 4, doubles each second without throttling, and ends at 64', () => {
    const window = new Window();
    const limits = [window.limit];
    for (let second = 0; second < 6; second += 1) {
      succeed(window, second * 1000, 1);
      limits.push(window.limit);
    }
    expect(limits).toEqual([4, 8, 16, 32, 64, 64, 64]);
  });

  test('falls by 30 % when throttled, once a second, and grows by one a second then', () => {
    const window = new Window();
    const nowMs = succeed(window, 0, 4);
    for (let throttle = 0; throttle < 20; throttle += 1) window.noteThrottle(nowMs + throttle, 0.5);
    expect(window.limit).toBe(44);
    window.noteThrottle(nowMs + 1100, 0.5);
    expect(window.limit).toBe(30);
    succeed(window, nowMs + 1200, 3);
    expect(window.limit).toBe(33);
    expect(window.throttles).toBe(21);
  });

  test('never closes, and waits longer the longer nothing succeeds', () => {
    const window = new Window();
    const waits: number[] = [];
    for (let nowMs = 0; nowMs < 3_000_000; nowMs += 1000) waits.push(window.noteThrottle(nowMs, 1));
    expect(window.limit).toBe(1);
    expect(waits[0]).toBe(100);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(-1)).toBe(10_000);
    window.noteSuccess(3_000_000);
    expect(window.noteThrottle(3_000_100, 0)).toBe(50);
  });

  test('spaces starts so that no second has more than the highest rate', () => {
    const window = new Window({ maxRate: 4 });
    expect([0, 0, 0, 0].map(() => window.startInMs(0))).toEqual([0, 250, 500, 750]);
    expect(window.startInMs(5000)).toBe(0);
    expect(new Window().startInMs(0)).toBe(0);
  });
});
