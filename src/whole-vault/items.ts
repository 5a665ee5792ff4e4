/** The archives of a plan, one a line, in the order in which they are worked on. */
import { closeSync, openSync, readSync } from 'node:fs';
import { checked } from '../session/folders.js';

export interface Item {
  /** Counts from 0: the journal names archives by it. */
  n: number;
  archiveId: string;
  sizeBytes: number;
  /** Hex. */
  treeHash: string;
  createdAt: string;
  description: string;
}

const pieceBytes = 256 * 1024;
const newline = 0x0a;

/**
 * The lines of a file that are whole, as bytes that are valid until the next one is asked for.
 * @throws GlacierUpError `state-unusable`
 */
export function* wholeLines(file: string): Generator<Buffer, void> {
  const fd = checked(file, () => openSync(file, 'r'));
  try {
    let kept = Buffer.alloc(0);
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const size = checked(file, () => readSync(fd, piece, 0, piece.length, null));
      if (size === 0) return;
      const read = piece.subarray(0, size);
      const bytes = kept.length === 0 ? read : Buffer.concat([kept, read]);
      let start = 0;
      for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      kept = Buffer.from(bytes.subarray(start));
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * The archives of a plan that are wanted, read as they are asked for.
 * @throws GlacierUpError `state-unusable`
 */
export function* readItems(file: string, isWanted: (n: number) => boolean): Generator<Item, void> {
  let n = -1;
  for (const line of wholeLines(file)) {
    n += 1;
    if (isWanted(n)) yield checked(file, () => JSON.parse(line.toString('utf8')) as Item);
  }
}
