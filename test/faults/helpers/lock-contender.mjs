/** A process that takes locks when told to, with the shipped code; for tests of many at once. */
import { realClock } from '../../../dist/clock.js';
import { acquireLock } from '../../../dist/session/lock.js';

let held;

process.on('message', async ({ take }) => {
  if (take === undefined) {
    held?.release();
    held = undefined;
    process.send({ released: true });
    return;
  }
  try {
    held = await acquireLock(take, {
      clock: realClock,
      signal: new AbortController().signal,
      what: 'the test',
    });
    process.send({ won: true });
  } catch (error) {
    process.send({ won: false, code: error.code, message: error.message });
  }
});
process.send({ ready: true });
