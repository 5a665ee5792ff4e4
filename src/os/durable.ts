/** Small steps that make a file last: written whole, flushed, and its name flushed too. */
import {
  closeSync,
  constants,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf, isMissing, isUnsupported } from './errno.js';

const fsyncAsync = promisify(fsync);

/**
 * A new file, complete, or an exception and no file. Never follows a link, never replaces anything.
 * @param options.flushed on return it is on disk for good, but for its name
 */
export function writeNewFile(path: string, text: string, { flushed } = { flushed: true }): void {
  const fd = openNewFile(path);
  try {
    writeWhole(fd, Buffer.from(text));
    if (flushed) fsyncSync(fd);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Removes a file, if it is there. Node's `rmSync` does the same at many times the cost. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** A descriptor to write to, of a file that this call alone has made. @throws EEXIST when the name is taken */
export function openNewFile(path: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return openSync(path, flags, 0o600);
}

/** A folder, 0700, that is there after a power cut, too, with every folder above it that had to be made. */
export function makeFolder(path: string): void {
  // Most are there, and to be told so by the failure of mkdir costs many times as much.
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const made of makeMissing(resolve(path))) flushFolder(dirname(made));
}

/**
 * The folders that were made, topmost first. Node's own `recursive` never ends where a file system answers ENOENT though
 * the folder above is there, as /proc does.
 */
function makeMissing(folder: string): string[] {
  const above = dirname(folder);
  try {
    return makeOne(folder);
  } catch (error) {
    if (!isMissing(error) || above === folder) throw error;
    return [...makeMissing(above), ...makeOne(folder)];
  }
}

/** Empty when it was there. */
function makeOne(folder: string): string[] {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return [folder];
  } catch (error) {
    if (!isMissing(error) && statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
    throw error;
  }
}

/**
 * One write may store less than it was given (a nearly full disk): go on until all is stored or it fails.
 * @param offset where in the file; null: where the last write ended
 */
export function writeWhole(fd: number, bytes: Buffer, offset: number | null = null): void {
  let written = 0;
  while (written < bytes.length) {
    const position = offset === null ? null : offset + written;
    written += writeSync(fd, bytes, written, bytes.length - written, position);
  }
}

/**
 * Flushes a file.
 * @param group how many wait for flushes now: while those of several are under way, more come to share the next ones
 */
export async function flushTogether(fd: number, group: number): Promise<void> {
  if (group === 1) fsyncSync(fd);
  else await fsyncAsync(fd);
}

/** Makes names in a folder (a rename, a new file) last through a power cut, as far as its file system can. */
export function flushFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } catch (error) {
    throwUnlessUnflushable(error);
  } finally {
    closeSync(fd);
  }
}

/** The same, without holding up the event loop. */
export async function flushFolderAsync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync().catch(throwUnlessUnflushable);
  } finally {
    await handle.close();
  }
}

/** Some network and FUSE file systems cannot flush a folder: fsync(2) names EINVAL. A disk's own error is one. */
function throwUnlessUnflushable(error: unknown): void {
  if (errnoOf(error) !== 'EINVAL' && !isUnsupported(error)) throw error;
}
