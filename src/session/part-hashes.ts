/** The parts' tree hashes, packed: 10,000 of them must be saved each second without cost. */
import { digestSizeBytes } from '../treehash/tree-hash.js';

/** A fixed number of places, each empty or a 32-byte tree hash. */
export class PartHashes {
  readonly count: number;
  readonly #packed: Buffer;
  /** Behind it all places are empty. */
  #usedBytes: number;

  constructor(count: number, base64 = '') {
    this.count = count;
    this.#packed = Buffer.alloc(count * digestSizeBytes);
    this.#usedBytes = Buffer.from(base64, 'base64').copy(this.#packed);
  }

  get(index: number): Buffer | null {
    const hash = this.#packed.subarray(index * digestSizeBytes, (index + 1) * digestSizeBytes);
    return hash.every((byte) => byte === 0) ? null : hash;
  }

  set(index: number, rawTreeHash: Uint8Array): void {
    this.#packed.set(rawTreeHash, index * digestSizeBytes);
    this.#usedBytes = Math.max(this.#usedBytes, (index + 1) * digestSizeBytes);
  }

  /** Every hash in order, or null while one is missing. */
  all(): Buffer[] | null {
    const hashes: Buffer[] = [];
    for (let index = 0; index < this.count; index += 1) {
      const hash = this.get(index);
      if (hash === null) return null;
      hashes.push(hash);
    }
    return hashes;
  }

  toBase64(): string {
    return this.#packed.toString('base64', 0, this.#usedBytes);
  }
}
