/** Where lines begin and the hashes of their keys, in typed arrays: a log may have millions of lines. */

/** Hashes of a line's keys, each a signed number of 32 bits, or null for a key that the line does not have. */
export interface LineKeys {
  archive: number;
  upload: number | null;
  size: number | null;
  content: number | null;
  subject: number | null;
}

export type KeyName = keyof LineKeys;

const none = -1;
/** The hash of no key. */
const noKey = 0;
/** A look at all hashes costs less than chains of them, unless it is taken often. */
const mostScans = 32;
/** A power of two. Memory grows by a block at a time: copying what is there would cost as much as the rest. */
const blockRows = 4096;

/** A row for each line, in the order of the log. Hashes may coincide: whoever looks up a line checks its key. */
export class LineTable {
  readonly #blocks: Block[] = [];
  #count = 0;
  readonly #chains: Record<KeyName, Chains>;
  readonly #scans: Record<KeyName, number> = { archive: 0, upload: 0, size: 0, content: 0, subject: 0 };

  constructor() {
    const chains = (key: KeyName): Chains => new Chains((row) => this.#hashAt(key, row));
    this.#chains = {
      archive: chains('archive'),
      upload: chains('upload'),
      size: chains('size'),
      content: chains('content'),
      subject: chains('subject'),
    };
  }

  /** @param offset where the line begins */
  add(offset: number, keys: LineKeys): void {
    const row = this.#count % blockRows;
    if (row === 0) this.#blocks.push(new Block());
    const block = this.#blocks[this.#blocks.length - 1] as Block;
    block.offsets[row] = offset;
    block.archive[row] = stored(keys.archive);
    block.upload[row] = stored(keys.upload);
    block.size[row] = stored(keys.size);
    block.content[row] = stored(keys.content);
    block.subject[row] = stored(keys.subject);
    this.#count += 1;
  }

  /** Where the lines begin that may have this key, the latest first. */
  *offsets(key: KeyName, hash: number): Generator<number, void> {
    for (const row of this.#rows(key, stored(hash))) yield this.#blockOf(row).offsets[row % blockRows] ?? 0;
  }

  #rows(key: KeyName, hash: number): Iterable<number> {
    this.#scans[key] += 1;
    if (this.#scans[key] <= mostScans) return this.#scan(key, hash);
    const chains = this.#chains[key];
    chains.extendTo(this.#count);
    return chains.rows(hash);
  }

  *#scan(key: KeyName, hash: number): Generator<number, void> {
    for (let number = this.#blocks.length - 1; number >= 0; number -= 1) {
      const hashes = (this.#blocks[number] as Block)[key];
      let row = blockRows;
      while (row > 0) {
        row = hashes.lastIndexOf(hash, row - 1);
        if (row !== none) yield number * blockRows + row;
      }
    }
  }

  #hashAt(key: KeyName, row: number): number {
    return this.#blockOf(row)[key][row % blockRows] ?? noKey;
  }

  #blockOf(row: number): Block {
    return this.#blocks[Math.floor(row / blockRows)] as Block;
  }
}

class Block {
  readonly offsets = new Float64Array(blockRows);
  readonly archive = new Int32Array(blockRows);
  readonly upload = new Int32Array(blockRows);
  readonly size = new Int32Array(blockRows);
  readonly content = new Int32Array(blockRows);
  readonly subject = new Int32Array(blockRows);
}

/** Each row is linked to the one before it whose hash falls into the same slot. */
class Chains {
  #heads = new Int32Array(0);
  #before = new Int32Array(0);
  #count = 0;
  readonly #hashAt: (row: number) => number;

  constructor(hashAt: (row: number) => number) {
    this.#hashAt = hashAt;
  }

  /** Links the rows that were added. */
  extendTo(count: number): void {
    if (count > this.#heads.length) {
      const length = 2 ** Math.ceil(Math.log2(count));
      this.#heads = new Int32Array(length).fill(none);
      this.#before = new Int32Array(length);
      this.#count = 0;
    }
    for (; this.#count < count; this.#count += 1) {
      const hash = this.#hashAt(this.#count);
      if (hash === noKey) continue;
      const slot = this.#slot(hash);
      this.#before[this.#count] = this.#heads[slot] ?? none;
      this.#heads[slot] = this.#count;
    }
  }

  *rows(hash: number): Generator<number, void> {
    let row = this.#heads[this.#slot(hash)] ?? none;
    while (row !== none) {
      if (this.#hashAt(row) === hash) yield row;
      row = this.#before[row] ?? none;
    }
  }

  /** The number of slots is a power of two, and the hash's low bits are the worst mixed. */
  #slot(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.#heads.length - 1);
  }
}

function stored(hash: number | null): number {
  if (hash === null) return noKey;
  return hash === noKey ? 1 : hash;
}
