import type { FileHandle } from 'node:fs/promises';
import { MIB } from '../limits.js';

/** Writes all pieces at an offset; `writev` alone may stop short, at the end of a full disk for one. */
export async function writePieces(
  handle: FileHandle,
  pieces: readonly Buffer[],
  offsetBytes: number,
): Promise<void> {
  let rest = [...pieces];
  let atBytes = offsetBytes;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, atBytes);
    if (bytesWritten === 0) throw new Error('the disk took no bytes');
    atBytes += bytesWritten;
    rest = withoutFirst(rest, bytesWritten);
  }
}

function withoutFirst(pieces: readonly Buffer[], sizeBytes: number): Buffer[] {
  let left = sizeBytes;
  const rest: Buffer[] = [];
  for (const piece of pieces) {
    if (left >= piece.length) {
      left -= piece.length;
      continue;
    }
    rest.push(piece.subarray(left));
    left = 0;
  }
  return rest;
}

/** Reads a range piece by piece; ends early where the file does. */
export async function* readRange(
  handle: FileHandle,
  startBytes: number,
  sizeBytes: number,
  pieceBytes = MIB,
): AsyncGenerator<Buffer> {
  for (let done = 0; done < sizeBytes; ) {
    const wanted = Math.min(pieceBytes, sizeBytes - done);
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafeSlow(wanted),
      0,
      wanted,
      startBytes + done,
    );
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}
