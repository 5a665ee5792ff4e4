/** Short ranges are hashed on the thread that asks: handing them to another one costs more, and starting it much more. */
import { read } from 'node:fs';
import { promisify } from 'node:util';
import { giveBuffer, spareBufferBytes, takeBuffer } from '../spare-buffers.js';
import { failedAt } from './hash-range.js';
import type { HashReply, HashRequest } from './hash-request.js';
import { RangeHasher } from './range-hasher.js';

const readAsync = promisify(read);

/** What is hashed at one go, in about a millisecond: nothing else happens meanwhile. */
export const smallBytes = spareBufferBytes;

/** Does not wait for the disk. Every outcome is a reply: it never rejects. */
export async function hashHere(range: HashRequest): Promise<HashReply> {
  const { fd, start, end } = range;
  const buffer = takeBuffer();
  const hasher = new RangeHasher(range);
  let position = start;
  try {
    while (position < end) {
      const { bytesRead } = await readAsync(fd, buffer, 0, Math.min(buffer.length, end - position), position);
      if (bytesRead === 0) return { kind: 'short', endsAt: position };
      hasher.add(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
    return hasher.end();
  } catch (error) {
    return failedAt(position, error);
  } finally {
    giveBuffer(buffer);
  }
}
