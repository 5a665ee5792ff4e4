/** A pool whose threads this thread helps: for a command that would only wait for them otherwise. */
import { setImmediate } from 'node:timers/promises';
import { hashRange } from './hash-range.js';
import { type HashPool, type RangeHashes, type RangeToHash, rangeHashesOf } from './pool.js';
import { LeafJoiner, leafSizeBytes } from './tree-hash.js';

/**
 * It hashes from the first moment, while the threads are still starting, and there is one thread less to start:
 * of 1 GiB on two processors that is a seventh of the time.
 */
export class HelpedPool {
  readonly #pool: Pick<HashPool, 'hashRange' | 'size'>;
  #isBusyHere = false;

  constructor(pool: Pick<HashPool, 'hashRange' | 'size'>) {
    this.#pool = pool;
  }

  /** How many ranges are hashed at a time. */
  get size(): number {
    return this.#pool.size + 1;
  }

  /** As `HashPool.hashRange`. */
  async hashRange(range: RangeToHash): Promise<RangeHashes> {
    if (this.#isBusyHere || range.linear) return this.#pool.hashRange(range);
    this.#isBusyHere = true;
    try {
      return await hashHere(range);
    } finally {
      this.#isBusyHere = false;
    }
  }
}

/** Leaf by leaf: signals, and threads that want their next range, must not wait for long. */
async function hashHere({
  fd,
  start,
  end,
  leafBytes = leafSizeBytes,
}: Omit<RangeToHash, 'linear'>): Promise<RangeHashes> {
  const joiner = new LeafJoiner();
  for (let leaf = start; leaf < end; leaf += leafBytes) {
    await setImmediate();
    const leafEnd = Math.min(leaf + leafBytes, end);
    const reply = hashRange({ id: 0, fd, start: leaf, end: leafEnd, leafBytes, linear: false });
    joiner.add(rangeHashesOf(reply).treeHash);
  }
  return { treeHash: joiner.root(), sha256: null };
}
