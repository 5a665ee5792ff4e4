/** The tree hash of a whole open file, its ranges hashed on all processors at once, or here when it is small. */
import { GlacierUpError } from '../errors.js';
import { hashRange } from './hash-range.js';
import type { HashPool } from './pool.js';
import { rangeHashesOf } from './range-hashes.js';
import {
  rangeCount,
  type SharedFile,
  shareFile,
  type TakenRange,
  takeNoMore,
  takeRanges,
} from './shared-file.js';
import { LeafJoiner, leafSizeBytes } from './tree-hash.js';

/** Large enough that telling of them costs little, small enough that the last ones end together. */
const largestRangeLeaves = 4;

/** While a range takes longer to read and hash than this, it is not done on the thread that heeds signals. */
const longestRangeMs = 50;

export interface FileToHash {
  fd: number;
  sizeBytes: number;
  /** Also the tree hashes of parts of this size, a power of two of leaves. */
  partBytes?: number;
  leafBytes?: number;
}

export interface FileHashes {
  /** Raw. */
  rawTreeHash: Buffer;
  /** Of each part in order, raw; none without `partBytes`. */
  rawPartTreeHashes: Buffer[];
}

/**
 * Hashes every range of the file and joins them. This thread takes part in place of one of the pool's, whose start takes
 * as long as hashing 40 MiB. When it returns or throws, nothing reads from `fd` any more.
 * @param signal ends the hashing early; its reason is thrown
 * @throws GlacierUpError as `HashPool.hashRange` does
 */
export async function hashFile(
  pool: Pick<HashPool, 'joinHashing' | 'size'>,
  { fd, sizeBytes, partBytes, leafBytes = leafSizeBytes }: FileToHash,
  signal?: AbortSignal,
): Promise<FileHashes> {
  signal?.throwIfAborted();
  const rangeBytes = Math.min(rangeBytesFor(sizeBytes, leafBytes, pool.size), partBytes ?? Infinity);
  const file = shareFile({ fd, sizeBytes, rangeBytes, leafBytes });
  const joiner = new RangeJoiner(file, partBytes);
  const add = (index: number, rawTreeHash: Buffer): void => joiner.add(index, rawTreeHash);
  const stop = (): void => takeNoMore(file);
  signal?.addEventListener('abort', stop);
  const threads = Math.min(pool.size, rangeCount(file)) - 1;
  const shares = Array.from({ length: threads }, () => pool.joinHashing(file, add));
  // Slow reads would keep this thread from heeding signals: then another takes its place.
  shares.push(
    joinHashingHere(file, add).then((isSlow) => (isSlow ? pool.joinHashing(file, add) : undefined)),
  );
  const endings = await Promise.allSettled(
    shares.map((share) =>
      share.catch((error: unknown) => {
        stop();
        throw error;
      }),
    ),
  );
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  const failed = endings.find((ending) => ending.status === 'rejected');
  if (failed) throw failed.reason;
  return joiner.hashes();
}

/** Returns whether it left early, since bytes come slowly. */
async function joinHashingHere(
  file: SharedFile,
  onHashed: (index: number, rawTreeHash: Buffer) => void,
): Promise<boolean> {
  for (const range of takeRanges(file)) {
    const begunMs = performance.now();
    onHashed(range.index, hashHere(file, range));
    if (performance.now() - begunMs > longestRangeMs) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}

/** The same on this thread at one go: for files that are hashed sooner than a thread starts. */
export function hashSmallFile({
  fd,
  sizeBytes,
  partBytes,
  leafBytes = leafSizeBytes,
}: FileToHash): FileHashes {
  const file = shareFile({ fd, sizeBytes, rangeBytes: partBytes ?? Math.max(1, sizeBytes), leafBytes });
  const joiner = new RangeJoiner(file, partBytes);
  for (const range of takeRanges(file)) joiner.add(range.index, hashHere(file, range));
  return joiner.hashes();
}

function hashHere({ fd, leafBytes }: SharedFile, { start, end }: TakenRange): Buffer {
  return rangeHashesOf(hashRange({ fd, start, end, leafBytes, tree: true, linear: false })).rawTreeHash;
}

/** Joins the nodes of equal ranges into the whole's root and those of its parts. */
class RangeJoiner {
  readonly #file: SharedFile;
  readonly #partBytes: number | undefined;
  /** Ranges end out of order, but are joined in order, so that memory does not grow with the file. */
  readonly #early = new Map<number, Buffer>();
  #joined = 0;
  readonly #whole = new LeafJoiner();
  readonly #rawPartTreeHashes: Buffer[] = [];
  #part = new LeafJoiner();

  constructor(file: SharedFile, partBytes: number | undefined) {
    this.#file = file;
    this.#partBytes = partBytes;
  }

  /** @param index which range; each once, in any order */
  add(index: number, node: Buffer): void {
    this.#early.set(index, node);
    for (let next = this.#early.get(this.#joined); next; next = this.#early.get(this.#joined)) {
      this.#early.delete(this.#joined);
      this.#joined += 1;
      this.#join(next, Math.min(this.#joined * this.#file.rangeBytes, this.#file.sizeBytes));
    }
  }

  #join(node: Buffer, end: number): void {
    this.#whole.add(node);
    if (this.#partBytes === undefined) return;
    this.#part.add(node);
    if (end % this.#partBytes !== 0 && end !== this.#file.sizeBytes) return;
    this.#rawPartTreeHashes.push(this.#part.root());
    this.#part = new LeafJoiner();
  }

  hashes(): FileHashes {
    if (this.#joined < rangeCount(this.#file)) throw new GlacierUpError('internal', 'a range was not hashed');
    return { rawTreeHash: this.#whole.root(), rawPartTreeHashes: this.#rawPartTreeHashes };
  }
}

/** The largest range that still gives every thread several. */
function rangeBytesFor(sizeBytes: number, leafBytes: number, threads: number): number {
  let leaves = 1;
  while (leaves < largestRangeLeaves && sizeBytes > 8 * threads * leaves * leafBytes) leaves *= 2;
  return leaves * leafBytes;
}
