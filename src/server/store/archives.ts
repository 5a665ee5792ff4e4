import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ARCHIVE_OVERHEAD_BYTES } from '../limits.js';
import { readJson, syncFolder, writeJson } from './durable.js';
import { numbersIn } from './numbered.js';

export interface ArchiveRecord {
  readonly archiveId: string;
  readonly description: string | null;
  readonly sizeBytes: number;
  readonly treeHash: string;
  readonly createdAt: string;
  /** The multipart upload it came from. */
  readonly uploadId?: string;
}

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
      const record = await readJson<ArchiveRecord>(this.#path(number, 'json'));
      if (record && withBytes.has(number)) this.#records.set(record.archiveId, { number, record });
      else await rm(this.#path(number, 'json'));
    }
  }

  get all(): ArchiveRecord[] {
    return [...this.#records.values()].map(({ record }) => record);
  }

  get count(): number {
    return this.#records.size;
  }

  /** What the service counts: every archive with its overhead. */
  get sizeBytes(): number {
    return this.all.reduce((sum, { sizeBytes }) => sum + sizeBytes + ARCHIVE_OVERHEAD_BYTES, 0);
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
    await syncFolder(this.folder);
    await syncFolder(dirname(path));
  }

  /** Deletes an archive; deleting what is not there is no error (documented). */
  async delete(archiveId: string): Promise<boolean> {
    const found = this.#records.get(archiveId);
    if (!found) return false;
    await rm(this.#path(found.number, 'archive'));
    this.#records.delete(archiveId);
    await rm(this.#path(found.number, 'json'), { force: true });
    await syncFolder(this.folder);
    return true;
  }

  #path(number: number, ending: string): string {
    return join(this.folder, `${number}.${ending}`);
  }
}
