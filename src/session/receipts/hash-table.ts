/** From a hash to the lines that have it, for millions of lines in a few typed arrays. */

const none = -1;
const fewest = 1024;

/** Hashes may coincide: whoever looks up a line checks its key. */
export class HashTable {
  #heads = new Int32Array(fewest).fill(none);
  #hashes = new Uint32Array(fewest);
  #next = new Int32Array(fewest);
  #offsets = new Float64Array(fewest);
  #count = 0;

  /** @param offset where the line begins; must be greater than that of every line added before */
  add(hash: number, offset: number): void {
    if (this.#count === this.#hashes.length) this.#grow();
    const entry = this.#count;
    this.#count += 1;
    this.#hashes[entry] = hash;
    this.#offsets[entry] = offset;
    this.#link(entry, hash);
  }

  /** Where lines with this hash begin, the latest first. */
  *offsets(hash: number): Generator<number, void> {
    let entry = this.#heads[this.#slot(hash)] ?? none;
    while (entry !== none) {
      if (this.#hashes[entry] === hash) yield this.#offsets[entry] ?? 0;
      entry = this.#next[entry] ?? none;
    }
  }

  #link(entry: number, hash: number): void {
    const slot = this.#slot(hash);
    this.#next[entry] = this.#heads[slot] ?? none;
    this.#heads[slot] = entry;
  }

  /** The number of slots is a power of two, and the hash's low bits are the worst mixed. */
  #slot(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#heads.length - 1);
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2;
    this.#hashes = grown(this.#hashes, new Uint32Array(capacity));
    this.#offsets = grown(this.#offsets, new Float64Array(capacity));
    this.#heads = new Int32Array(capacity).fill(none);
    this.#next = new Int32Array(capacity);
    for (let entry = 0; entry < this.#count; entry += 1) this.#link(entry, this.#hashes[entry] ?? 0);
  }
}

function grown<T extends Uint32Array | Float64Array>(before: T, after: T): T {
  after.set(before);
  return after;
}
