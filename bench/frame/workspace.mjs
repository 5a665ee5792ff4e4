/** The folder that a bench works in, and the files that subjects share: made when first asked for, gone at the end. */
import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MiB = 1024 * 1024;
export const GiB = 1024 * MiB;

/** @param scale of counts of archives: 0.01 for developing a subject */
export function makeWorkspace(parent = tmpdir(), scale = 1) {
  const folder = mkdtempSync(join(parent, 'glacier-up-bench-'));
  return {
    folder,
    scale,
    path: (name) => join(folder, name),
    /** A file of random bytes, in the page cache. */
    randomFile: (sizeBytes) => {
      const path = join(folder, `random-${sizeBytes}`);
      if (!existsSync(path)) fill(path, sizeBytes);
      readThrough(path);
      return path;
    },
    /** A file of zeros that takes no room on the disk. */
    sparseFile: (sizeBytes) => {
      const path = join(folder, `sparse-${sizeBytes}`);
      if (!existsSync(path)) {
        closeSync(openSync(path, 'wx'));
        truncateSync(path, sizeBytes);
      }
      return path;
    },
    /** Brings a file into the page cache. */
    readThrough,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const bytes = Buffer.allocUnsafe(8 * MiB);

function fill(path, sizeBytes) {
  const fd = openSync(path, 'wx');
  for (let written = 0; written < sizeBytes; written += bytes.length) {
    randomFillSync(bytes);
    writeSync(fd, bytes, 0, Math.min(bytes.length, sizeBytes - written));
  }
  // Else it would be written back while something is measured.
  fsyncSync(fd);
  closeSync(fd);
}

function readThrough(path) {
  const fd = openSync(path, 'r');
  while (readSync(fd, bytes) > 0);
  closeSync(fd);
}
