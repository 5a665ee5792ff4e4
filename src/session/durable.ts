/** Small steps that make a file last: written whole, flushed, and its name flushed too. */
import { closeSync, constants, fsyncSync, openSync, writeSync } from 'node:fs';

/** A new file, complete and flushed, or an exception. Never follows a link, never replaces anything. */
export function writeNewFile(path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  try {
    writeWhole(fd, Buffer.from(text));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** One write may store less than it was given (a nearly full disk): go on until all is stored or it fails. */
export function writeWhole(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written);
}

/** Makes names in a folder (a rename, a new file) last through a power cut. */
export function flushFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
