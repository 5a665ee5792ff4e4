/** The tree hash of a stream of unknown length, in little memory. */
import { createHash } from 'node:crypto';
import { LeafJoiner, leafSizeBytes } from './tree-hash.js';

export interface StreamHashes {
  treeHash: Buffer;
  sizeBytes: number;
  /** Tree hashes of the ranges of `rangeBytes`, if asked for; raw, in order. */
  rangeTreeHashes: Buffer[];
}

/** @param rangeBytes a power of two of leaves */
export async function hashStream(
  stream: AsyncIterable<Buffer | string>,
  { leafBytes = leafSizeBytes, rangeBytes }: { leafBytes?: number; rangeBytes?: number } = {},
): Promise<StreamHashes> {
  const whole = new LeafJoiner();
  const rangeTreeHashes: Buffer[] = [];
  let range = new LeafJoiner();
  let leaf = createHash('sha256');
  let leafFill = 0;
  let sizeBytes = 0;
  const endLeaf = (): void => {
    const digest = leaf.digest();
    whole.add(digest);
    range.add(digest);
    leaf = createHash('sha256');
    leafFill = 0;
  };
  const endRange = (): void => {
    rangeTreeHashes.push(range.root());
    range = new LeafJoiner();
  };
  for await (const piece of stream) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    for (let taken = 0; taken < bytes.length; ) {
      const step = bytes.subarray(taken, taken + leafBytes - leafFill);
      leaf.update(step);
      leafFill += step.length;
      sizeBytes += step.length;
      taken += step.length;
      if (leafFill === leafBytes) endLeaf();
      if (rangeBytes !== undefined && sizeBytes % rangeBytes === 0) endRange();
    }
  }
  if (leafFill > 0) endLeaf();
  if (rangeBytes !== undefined && sizeBytes % rangeBytes !== 0) endRange();
  return { treeHash: whole.root(), sizeBytes, rangeTreeHashes };
}
