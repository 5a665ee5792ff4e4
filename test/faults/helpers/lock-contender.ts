/** `CLOCK-RATE`: a process that takes locks when told to, with the shipped code; for tests of many at once. */
import { type Clock, realClock } from '../../../src/clock.js';
import { GlacierUpError } from '../../../src/errors.js';
import { acquireLock, type Lock } from '../../../src/session/lock.js';

let held: Lock | undefined;

const rate = Number(process.argv[2]);
const startMs = realClock.now();
const clock: Clock = {
  ...realClock,
  now: () => startMs + (realClock.now() - startMs) * rate,
  monotonicMs: () => realClock.monotonicMs() * rate,
  sleep: (waitMs, signal) => realClock.sleep(waitMs / rate, signal),
};

process.on('message', async ({ take }: { take?: string }) => {
  if (take === undefined) {
    held?.release();
    held = undefined;
    process.send?.({ released: true });
    return;
  }
  try {
    held = await acquireLock(take, {
      clock,
      signal: new AbortController().signal,
      what: 'the test',
    });
    process.send?.({ won: true });
  } catch (error) {
    const { code, message } =
      error instanceof GlacierUpError ? error : { code: 'unknown', message: String(error) };
    process.send?.({ won: false, code, message });
  }
});
process.send?.({ ready: true });
