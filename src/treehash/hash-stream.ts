/** The tree hash of a stream of unknown length, in little memory. */
import { createHash } from 'node:crypto';
import { LeafJoiner, leafSizeBytes } from './tree-hash.js';

export interface StreamHashes {
  rawTreeHash: Buffer;
  sizeBytes: number;
  /** Of each part in order, raw; none without `partBytes`. */
  rawPartTreeHashes: Buffer[];
}

/** @param partBytes a power of two of leaves */
export async function hashStream(
  stream: AsyncIterable<Buffer | string>,
  { leafBytes = leafSizeBytes, partBytes }: { leafBytes?: number; partBytes?: number } = {},
): Promise<StreamHashes> {
  const whole = new LeafJoiner();
  const rawPartTreeHashes: Buffer[] = [];
  let part = new LeafJoiner();
  let leaf = createHash('sha256');
  let leafFill = 0;
  let sizeBytes = 0;
  const endLeaf = (): void => {
    const digest = leaf.digest();
    whole.add(digest);
    part.add(digest);
    leaf = createHash('sha256');
    leafFill = 0;
  };
  const endPart = (): void => {
    rawPartTreeHashes.push(part.root());
    part = new LeafJoiner();
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
      if (partBytes !== undefined && sizeBytes % partBytes === 0) endPart();
    }
  }
  if (leafFill > 0) endLeaf();
  if (partBytes !== undefined && sizeBytes % partBytes !== 0) endPart();
  return { rawTreeHash: whole.root(), sizeBytes, rawPartTreeHashes };
}
