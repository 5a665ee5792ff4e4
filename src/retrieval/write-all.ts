import { writev } from 'node:fs';

/** Writes pieces one after the other from an offset on. @throws the error of the failed system call */
export function writeAll(fd: number, pieces: readonly Uint8Array[], offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (rest: readonly Uint8Array[], at: number): void =>
      void writev(fd, rest, at, (error, count) => {
        if (error) reject(error);
        else {
          const left = withoutFirst(rest, count);
          if (left.length === 0) resolve();
          else step(left, at + count);
        }
      });
    step(pieces, offset);
  });
}

/** What is left of the pieces after a write that was cut short, at the end of a full disk for one. */
export function withoutFirst(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array[] {
  let written = sizeBytes;
  return pieces.flatMap((piece) => {
    const left = piece.subarray(Math.min(written, piece.length));
    written -= piece.length - left.length;
    return left.length > 0 ? [left] : [];
  });
}
