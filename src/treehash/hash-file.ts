/** The tree hash of a whole open file, its ranges hashed on all threads at once. */
import type { HashPool } from './pool.js';
import { joinTreeHashes, leafSizeBytes } from './tree-hash.js';

/** Large enough that a thread is seldom waited for, small enough that the last ones end together. */
const largestRangeLeaves = 16;

export interface FileToHash {
  fd: number;
  sizeBytes: number;
  /** A power of two of leaves: the hashes of such ranges join into that of the whole. */
  rangeBytes?: number;
  leafBytes?: number;
  /** Ends the hashing early; its reason is thrown. */
  signal?: AbortSignal;
  /** Told of each range as it is done, not in order. */
  onRange?: (range: { start: number; end: number; treeHash: Buffer }) => void;
}

/**
 * Hashes every range of the file and joins them. When it returns or throws, nothing reads from `fd` any more.
 * @returns the root and the ranges' own hashes, in order, all raw
 * @throws GlacierUpError as `HashPool.hashRange` does
 */
export async function hashFile(
  pool: Pick<HashPool, 'hashRange' | 'size'>,
  { fd, sizeBytes, leafBytes = leafSizeBytes, signal, onRange, ...given }: FileToHash,
): Promise<{ treeHash: Buffer; rangeTreeHashes: Buffer[] }> {
  const rangeBytes = given.rangeBytes ?? rangeBytesFor(sizeBytes, leafBytes, pool.size);
  const count = Math.ceil(sizeBytes / rangeBytes);
  const rangeTreeHashes: Buffer[] = new Array(count);
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      for (let index = next++; index < count; index = next++) {
        signal?.throwIfAborted();
        const start = index * rangeBytes;
        const end = Math.min(start + rangeBytes, sizeBytes);
        const { treeHash } = await pool.hashRange({ fd, start, end, leafBytes });
        rangeTreeHashes[index] = treeHash;
        onRange?.({ start, end, treeHash });
      }
    } catch (error) {
      // One failure is enough: the other lanes end with the range they have.
      next = count;
      throw error;
    }
  };
  // A bounded window: one promise a range would be memory that grows with the file. Twice the threads, so that
  // none waits for this one to hand it the next range.
  const lanes = Array.from({ length: Math.min(count, 2 * pool.size) }, lane);
  const failed = (await Promise.allSettled(lanes)).find((ending) => ending.status === 'rejected');
  if (failed) throw failed.reason;
  return { treeHash: joinTreeHashes(rangeTreeHashes), rangeTreeHashes };
}

/** The largest range that still gives every thread several. */
function rangeBytesFor(sizeBytes: number, leafBytes: number, threads: number): number {
  let leaves = 1;
  while (leaves < largestRangeLeaves && sizeBytes > 8 * threads * leaves * leafBytes) leaves *= 2;
  return leaves * leafBytes;
}
