/** In what pieces a range of a file goes to its destination, by how fast the line is. */
import { closeSync, openSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type LineSpeed, RangeStream } from '../../../src/archive/range-stream.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const [kiB, MiB] = [1024, 1024 * 1024];

/** Sends a sparse file over lines whose rate may change. @returns what gives the sizes of the pieces, in KiB, in their order */
function sender() {
  const path = join(tempFolder(), 'archive');
  const fd = openSync(path, 'w+');
  truncateSync(path, 40 * MiB);
  onTestFinished(() => closeSync(fd));
  const clock = fakeClock();
  return async (lineSpeed: LineSpeed | undefined, end: number, bytesPerMs: (sentBytes: number) => number) => {
    const pieces: number[] = [];
    let sentBytes = 0;
    const wire = new Writable({
      write: (piece: Buffer, _, done) => {
        try {
          clock.pass(piece.length / bytesPerMs(sentBytes));
        } catch (error) {
          done(error as Error);
          return;
        }
        sentBytes += piece.length;
        pieces.push(piece.length / kiB);
        done();
      },
    });
    const stream = new RangeStream({ clock, fd, start: 0, end, ...(lineSpeed ? { lineSpeed } : {}) });
    await finished(stream.pipe(wire));
    return pieces;
  };
}

const fast = () => 100_000;
const times = (count: number, kibibytes: number): number[] => Array(count).fill(kibibytes);

test('a line of which nothing is known gets small pieces until it has shown that it is fast', async () => {
  const send = sender();
  expect(await send(undefined, 18 * MiB, fast)).toEqual([...times(128, 128), ...times(4, 512)]);
  expect(await send(undefined, MiB, fast)).toEqual(times(8, 128));
});

test('a line that was fast for one part is known to be fast for the next', async () => {
  const send = sender();
  const lineSpeed = { isFast: false };
  await send(lineSpeed, 18 * MiB, fast);
  expect(await send(lineSpeed, 2 * MiB, fast)).toEqual(times(4, 512));
});

test('a line that becomes slow gets smaller pieces, and the next part begins with small ones', async () => {
  const send = sender();
  const lineSpeed = { isFast: false };
  // From 17 MiB on a piece of 512 KiB takes ten seconds.
  const breaksDown = (sentBytes: number) => (sentBytes < 17 * MiB ? 100_000 : 52);
  const pieces = await send(lineSpeed, 18 * MiB, breaksDown);
  expect(pieces.slice(128, 131)).toEqual([512, 512, 512]);
  expect(pieces.slice(131, 135)).toEqual([32, 32, 32, 32]);
  expect(await send(lineSpeed, MiB, fast)).toEqual(times(8, 128));
});

test('after an attempt that broke off, the next one begins with small pieces', async () => {
  const send = sender();
  const lineSpeed = { isFast: false };
  await send(lineSpeed, 18 * MiB, fast);
  const breaksOff = (sentBytes: number) => {
    if (sentBytes === MiB) throw new Error('cut');
    return 100_000;
  };
  await expect(send(lineSpeed, 18 * MiB, breaksOff)).rejects.toThrow('cut');
  expect(await send(lineSpeed, MiB, fast)).toEqual(times(8, 128));
});
