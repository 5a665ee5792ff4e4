import { expect, test } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { Openings } from '../../../src/glacier/connections/openings.js';

/** Timers that are waiting are counted: one that is left would keep the process alive. */
function countingClock() {
  let waiting = 0;
  const after: typeof realClock.after = (waitMs, act) => {
    waiting += 1;
    const timer = setTimeout(() => {
      waiting -= 1;
      act();
    }, waitMs);
    return () => {
      waiting -= 1;
      clearTimeout(timer);
    };
  };
  return { clock: { ...realClock, after }, waiting: () => waiting };
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

test('a connection that has come about, or has failed, leaves no timer behind', async () => {
  const { clock, waiting } = countingClock();
  const openings = new Openings({ clock, connectTimeoutMs: 60_000 });
  const opening = openings.open(async () => {
    expect(waiting()).toBe(1);
    return 'a socket';
  });
  expect(await opening).toBe('a socket');
  await expect(openings.open(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(waiting()).toBe(0);
});

test('one that takes too long is ended by itself, and all are ended together', async () => {
  const impatient = new Openings({ clock: realClock, connectTimeoutMs: 10 });
  await expect(impatient.open(untilAborted)).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'no connection within 0.01 s',
  });
  const openings = new Openings({ clock: realClock, connectTimeoutMs: 60_000 });
  const both = [openings.open(untilAborted), openings.open(untilAborted)];
  openings.end();
  for (const opening of both) await expect(opening).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('the signal of a request ends its own connection, and is listened to no longer than that', async () => {
  const openings = new Openings({ clock: realClock, connectTimeoutMs: 60_000 });
  const stop = new AbortController();
  const opening = openings.open(untilAborted, stop.signal);
  const other = openings.open(async (signal) => {
    await new Promise(setImmediate);
    return signal.aborted;
  });
  stop.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  expect(await other).toBe(false);
});
