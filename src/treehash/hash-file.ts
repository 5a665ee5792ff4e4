/** The tree hash of a whole open file, its ranges hashed on all threads at once. */
import type { HashPool } from './pool.js';
import { joinTreeHashes, leafSizeBytes } from './tree-hash.js';

/** Large enough that a thread is seldom waited for, small enough that the last ones end together. */
const defaultRangeBytes = 16 * leafSizeBytes;

export interface FileToHash {
  fd: number;
  sizeBytes: number;
  /** A power of two of leaves: the hashes of such ranges join into that of the whole. */
  rangeBytes?: number;
  leafBytes?: number;
  /** Told of each range as it is done, not in order. */
  onRange?: (range: { start: number; end: number; treeHash: Buffer }) => void;
}

/**
 * Hashes every range of the file and joins them.
 * @returns the root and the ranges' own hashes, in order, all raw
 * @throws GlacierUpError as `HashPool.hashRange` does
 */
export async function hashFile(
  pool: HashPool,
  { fd, sizeBytes, rangeBytes = defaultRangeBytes, leafBytes = leafSizeBytes, onRange }: FileToHash,
): Promise<{ treeHash: Buffer; rangeTreeHashes: Buffer[] }> {
  const count = Math.ceil(sizeBytes / rangeBytes);
  const rangeTreeHashes: Buffer[] = new Array(count);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const start = index * rangeBytes;
      const end = Math.min(start + rangeBytes, sizeBytes);
      const { treeHash } = await pool.hashRange({ fd, start, end, leafBytes });
      rangeTreeHashes[index] = treeHash;
      onRange?.({ start, end, treeHash });
    }
  };
  // A bounded window: one promise a range would be memory that grows with the file.
  await Promise.all(Array.from({ length: Math.min(count, 32) }, lane));
  return { treeHash: joinTreeHashes(rangeTreeHashes), rangeTreeHashes };
}
