/** Reads one byte range of an open file and hashes it. Blocks: it is what the threads run. */
import { readSync } from 'node:fs';
import type { HashReply, HashRequest } from './hash-request.js';
import { RangeHasher } from './range-hasher.js';

/** With what the kernel copies from, fits the cache of each processor: with twice as much, two threads are slower by 6 %. */
const readSizeBytes = 128 * 1024;

/** One for the life of the thread, so that memory does not grow with the part size. */
const buffer = Buffer.allocUnsafeSlow(readSizeBytes);

/** Reads at its own offset, so that many threads share one descriptor. Every outcome is a reply: it never throws. */
export function hashRange(range: HashRequest): HashReply {
  const { fd, start, end } = range;
  const hasher = new RangeHasher(range);
  for (let position = start; position < end; ) {
    let count: number;
    try {
      count = readSync(fd, buffer, 0, Math.min(readSizeBytes, end - position), position);
    } catch (error) {
      return failedAt(position, error);
    }
    if (count === 0) return { kind: 'short', endsAt: position };
    hasher.add(buffer.subarray(0, count));
    position += count;
  }
  return hasher.end();
}

/** @param error of a system call */
export function failedAt(offset: number, error: unknown): HashReply {
  const { code, message } = error as NodeJS.ErrnoException;
  return { kind: 'failed', errno: code, message, offset };
}
