/** The hashes of a range whose bytes come in pieces, of one or both kinds in one pass. */
import { createHash, type Hash } from 'node:crypto';
import type { HashReply, HashRequest } from './hash-request.js';
import { LeafJoiner } from './tree-hash.js';

/** Takes the bytes of the range from its beginning to its end. */
export class RangeHasher {
  readonly #range: HashRequest;
  readonly #joiner: LeafJoiner | null;
  readonly #whole: Hash | null;
  #leaf: Hash | null = null;
  #leafFill = 0;

  constructor(range: HashRequest) {
    this.#range = range;
    const { start, end, leafBytes, tree, linear } = range;
    this.#joiner = tree ? new LeafJoiner() : null;
    // Up to one leaf the tree hash is the plain SHA-256: hash once.
    this.#whole = linear && !(tree && end - start <= leafBytes) ? createHash('sha256') : null;
  }

  add(bytes: Uint8Array): void {
    this.#whole?.update(bytes);
    if (this.#joiner) this.#addToLeaves(bytes);
  }

  /** Once all of the range has been added. */
  end(): HashReply {
    this.#endLeaf();
    const rawTreeHash = this.#joiner?.root() ?? null;
    const rawSha256 = this.#range.linear ? (this.#whole?.digest() ?? rawTreeHash) : null;
    return { kind: 'hashed', rawTreeHash, rawSha256 };
  }

  #addToLeaves(bytes: Uint8Array): void {
    const { leafBytes } = this.#range;
    for (let taken = 0; taken < bytes.length; ) {
      const step = bytes.subarray(taken, taken + leafBytes - this.#leafFill);
      this.#leaf ??= createHash('sha256');
      this.#leaf.update(step);
      this.#leafFill += step.length;
      taken += step.length;
      if (this.#leafFill === leafBytes) this.#endLeaf();
    }
  }

  #endLeaf(): void {
    if (this.#leaf) this.#joiner?.add(this.#leaf.digest());
    this.#leaf = null;
    this.#leafFill = 0;
  }
}
