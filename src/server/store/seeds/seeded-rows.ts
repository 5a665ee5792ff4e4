import { type InventoryFormat, inventoryRow, inventoryRowBytes } from '../../inventory-output.js';
import type { ByteSource } from '../byte-source.js';
import type { SeedSnapshot, Seeds } from './seeds.js';
import type { StoredSeed } from './stored-seed.js';

/** Which seeded archives an inventory job lists. */
export interface SeededSelection {
  readonly seeds: readonly SeedSnapshot[];
  readonly format: InventoryFormat;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly fromNumber: number;
  readonly most: number;
  /** Whether the first of them is the first archive of the inventory. */
  readonly isFirst: boolean;
}

interface Row {
  readonly stored: StoredSeed;
  readonly index: number;
}

/** Where in the text every so many rows begin, so that a range of it is found without reading on from the start. */
const ROWS_A_MARK = 1024;

/**
 * The entries of seeded archives in an inventory. They are made when they are read; beforehand only their lengths are added
 * up. So an inventory of a million archives takes no room, and any range of it can be had.
 */
export class SeededRows implements ByteSource {
  readonly sizeBytes: number;
  readonly count: number;
  /** The number of the first archive left out; undefined when all are listed. */
  readonly nextNumber: number | undefined;
  readonly #seeds: Seeds;
  readonly #selection: SeededSelection;
  readonly #marks: { readonly atByte: number; readonly archiveNumber: number }[] = [];

  constructor(seeds: Seeds, selection: SeededSelection) {
    this.#seeds = seeds;
    this.#selection = selection;
    let [count, sizeBytes]: [number, number] = [0, 0];
    for (const row of this.#rows(selection.fromNumber)) {
      const archiveNumber = row.stored.archiveNumber(row.index);
      if (count === selection.most) {
        this.nextNumber = archiveNumber;
        break;
      }
      if (count % ROWS_A_MARK === 0) this.#marks.push({ atByte: sizeBytes, archiveNumber });
      sizeBytes += this.#rowBytes(row, count === 0);
      count += 1;
    }
    this.count = count;
    this.sizeBytes = sizeBytes;
  }

  async *read(firstByte: number, sizeBytes: number, pieceBytes = 1): AsyncGenerator<Buffer> {
    const endByte = Math.min(firstByte + sizeBytes, this.sizeBytes);
    const mark = this.#markBefore(firstByte);
    if (!mark || firstByte >= endByte) return;
    let { atByte } = mark;
    let [text, textAtByte] = ['', atByte];
    for (const row of this.#rows(mark.archiveNumber)) {
      if (atByte >= endByte) break;
      const nextByte = atByte + this.#rowBytes(row, atByte === 0);
      if (nextByte > firstByte) {
        if (text === '') textAtByte = atByte;
        text += this.#rowText(row, atByte === 0);
      }
      atByte = nextByte;
      if (text.length < pieceBytes && atByte < endByte) continue;
      const bytes = Buffer.from(text, 'latin1');
      text = '';
      yield bytes.subarray(Math.max(0, firstByte - textAtByte), endByte - textAtByte);
    }
  }

  async close(): Promise<void> {}

  #markBefore(byte: number) {
    let [low, high] = [0, this.#marks.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle]?.atByte ?? 0) <= byte) low = middle;
      else high = middle;
    }
    return this.#marks[low];
  }

  /** The archives selected, from a number on, however many. */
  *#rows(fromNumber: number): Generator<Row> {
    const { startMs = Number.NEGATIVE_INFINITY, endMs = Number.POSITIVE_INFINITY } = this.#selection;
    for (const { seed: number, deletions } of this.#selection.seeds) {
      const stored = this.#seeds.get(number);
      const { seed } = stored;
      for (let index = stored.firstIndex(fromNumber); index < seed.record.count; index += 1) {
        if (!stored.isThere(index, deletions)) continue;
        const createdAtMs = seed.createdAtMs(index);
        if (createdAtMs >= startMs && createdAtMs < endMs) yield { stored, index };
      }
    }
  }

  #rowBytes({ stored: { seed }, index }: Row, isFirst: boolean): number {
    const { format } = this.#selection;
    const first = isFirst && this.#selection.isFirst;
    return inventoryRowBytes(format, seed.description(index), seed.record.sizeBytes, first);
  }

  #rowText({ stored: { seed }, index }: Row, isFirst: boolean): string {
    return inventoryRow(this.#selection.format, seed.archive(index), isFirst && this.#selection.isFirst);
  }
}
