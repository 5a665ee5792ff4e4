import { createReadStream } from 'node:fs';
import type { GlacierUpError } from '../errors.js';

/** So many entries as this holds are parsed quickest: larger ones outgrow the young part of V8's heap. */
const pieceBytes = 64 * 1024;

/**
 * The bytes of an inventory's file, piece by piece.
 * @param inWords what a failed system call is told as
 */
export async function* inventoryBytes(
  file: string,
  inWords: (cause: unknown) => GlacierUpError,
): AsyncGenerator<Buffer, void> {
  const pieces = createReadStream(file, { highWaterMark: pieceBytes })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await pieces.next().catch((cause: unknown) => {
        throw inWords(cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await pieces.return?.();
  }
}
