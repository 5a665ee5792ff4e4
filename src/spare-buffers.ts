/** Memory for bytes on their way between file, line and hash: new memory for each step would keep the garbage collector busy. */

/** Larger steps wake fewer threads, and were no faster beyond this. */
export const spareBufferBytes = 512 * 1024;

const spare: Buffer[] = [];

/** A buffer of `spareBufferBytes` for one user, who gives it back. */
export function takeBuffer(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(spareBufferBytes);
}

/** It must be certain that nothing reads from it or writes to it any more. */
export function giveBuffer(buffer: Buffer): void {
  spare.push(buffer);
}
