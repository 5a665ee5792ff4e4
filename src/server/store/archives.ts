import { constants, copyFile, link, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushFolderAsync } from '../../os/durable.js';
import { archiveNotFound } from '../errors.js';
import type { ArchiveRecord, InventoriedArchive } from './archive-record.js';
import { readJsonSync, writeJson } from './durable.js';
import { numbersIn } from './numbered.js';

/** A vault's archives: `<n>.archive` holds the bytes as they were sent, `<n>.json` what is known of them. */
export class Archives {
  readonly folder: string;
  readonly #records = new Map<string, { number: number; record: ArchiveRecord }>();
  #nextNumber = 1;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Reads the folder. A record without bytes is half of an addition or of a deletion that a crash cut short. */
  async load(): Promise<void> {
    const withBytes = new Set(await numbersIn(this.folder, '.archive'));
    for (const number of await numbersIn(this.folder, '.json')) {
      this.#nextNumber = number + 1;
      const record = readJsonSync<ArchiveRecord>(this.#path(number, 'json'));
      if (record && withBytes.has(number)) this.#records.set(record.archiveId, { number, record });
      else await rm(this.#path(number, 'json'));
    }
  }

  get all(): ArchiveRecord[] {
    return [...this.#records.values()].map(({ record }) => record);
  }

  /** As an inventory lists them: in the order in which they came. */
  get inventoried(): InventoriedArchive[] {
    return [...this.#records.values()].map(({ number, record }) => {
      const { archiveId, description, sizeBytes, treeHash, createdAt } = record;
      return { number, archiveId, description, sizeBytes, treeHash, createdAt };
    });
  }

  find(archiveId: string): ArchiveRecord | undefined {
    return this.#records.get(archiveId)?.record;
  }

  get count(): number {
    return this.#records.size;
  }

  /** Takes a file of synced bytes into the vault. The rename, after the record is safe, is the moment it is there. */
  async adopt(path: string, record: ArchiveRecord): Promise<void> {
    const number = this.#nextNumber++;
    await writeJson(this.#path(number, 'json'), record);
    try {
      await rename(path, this.#path(number, 'archive'));
    } catch (error) {
      await rm(this.#path(number, 'json'), { force: true });
      throw error;
    }
    this.#records.set(record.archiveId, { number, record });
    await flushFolderAsync(this.folder);
    await flushFolderAsync(dirname(path));
  }

  /** Deletes archives; those that are not there are passed over. */
  async delete(archiveIds: readonly string[]): Promise<void> {
    let any = false;
    for (const archiveId of archiveIds) {
      const found = this.#records.get(archiveId);
      if (!found) continue;
      any = true;
      await rm(this.#path(found.number, 'archive'));
      this.#records.delete(archiveId);
      await rm(this.#path(found.number, 'json'), { force: true });
    }
    if (any) await flushFolderAsync(this.folder);
  }

  /** Gives an archive's bytes a second name, under which they stay when the archive is deleted. */
  async link(archiveId: string, path: string): Promise<ArchiveRecord> {
    const found = this.#records.get(archiveId);
    if (!found) throw archiveNotFound(archiveId);
    const bytes = this.#path(found.number, 'archive');
    // Not every file system has links.
    await link(bytes, path).catch(() => copyFile(bytes, path, constants.COPYFILE_FICLONE));
    return found.record;
  }

  #path(number: number, ending: string): string {
    return join(this.folder, `${number}.${ending}`);
  }
}
