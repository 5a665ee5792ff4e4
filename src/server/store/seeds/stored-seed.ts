import { AppendLog } from '../append-log.js';
import { Seed, type SeedRecord } from './seed.js';

/** The numbers of a seed's archives begin here, times its own; those of archives that were uploaded stay below. */
const NUMBERS_A_SEED = 10 ** 10;

/** A seed, and which of its archives were deleted: a line with the index of each, in the order of their deletion. */
export class StoredSeed {
  readonly number: number;
  readonly seed: Seed;
  readonly #log: AppendLog;
  /** Of each archive the place of its deletion among all, from 1; 0 while it is there. Made at the first deletion. */
  #deletedAs: Uint32Array | undefined;
  #deletions = 0;

  private constructor(number: number, seed: Seed, log: AppendLog) {
    this.number = number;
    this.seed = seed;
    this.#log = log;
  }

  static async open(number: number, record: SeedRecord, path: string): Promise<StoredSeed> {
    const deleted: number[] = [];
    const log = await AppendLog.read(path, (line) => {
      const isWhole = /^\d{1,10}$/.test(line) && Number(line) < record.count;
      if (isWhole) deleted.push(Number(line));
      return isWhole;
    });
    const stored = new StoredSeed(number, new Seed(record), log);
    for (const index of deleted) stored.#note(index);
    return stored;
  }

  get count(): number {
    return this.seed.record.count - this.#deletions;
  }

  get deletions(): number {
    return this.#deletions;
  }

  /** Whether the archive is there, or was after so many deletions. */
  isThere(index: number, deletions = this.#deletions): boolean {
    const place = this.#deletedAs?.[index] ?? 0;
    return place === 0 || place > deletions;
  }

  /** The number by which an inventory orders the archive. */
  archiveNumber(index: number): number {
    return this.number * NUMBERS_A_SEED + index;
  }

  /** The first index whose archive has that number or a higher one. */
  firstIndex(archiveNumber: number): number {
    return Math.max(0, archiveNumber - this.archiveNumber(0));
  }

  async delete(indexes: readonly number[]): Promise<void> {
    const deleted = [...new Set(indexes)];
    if (deleted.length > 0) await this.#log.append(deleted.join('\n'));
    for (const index of deleted) this.#note(index);
  }

  #note(index: number): void {
    if (!this.isThere(index)) return;
    this.#deletedAs ??= new Uint32Array(this.seed.record.count);
    this.#deletions += 1;
    this.#deletedAs[index] = this.#deletions;
  }
}
