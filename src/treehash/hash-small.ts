/** Small files are read at one go and hashed where they are: handing them to a thread would cost more. */
import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { errnoOf, GlacierUpError } from '../errors.js';

/** At most a leaf, so that the tree hash is the plain SHA-256. */
export const smallBytes = 512 * 1024;

/** Buffers that nobody reads into. */
const spareBuffers: Buffer[] = [];

/**
 * The tree hash of a file of at most `smallBytes`, raw.
 * @throws GlacierUpError `archive-changed` when it ends early, `archive-unusable` when it cannot be read
 */
export async function hashSmall(fd: number, sizeBytes: number): Promise<Buffer> {
  const buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(smallBytes);
  try {
    for (let filled = 0; filled < sizeBytes; ) {
      const count = await readAt(fd, buffer, filled, sizeBytes - filled);
      if (count === 0) {
        throw new GlacierUpError(
          'archive-changed',
          `the file ends at byte ${filled}: it shrank while being read`,
        );
      }
      filled += count;
    }
    return createHash('sha256').update(buffer.subarray(0, sizeBytes)).digest();
  } finally {
    spareBuffers.push(buffer);
  }
}

function readAt(fd: number, buffer: Buffer, position: number, sizeBytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, position, sizeBytes, position, (error, count) => {
      if (error) {
        const what = errnoOf(error) ?? error.message;
        reject(new GlacierUpError('archive-unusable', `cannot be read at byte ${position}: ${what}`));
      } else resolve(count);
    });
  });
}
