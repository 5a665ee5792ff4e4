/** A set of texts, for millions of them in two typed arrays: of each its hash of 64 bits is held. */

const fewest = 1024;

/** Of a text: two numbers of 32 bits, of which the second is never 0. */
export type TextHash = readonly [high: number, low: number];

/** Mixes as cyrb53 does; who chooses texts on purpose can have two pass for one. */
export function hashOf(text: string): TextHash {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x9e3779b1);
    low = Math.imul(low ^ unit, 0x5f356495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  return [high >>> 0, (low | 1) >>> 0];
}

/** A set of texts by 64 bits of their hashes: 8 bytes each and some room. */
export class TextSet {
  #high = new Uint32Array(fewest);
  /** 0: nothing is here. */
  #low = new Uint32Array(fewest);
  #count = 0;

  has(hash: TextHash): boolean {
    return this.#low[this.#slotOf(hash)] !== 0;
  }

  /** @returns whether it is new */
  add(hash: TextHash): boolean {
    if (this.#count * 2 >= this.#low.length) this.#grow();
    const slot = this.#slotOf(hash);
    if (this.#low[slot] !== 0) return false;
    this.#put(slot, hash);
    this.#count += 1;
    return true;
  }

  /** Where it is, or where it would be put. */
  #slotOf([high, low]: TextHash): number {
    const mask = this.#low.length - 1;
    let slot = (high ^ (low >>> 1)) & mask;
    while (this.#low[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #put(slot: number, [high, low]: TextHash): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(low.length * 2);
    for (let at = 0; at < low.length; at += 1) {
      if (low[at] === 0) continue;
      const hash: TextHash = [high[at] ?? 0, low[at] ?? 0];
      this.#put(this.#slotOf(hash), hash);
    }
  }
}
