import { createHash, type Hash } from 'node:crypto';
import { MIB } from '../limits.js';

// Written on its own and kept plain: were it shared with the client, a wrong tree hash would agree with itself.

const rawSha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** Joins neighbours level by level until one node is left; a last node without a neighbour moves up unchanged. */
export function joinRawTreeHashes(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return rawSha256(Buffer.alloc(0));
  let level = [...hashes];
  while (level.length > 1) {
    const next: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const pair = level.slice(i, i + 2);
      next.push(pair.length === 2 ? rawSha256(Buffer.concat(pair)) : (pair[0] as Buffer));
    }
    level = next;
  }
  return level[0] as Buffer;
}

/** SHA-256 tree hash of bytes that come in pieces of any size. Keeps 32 bytes for every MiB seen. */
export class TreeHasher {
  #leaves: Buffer[] = [];
  #leaf: Hash = createHash('sha256');
  #leafBytes = 0;

  update(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) {
      const to = Math.min(bytes.length, from + MIB - this.#leafBytes);
      this.#leaf.update(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to));
      this.#leafBytes += to - from;
      from = to;
      if (this.#leafBytes === MIB) this.#endLeaf();
    }
  }

  digest(): Buffer {
    if (this.#leafBytes > 0) this.#endLeaf();
    return joinRawTreeHashes(this.#leaves);
  }

  #endLeaf(): void {
    this.#leaves.push(this.#leaf.digest());
    this.#leaf = createHash('sha256');
    this.#leafBytes = 0;
  }
}

/** The tree hash of bytes as they are read, in hex. */
export async function treeHashOfPieces(pieces: AsyncIterable<Buffer>): Promise<string> {
  const tree = new TreeHasher();
  for await (const bytes of pieces) tree.update(bytes);
  return tree.digest().toString('hex');
}
