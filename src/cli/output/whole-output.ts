/** Standard output of which no byte is lost in silence. */
import { write, writeSync } from 'node:fs';
import type { Clock } from '../../clock.js';
import { errnoOf } from '../../errors.js';
import type { Output } from './output.js';

const pauseMs = 5;

/**
 * Writes to a descriptor to the last byte. Node's own stream for files takes a write that a full disk cut short for
 * a whole one (seen in Node 20.20). What cannot be written is dropped, since a reader that goes away (`| head`)
 * must not end an upload; `fault` tells those to whom it matters.
 * @param stream the terminal's facts come from here, when they are asked for
 */
export function wholeOutput(fd: number, stream: () => NodeJS.WriteStream, clock: Clock): Output {
  let fault: Error | undefined;
  return {
    write: (text) => {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      for (let written = 0; written < bytes.length && fault === undefined; ) {
        try {
          written += writeSync(fd, bytes, written);
        } catch (error) {
          // A pipe that somebody else made non-blocking, and whose reader is slow.
          if (errnoOf(error) === 'EAGAIN')
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
          else fault = error instanceof Error ? error : new Error(String(error));
        }
      }
    },
    writeAll: async (text) => {
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length && fault === undefined; ) {
        try {
          written += await writeSome(fd, bytes.subarray(written));
        } catch (error) {
          if (errnoOf(error) === 'EAGAIN') await clock.sleep(pauseMs);
          else fault = error instanceof Error ? error : new Error(String(error));
        }
      }
    },
    get fault() {
      return fault;
    },
    get isTTY() {
      return stream().isTTY;
    },
    get columns() {
      return stream().columns;
    },
  };
}

function writeSome(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
