import { beforeEach, describe, expect, test } from 'vitest';
import { guardRequest, type RequestLimits } from '../../../src/glacier/sdk/request-guard.js';
import { type FakeClock, steppedClock } from '../../helpers/fake-clock.js';

const MiB = 1024 ** 2;
const minuteMs = 60_000;

const { signal } = new AbortController();
let clock: FakeClock;

beforeEach(() => {
  clock = steppedClock();
});

/** Bytes move every second for so long. @returns what ended the request, if anything has */
function busyFor(minutes: number, limits: Partial<RequestLimits>): unknown {
  const guard = guardRequest('UploadMultipartPart', { idleMs: minuteMs, ...limits }, { clock, signal });
  for (let second = 0; second < minutes * 60 && !guard.signal.aborted; second += 1) {
    clock.pass(1000);
    guard.touch();
  }
  guard.release();
  return guard.signal.reason;
}

describe('the deadline of a request', () => {
  test('of which nothing is known is that of a line of 16 KiB/s', () => {
    expect(busyFor(17, { bodyBytes: 16 * MiB })).toBeUndefined();
    expect(busyFor(18, { bodyBytes: 16 * MiB })).toMatchObject({ code: 'request-timeout', exitCode: 5 });
  });

  test('ends it when the time is over, not when it is looked at for silence next', () => {
    const guard = guardRequest('X', { idleMs: minuteMs }, { clock, signal });
    for (const atMs of [59_000, 59_000]) {
      clock.pass(atMs);
      guard.touch();
    }
    clock.pass(1999);
    expect(guard.signal.aborted).toBe(false);
    clock.pass(1);
    expect(guard.signal.reason).toMatchObject({ code: 'request-timeout' });
    guard.release();
  });

  test('follows what is known of the line: a slow one is given the time that it needs', () => {
    const expectedMs = () => 22 * minuteMs;
    expect(busyFor(43, { bodyBytes: 16 * MiB, expectedMs })).toBeUndefined();
    expect(busyFor(45, { bodyBytes: 16 * MiB, expectedMs })).toMatchObject({ code: 'request-timeout' });
  });

  test('is not moved forward by what becomes known before it is over', () => {
    let known = 60 * minuteMs;
    const expectedMs = () => known;
    clock.after(20 * minuteMs, () => {
      known = minuteMs / 3;
    });
    expect(busyFor(119, { bodyBytes: 16 * MiB, expectedMs })).toBeUndefined();
    expect(busyFor(121, { bodyBytes: 16 * MiB, expectedMs })).toMatchObject({ code: 'request-timeout' });
  });

  test('follows what becomes known only while the request is under way', () => {
    let known: number | undefined;
    const expectedMs = () => known;
    clock.after(10 * minuteMs, () => {
      known = 60 * minuteMs;
    });
    expect(busyFor(119, { bodyBytes: 16 * MiB, expectedMs })).toBeUndefined();
  });
});

describe('a request that is silent', () => {
  test('ends, however much it may send', () => {
    const guard = guardRequest('X', { idleMs: minuteMs, bodyBytes: 4096 * MiB }, { clock, signal });
    clock.pass(minuteMs + 1);
    expect(guard.signal.reason).toMatchObject({ code: 'temporary' });
    guard.release();
  });

  test('because this machine takes its time, does not', () => {
    const guard = guardRequest('X', { idleMs: minuteMs, bodyBytes: 4096 * MiB }, { clock, signal });
    guard.hold();
    clock.pass(10 * minuteMs);
    expect(guard.signal.aborted).toBe(false);
    guard.touch();
    clock.pass(minuteMs + 1);
    expect(guard.signal.aborted).toBe(true);
    guard.release();
  });
});
