import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { flushFolderAsync } from '../../../os/durable.js';
import { isMissing } from '../../../os/errno.js';
import { readJson, writeJson } from '../durable.js';
import { numbersIn } from '../numbered.js';
import type { SeedRecord } from './seed.js';
import { StoredSeed } from './stored-seed.js';

/** How much of a seed an inventory found: all but the archives that were deleted first. */
export interface SeedSnapshot {
  readonly seed: number;
  readonly deletions: number;
}

/** Where a seeded archive is found. */
export interface SeededArchive {
  readonly stored: StoredSeed;
  readonly index: number;
}

/** A vault's seeds: `<n>.json` holds what a seed is made from, `<n>.deleted` the archives that were deleted since. */
export class Seeds {
  readonly #folder: string;
  readonly #seeds = new Map<number, StoredSeed>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async load(): Promise<void> {
    const numbers = await numbersIn(this.#folder, '.json').catch((error: unknown) => {
      if (isMissing(error)) return []; // Nothing was ever seeded.
      throw error;
    });
    for (const number of numbers) {
      const record = await readJson<SeedRecord>(join(this.#folder, `${number}.json`));
      if (record) await this.#open(number, record);
    }
  }

  has(text: string): boolean {
    return [...this.#seeds.values()].some(({ seed }) => seed.record.text === text);
  }

  async add(record: SeedRecord): Promise<void> {
    const number = Math.max(0, ...this.#seeds.keys()) + 1;
    const made = await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeJson(join(this.#folder, `${number}.json`), record);
    if (made !== undefined) await flushFolderAsync(join(this.#folder, '..'));
    await this.#open(number, record);
  }

  /** How many archives there are. */
  get count(): number {
    return [...this.#seeds.values()].reduce((sum, stored) => sum + stored.count, 0);
  }

  /** The archive of that ID, if it is there. */
  find(archiveId: string): SeededArchive | undefined {
    const found = this.findDeletedToo(archiveId);
    return found?.stored.isThere(found.index) ? found : undefined;
  }

  /** As `find`, but also an archive that was deleted: a job may still hand it out. */
  findDeletedToo(archiveId: string): SeededArchive | undefined {
    for (const stored of this.#seeds.values()) {
      const index = stored.seed.indexOf(archiveId);
      if (index !== undefined) return { stored, index };
    }
    return undefined;
  }

  /** Deletes archives; those that are not there are passed over. Resolves when that would survive a crash. */
  async delete(archiveIds: readonly string[]): Promise<void> {
    const indexes = new Map<StoredSeed, number[]>();
    for (const archiveId of archiveIds) {
      const found = this.find(archiveId);
      if (!found) continue;
      const ofSeed = indexes.get(found.stored) ?? [];
      ofSeed.push(found.index);
      indexes.set(found.stored, ofSeed);
    }
    for (const [stored, ofSeed] of indexes) await stored.delete(ofSeed);
  }

  /** What an inventory that is taken now finds. */
  get snapshot(): SeedSnapshot[] {
    return [...this.#seeds.values()].map(({ number, deletions }) => ({ seed: number, deletions }));
  }

  get(number: number): StoredSeed {
    const stored = this.#seeds.get(number);
    if (!stored) throw new Error(`${join(this.#folder, `${number}.json`)} is missing`);
    return stored;
  }

  async #open(number: number, record: SeedRecord): Promise<void> {
    this.#seeds.set(number, await StoredSeed.open(number, record, join(this.#folder, `${number}.deleted`)));
  }
}
