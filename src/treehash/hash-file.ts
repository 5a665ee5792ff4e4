/** The tree hash of a whole open file, its ranges hashed on all threads at once, or here when it is small. */
import { hashRange } from './hash-range.js';
import { type HashPool, rangeHashesOf } from './pool.js';
import { LeafJoiner, leafSizeBytes } from './tree-hash.js';

/** Large enough that a thread is seldom waited for, small enough that the last ones end together. */
const largestRangeLeaves = 16;

export interface FileToHash {
  fd: number;
  sizeBytes: number;
  /** Also the tree hashes of parts of this size, a power of two of leaves. */
  partBytes?: number;
  leafBytes?: number;
}

export interface FileHashes {
  /** Raw. */
  treeHash: Buffer;
  /** Of each part in order, raw; none without `partBytes`. */
  partTreeHashes: Buffer[];
}

/**
 * Hashes every range of the file and joins them. When it returns or throws, nothing reads from `fd` any more.
 * @param signal ends the hashing early; its reason is thrown
 * @throws GlacierUpError as `HashPool.hashRange` does
 */
export async function hashFile(
  pool: Pick<HashPool, 'hashRange' | 'size'>,
  { fd, sizeBytes, partBytes, leafBytes = leafSizeBytes }: FileToHash,
  signal?: AbortSignal,
): Promise<FileHashes> {
  const rangeBytes = Math.min(rangeBytesFor(sizeBytes, leafBytes, pool.size), partBytes ?? Infinity);
  const count = Math.ceil(sizeBytes / rangeBytes);
  const joiner = new RangeJoiner(sizeBytes, partBytes);
  // Ranges end out of order, but are joined in order, so that memory does not grow with the file.
  const early = new Map<number, Buffer>();
  let joined = 0;
  let next = 0;
  const lane = async (): Promise<void> => {
    try {
      for (let index = next++; index < count; index = next++) {
        signal?.throwIfAborted();
        const start = index * rangeBytes;
        const end = Math.min(start + rangeBytes, sizeBytes);
        early.set(index, (await pool.hashRange({ fd, start, end, leafBytes })).treeHash);
        for (let node = early.get(joined); node !== undefined; node = early.get(joined)) {
          early.delete(joined);
          joined += 1;
          joiner.add(node, Math.min(joined * rangeBytes, sizeBytes));
        }
      }
    } catch (error) {
      // One failure is enough: the other lanes end with the range they have.
      next = count;
      throw error;
    }
  };
  // Twice the threads, so that none waits for this one to hand it the next range.
  const lanes = Array.from({ length: Math.min(count, 2 * pool.size) }, lane);
  const failed = (await Promise.allSettled(lanes)).find((ending) => ending.status === 'rejected');
  if (failed) throw failed.reason;
  return joiner.hashes();
}

/** The same on this thread at one go: for files that are hashed sooner than a thread starts. */
export function hashSmallFile({
  fd,
  sizeBytes,
  partBytes,
  leafBytes = leafSizeBytes,
}: FileToHash): FileHashes {
  const joiner = new RangeJoiner(sizeBytes, partBytes);
  const rangeBytes = Math.min(partBytes ?? Infinity, sizeBytes);
  for (let start = 0; start < sizeBytes; start += rangeBytes) {
    const end = Math.min(start + rangeBytes, sizeBytes);
    const reply = hashRange({ id: 0, fd, start, end, leafBytes, tree: true, linear: false });
    joiner.add(rangeHashesOf(reply).treeHash, end);
  }
  return joiner.hashes();
}

/** Joins the nodes of equal ranges, taken in order, into the whole's root and those of its parts. */
class RangeJoiner {
  readonly #sizeBytes: number;
  readonly #partBytes: number | undefined;
  readonly #whole = new LeafJoiner();
  readonly #partTreeHashes: Buffer[] = [];
  #part = new LeafJoiner();

  constructor(sizeBytes: number, partBytes: number | undefined) {
    this.#sizeBytes = sizeBytes;
    this.#partBytes = partBytes;
  }

  add(node: Buffer, end: number): void {
    this.#whole.add(node);
    if (this.#partBytes === undefined) return;
    this.#part.add(node);
    if (end % this.#partBytes !== 0 && end !== this.#sizeBytes) return;
    this.#partTreeHashes.push(this.#part.root());
    this.#part = new LeafJoiner();
  }

  hashes(): FileHashes {
    return { treeHash: this.#whole.root(), partTreeHashes: this.#partTreeHashes };
  }
}

/** The largest range that still gives every thread several. */
function rangeBytesFor(sizeBytes: number, leafBytes: number, threads: number): number {
  let leaves = 1;
  while (leaves < largestRangeLeaves && sizeBytes > 8 * threads * leaves * leafBytes) leaves *= 2;
  return leaves * leafBytes;
}
