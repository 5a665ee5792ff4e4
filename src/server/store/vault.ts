import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonDate } from '../dates.js';
import { vaultNotFound } from '../errors.js';
import { newArchiveId } from '../ids.js';
import { Mutex } from '../mutex.js';
import type { ArchiveRecord } from './archive-record.js';
import { type ArchiveLine, Archives } from './archives.js';
import { Batch } from './batch.js';
import { UNFINISHED_SUFFIX } from './durable.js';
import type { Inventory } from './jobs/inventory.js';
import { Jobs } from './jobs/jobs.js';
import type { SeedRecord } from './seeds/seed.js';
import { Seeds } from './seeds/seeds.js';
import { type InspectedVault, Stock, type VaultRecord } from './stock.js';
import { Uploads } from './uploads/uploads.js';
import { VaultPolicies } from './vault-policies.js';

/** In the folder of a vault. */
export const archivesFolder = 'archives';

export interface VaultSettings {
  readonly inventoryEveryMs: number;
  readonly jobLifeMs: number;
  /** False after a power cut: bytes that were not synced may be missing. */
  readonly trustBytes: boolean;
}

interface Addition {
  readonly line: ArchiveLine;
  readonly nowMs: number;
}

interface Deletion {
  readonly archiveId: string;
  readonly nowMs: number;
}

/**
 * One vault and its folder: `vault.json`, `inventory.json`, `archives.log`, `archives/`, `jobs.log`, `jobs/`, `uploads/` and
 * `seeds/`.
 */
export class Vault {
  readonly folder: string;
  readonly archives: Archives;
  readonly uploads: Uploads;
  readonly jobs: Jobs;
  readonly seeds: Seeds;
  readonly policies: VaultPolicies;
  readonly #additions = new Batch<Addition>((additions) => this.#announce(additions));
  readonly #deletions = new Batch<Deletion>((deletions) => this.#delete(deletions));
  readonly #settings: VaultSettings;
  readonly #mutex = new Mutex();
  readonly #stock: Stock;
  #nextIncoming = 1;
  #isShut = false;

  constructor(folder: string, record: VaultRecord, settings: VaultSettings) {
    this.folder = folder;
    this.#settings = settings;
    this.archives = new Archives(join(folder, archivesFolder));
    this.uploads = new Uploads(join(folder, 'uploads'));
    this.jobs = new Jobs(join(folder, 'jobs'), settings.jobLifeMs);
    this.seeds = new Seeds(join(folder, 'seeds'));
    this.policies = new VaultPolicies(folder);
    const { archives, seeds } = this;
    this.#stock = new Stock(folder, record, { everyMs: settings.inventoryEveryMs, archives, seeds });
  }

  async load(nowMs: number): Promise<void> {
    await this.archives.load();
    await this.seeds.load();
    await this.policies.load();
    await this.uploads.load(this.archives, this.#settings.trustBytes);
    await this.jobs.load(nowMs);
    await this.#stock.load();
  }

  get record(): VaultRecord {
    return this.#stock.record;
  }

  /** The record with the last inventory that is due by now. */
  inspect(nowMs: number): Promise<InspectedVault> {
    return this.#alone(async () => {
      await this.#stock.takeIfDue(nowMs);
      return this.#stock.inspected;
    });
  }

  /** The last inventory that is due by now; undefined before the first. */
  lastInventory(nowMs: number): Promise<Inventory | undefined> {
    return this.#alone(async () => {
      await this.#stock.takeIfDue(nowMs);
      return this.#stock.inventory();
    });
  }

  /** As Archives.link, and no archive is deleted meanwhile. */
  linkArchive(archiveId: string, path: string): Promise<ArchiveRecord> {
    return this.#alone(() => this.archives.link(archiveId, path));
  }

  /**
   * Changes no more, and answers nothing, if the last inventory shows no archive and none has come or gone since.
   * @returns whether it is so
   */
  shutIfEmpty(nowMs: number): Promise<boolean> {
    return this.#alone(async () => {
      await this.#stock.takeIfDue(nowMs);
      this.#isShut = this.#stock.isUpToDate && this.archives.count + this.seeds.count === 0;
      return this.#isShut;
    });
  }

  /** Undoes `shutIfEmpty`, for a deletion that failed. */
  reopen(): void {
    this.#isShut = false;
  }

  completeUpload(
    uploadId: string,
    asked: { sizeBytes: number; treeHash: string; sentTreeHash: string },
    nowMs: number,
  ) {
    return this.uploads.complete(uploadId, asked, nowMs, async (upload) => {
      if (!upload.adopted) {
        await upload.cutAndSync(asked.sizeBytes);
        upload.adopted = await this.#addArchive(upload.archivePath, nowMs, {
          description: upload.record.description,
          sizeBytes: asked.sizeBytes,
          treeHash: asked.treeHash,
          uploadId,
        });
      }
      await this.archives.settle(upload.archivePath);
      return upload.adopted;
    });
  }

  /** A path for the bytes of an archive that is being received; what is left there by a crash is swept. */
  newIncomingPath(): string {
    return join(this.archives.folder, `incoming-${this.#nextIncoming++}${UNFINISHED_SUFFIX}`);
  }

  async addReceived(
    path: string,
    nowMs: number,
    known: { description: string | null; sizeBytes: number; treeHash: string },
  ): Promise<ArchiveRecord> {
    const handle = await open(path, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    const record = await this.#addArchive(path, nowMs, known);
    await this.archives.settle(path);
    return record;
  }

  /** When the archive was made; undefined when it is not there. */
  archiveCreatedAtMs(archiveId: string): number | undefined {
    const stored = this.archives.find(archiveId);
    if (stored) return Date.parse(stored.createdAt);
    const seeded = this.seeds.find(archiveId);
    return seeded?.stored.seed.createdAtMs(seeded.index);
  }

  /** Deletes an archive; deleting what is not there is no error (documented). Deletions that come together share flushes. */
  async deleteArchive(archiveId: string, nowMs: number): Promise<void> {
    if (this.archiveCreatedAtMs(archiveId) !== undefined) await this.#deletions.add({ archiveId, nowMs });
  }

  /**
   * Adds archives that are computed rather than stored, and takes stock, so that the inventory has them at once. A seed
   * that is there already stays as it is.
   */
  seed(record: SeedRecord, nowMs: number): Promise<void> {
    return this.#alone(async () => {
      if (!this.seeds.has(record.text)) await this.seeds.add(record);
      const listed = (await this.#stock.inventory())?.seeds ?? [];
      if (listed.length < this.seeds.snapshot.length) await this.#stock.take(nowMs);
    });
  }

  #delete(deletions: readonly Deletion[]): Promise<void> {
    return this.#alone(async () => {
      const archiveIds = deletions.map(({ archiveId }) => archiveId);
      await this.#stock.noteWrite(Math.max(...deletions.map(({ nowMs }) => nowMs)));
      await this.seeds.delete(archiveIds);
      await this.archives.delete(archiveIds);
    });
  }

  /** Additions that come together share flushes. The archive is there, and not yet settled. */
  async #addArchive(
    path: string,
    nowMs: number,
    known: Omit<ArchiveRecord, 'archiveId' | 'createdAt'>,
  ): Promise<ArchiveRecord> {
    const record = { archiveId: newArchiveId(), createdAt: jsonDate(nowMs), ...known };
    const line = this.archives.numbered(record);
    await this.#additions.add({ line, nowMs });
    await this.#alone(async () => {
      // Stock may have been taken since.
      await this.#stock.noteWrite(nowMs);
      await this.archives.adopt(path, line);
    });
    return record;
  }

  #announce(additions: readonly Addition[]): Promise<void> {
    return this.#alone(async () => {
      await this.#stock.noteWrite(Math.max(...additions.map(({ nowMs }) => nowMs)));
      await this.archives.announce(additions.map(({ line }) => line));
    });
  }

  /** One after the other, until the vault is shut. @throws ServiceError that there is no such vault, then */
  #alone<T>(action: () => Promise<T>): Promise<T> {
    return this.#mutex.run(() => {
      if (this.#isShut) throw vaultNotFound(this.record.name);
      return action();
    });
  }
}
