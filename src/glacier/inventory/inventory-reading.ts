/** An inventory read as it comes, in whichever format and encoding it is. */
import { type InventoryEntry, type InventoryHead, type InventorySummary, isFaulty } from './inventory.js';
import { CsvInventoryParser } from './inventory-csv.js';
import { notAnInventory } from './inventory-faults.js';
import { JsonInventoryParser } from './inventory-json.js';
import type { InventoryParser } from './inventory-parser.js';
import { decoderFor, signatureBytes } from './inventory-text.js';
import { UnreadText } from './unread-text.js';

/**
 * Gives the entries in batches, each iteration going on where the one before ended. One that is damaged or cut off
 * ends in an error: then what was given before is not the whole, and there is no summary.
 */
export class InventoryReading implements AsyncIterable<readonly InventoryEntry[]> {
  readonly #batches: AsyncGenerator<InventoryEntry[], void>;
  #first: Promise<IteratorResult<InventoryEntry[], void>> | null = null;
  #parser: InventoryParser | null = null;
  #summary: InventorySummary | null = null;

  /** @param bytes of the file; closed when the reading ends, also early */
  constructor(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#batches = this.#read(bytes);
  }

  /**
   * Reads up to where the list begins.
   * @returns what is said before it; the same may be said after it
   * @throws GlacierUpError `failed` when it is no inventory
   */
  async begin(): Promise<InventoryHead> {
    this.#first ??= this.#batches.next();
    await this.#first;
    return this.#parser?.head ?? { takenAt: null, vault: null };
  }

  /** Whether all that it says of itself was read, because nothing more can be said. */
  get isHeadWhole(): boolean {
    return this.#summary !== null || this.#parser?.isHeadWhole === true;
  }

  /** @throws GlacierUpError `failed` when it is damaged, cut off, or no inventory */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly InventoryEntry[], void> {
    try {
      const first = await this.#first;
      this.#first = null;
      if (first?.value && first.value.length > 0) yield first.value;
      yield* this.#batches;
    } finally {
      await this.close();
    }
  }

  /** What it is as a whole: only when all of it was read. */
  get summary(): InventorySummary {
    if (this.#summary === null) throw new Error('the inventory was not read to its end');
    return this.#summary;
  }

  /** Reads the rest of it. */
  async toEnd(): Promise<InventorySummary> {
    for await (const _ of this);
    return this.summary;
  }

  /** For a reading that is given up. */
  async close(): Promise<void> {
    await this.#batches.return();
  }

  async *#read(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<InventoryEntry[], void> {
    const sum = new Summing();
    for await (const unread of this.#unreadOf(bytes)) {
      this.#parser ??= parserFor(unread);
      if (this.#parser === null) continue;
      const isBegun = this.#parser.head !== null;
      const entries = this.#parser.read();
      sum.add(entries, this.#parser.head);
      // The head alone, too, is worth knowing at once.
      if (entries.length > 0 || (!isBegun && this.#parser.head !== null)) yield entries;
    }
    if (this.#parser === null) throw notAnInventory('it is empty');
    const { head, entries } = this.#parser.end();
    sum.add(entries, head);
    if (entries.length > 0) yield entries;
    this.#summary = { ...head, ...sum.counts };
  }

  /** What is unread after each piece of the file. */
  async *#unreadOf(
    bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<UnreadText, void> {
    let first = Buffer.alloc(0);
    let unread: UnreadText | null = null;
    for await (const piece of bytes) {
      if (unread === null) {
        first = Buffer.concat([first, piece]);
        if (first.length < signatureBytes) continue;
        unread = begun(first);
      } else unread.append(piece);
      yield unread;
    }
    if (unread === null) {
      unread = begun(first);
      yield unread;
    }
    unread.assertWhole();
  }
}

/** @param first how the file begins */
function begun(first: Buffer): UnreadText {
  const decoder = decoderFor(first);
  const unread = new UnreadText(decoder);
  unread.append(first.subarray(decoder.markBytes));
  return unread;
}

/** null while nothing but space has come. */
function parserFor(unread: UnreadText): InventoryParser | null {
  const begin = unread.bytes.toString('latin1').trimStart();
  if (begin === '') return null;
  return begin.startsWith('{') ? new JsonInventoryParser(unread) : new CsvInventoryParser(unread);
}

class Summing {
  readonly counts = { archives: 0, sizeBytes: 0, malformed: 0, newestMs: null as number | null };

  add(entries: readonly InventoryEntry[], head: InventoryHead | null): void {
    const { counts } = this;
    // Of use only where nothing else tells the inventory's age.
    const isUndated = (head?.takenAt ?? null) === null;
    for (const entry of entries) {
      if (isFaulty(entry)) counts.malformed += 1;
      else {
        counts.archives += 1;
        counts.sizeBytes += entry.sizeBytes;
      }
      const createdMs = isUndated ? Date.parse(entry.createdAt) : 0;
      if (createdMs > (counts.newestMs ?? 0)) counts.newestMs = createdMs;
    }
  }
}
