/** Small steps that make a file last: written whole, flushed, and its name flushed too. */
import { closeSync, constants, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf } from '../errors.js';

/** A new file, complete and flushed, or an exception and no file. Never follows a link, never replaces anything. */
export function writeNewFile(path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  try {
    writeWhole(fd, Buffer.from(text));
    fsyncSync(fd);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** A folder, 0700, that is there after a power cut, too, with every folder above it that had to be made. */
export function makeFolder(path: string): void {
  const folder = resolve(path);
  const topmost = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (topmost === undefined) return;
  for (let made = folder; made.length >= topmost.length; made = dirname(made)) flushFolder(dirname(made));
}

/** One write may store less than it was given (a nearly full disk): go on until all is stored or it fails. */
export function writeWhole(fd: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written);
}

/** Makes names in a folder (a rename, a new file) last through a power cut, as far as its file system can. */
export function flushFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some network and FUSE file systems cannot flush a folder: fsync(2) names EINVAL. A disk's own error is one.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    closeSync(fd);
  }
}
