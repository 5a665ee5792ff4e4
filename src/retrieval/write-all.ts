import { write } from 'node:fs';

/** Writes all of the bytes from an offset on. @throws the error of the failed system call */
export function writeAll(fd: number, bytes: Uint8Array, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // A write is cut short at the end of a full disk, for one.
    const step = (written: number): void =>
      void write(fd, bytes, written, bytes.length - written, offset + written, (error, count) => {
        if (error) reject(error);
        else if (written + count === bytes.length) resolve();
        else step(written + count);
      });
    step(0);
  });
}
