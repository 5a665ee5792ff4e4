/** A process that takes locks when told to, with the shipped code; for tests of many at once. */
import { realClock } from '../../../src/clock.js';
import { GlacierUpError } from '../../../src/errors.js';
import { acquireLock, type Lock } from '../../../src/session/lock.js';

let held: Lock | undefined;

process.on('message', async ({ take }: { take?: string }) => {
  if (take === undefined) {
    held?.release();
    held = undefined;
    process.send?.({ released: true });
    return;
  }
  try {
    held = await acquireLock(take, {
      clock: realClock,
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
