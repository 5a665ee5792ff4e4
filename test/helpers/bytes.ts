/** Bytes that look random and are the same in every run. */
import { createCipheriv } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

export const MiB = 1024 ** 2;

/** `sizeBytes` bytes that depend on `seed` alone; every byte value occurs. */
export function seededBytes(sizeBytes: number, seed = 1): Buffer {
  const key = Buffer.alloc(16, seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

/** Writes a file of such bytes and returns them. */
export function seededFile(path: string, sizeBytes: number, seed = 1): Buffer {
  const bytes = seededBytes(sizeBytes, seed);
  const fd = openSync(path, 'w');
  writeSync(fd, bytes);
  closeSync(fd);
  return bytes;
}
