import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { flushFolderAsync } from '../../../os/durable.js';
import { isThereAsync } from '../../../os/presence.js';
import { invalid, uploadNotFound } from '../../errors.js';
import { TOMBSTONE_LIFE_MS } from '../../limits.js';
import type { ArchiveRecord } from '../archive-record.js';
import type { Archives } from '../archives.js';
import { Batch } from '../batch.js';
import { readJson, writeJson } from '../durable.js';
import { numbersIn } from '../numbered.js';
import type { UploadRecord } from './part-owner.js';
import { Upload, uploadFile } from './upload.js';

/** What stays of an upload that has ended, so that repeating the last request is answered the same. */
interface Tombstone {
  readonly uploadId: string;
  readonly endedAtMs: number;
  /** None: it was aborted. */
  readonly archive?: Pick<ArchiveRecord, 'archiveId' | 'sizeBytes' | 'treeHash'>;
}

const tombstoneFile = 'ended.json';

/** A vault's multipart uploads, open and lately ended, each in a folder `<n>`. */
export class Uploads {
  readonly #folder: string;
  readonly #open = new Map<string, Upload>();
  readonly #ended = new Map<string, { number: number; tombstone: Tombstone }>();
  /** Uploads that begin together share them. */
  readonly #flushes = new Batch<void>(() => flushFolderAsync(this.#folder));
  #nextNumber = 1;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async load(archives: Archives, trustBytes: boolean): Promise<void> {
    const completed = new Map<string | undefined, ArchiveRecord>();
    for (const record of archives.all) completed.set(record.uploadId, record);
    for (const number of await numbersIn(this.#folder)) {
      this.#nextNumber = number + 1;
      await this.#loadOne(number, completed, trustBytes);
    }
  }

  async #loadOne(
    number: number,
    completed: ReadonlyMap<string | undefined, ArchiveRecord>,
    trustBytes: boolean,
  ): Promise<void> {
    const folder = this.#folderOf(number);
    let tombstone = await readJson<Tombstone>(join(folder, tombstoneFile));
    const { uploadId } = (await readJson<UploadRecord>(join(folder, uploadFile))) ?? {};
    const made = uploadId === undefined ? undefined : completed.get(uploadId);
    if (!tombstone && made && uploadId !== undefined) {
      // A crash fell between the archive's appearance and the note that the upload is over.
      const { archiveId, sizeBytes, treeHash } = made;
      tombstone = {
        uploadId,
        endedAtMs: Date.parse(made.createdAt),
        archive: { archiveId, sizeBytes, treeHash },
      };
      await writeJson(join(folder, tombstoneFile), tombstone);
    }
    if (tombstone) {
      this.#ended.set(tombstone.uploadId, { number, tombstone });
      await this.#removeRemains(number, tombstoneFile);
      return;
    }
    const hasBytes = await isThereAsync(join(folder, 'archive'));
    const upload = hasBytes ? await Upload.load(number, folder, trustBytes) : undefined;
    if (upload) this.#open.set(upload.record.uploadId, upload);
    else await rm(folder, { recursive: true, force: true });
  }

  async create(record: UploadRecord): Promise<Upload> {
    const number = this.#nextNumber++;
    const flush = (): Promise<void> => this.#flushes.add();
    const upload = await Upload.create(number, this.#folderOf(number), record, flush);
    this.#open.set(record.uploadId, upload);
    return upload;
  }

  /**
   * The open upload of that ID; the service's 404 if it never was, has ended or has expired. One that is just being
   * ended is waited for: a Complete that fails leaves it open, and a 404 in between would be a lie.
   */
  async find(uploadId: string, nowMs: number): Promise<Upload> {
    const upload = this.#findEnding(uploadId, nowMs);
    if (!upload.closed) return upload;
    await upload.mutex.run(async () => undefined);
    if (upload.closed) throw uploadNotFound(uploadId);
    return upload;
  }

  /** As `find`, but also one that another request is just ending: how that goes is worth waiting for. */
  #findEnding(uploadId: string, nowMs: number): Upload {
    const upload = this.#open.get(uploadId);
    if (!upload || upload.isExpired(nowMs)) throw uploadNotFound(uploadId);
    return upload;
  }

  list(nowMs: number): Upload[] {
    return [...this.#open.values()].filter((upload) => !upload.closed && !upload.isExpired(nowMs));
  }

  /** Ends an upload and drops its parts. Repeating it is no error for a while, after Complete it is one. */
  async abort(uploadId: string, nowMs: number): Promise<void> {
    const ended = this.#endedLately(uploadId, nowMs);
    if (ended && !ended.archive) return;
    const upload = this.#findEnding(uploadId, nowMs);
    await upload.mutex.run(async () => {
      if (upload.closed) {
        // Another request ended it while this one waited.
        if (this.#ended.get(uploadId)?.tombstone.archive) throw uploadNotFound(uploadId);
        return;
      }
      await upload.close();
      await this.#end(upload, { uploadId, endedAtMs: nowMs });
    });
  }

  /** Turns an upload into an archive, or gives the archive that it became when the first Complete succeeded. */
  async complete(
    uploadId: string,
    asked: { sizeBytes: number; treeHash: string; sentTreeHash: string },
    nowMs: number,
    adopt: (upload: Upload) => Promise<ArchiveRecord>,
  ): Promise<Tombstone['archive'] & object> {
    const wrongHash = () => invalid(`Invalid x-amz-sha256-tree-hash: ${asked.sentTreeHash}`);
    const before = () => {
      const archive = this.#endedLately(uploadId, nowMs)?.archive;
      if (archive && archive.treeHash !== asked.treeHash) throw wrongHash();
      if (archive && archive.sizeBytes !== asked.sizeBytes) {
        throw invalid(`Invalid x-amz-archive-size: ${asked.sizeBytes}`);
      }
      return archive;
    };
    const already = before();
    if (already) return already;
    const upload = this.#findEnding(uploadId, nowMs);
    return upload.mutex.run(async () => {
      const meanwhile = before();
      if (meanwhile) return meanwhile;
      if (upload.closed) throw uploadNotFound(uploadId);
      await upload.settleParts();
      if (upload.wholeTreeHash(asked.sizeBytes) !== asked.treeHash) throw wrongHash();
      await upload.close();
      let record: ArchiveRecord;
      try {
        record = await adopt(upload);
      } catch (error) {
        upload.reopen();
        throw error;
      }
      const { archiveId, sizeBytes, treeHash } = record;
      const archive = { archiveId, sizeBytes, treeHash };
      await this.#end(upload, { uploadId, endedAtMs: nowMs, archive });
      return archive;
    });
  }

  /** Frees what expired uploads and old tombstones hold. */
  async sweep(nowMs: number): Promise<void> {
    for (const [uploadId, upload] of this.#open) {
      await upload.mutex.run(async () => {
        if (upload.closed || !upload.isExpired(nowMs)) return;
        await upload.close();
        this.#open.delete(uploadId);
        await rm(upload.folder, { recursive: true, force: true });
      });
    }
    for (const [uploadId, { number, tombstone }] of this.#ended) {
      if (nowMs - tombstone.endedAtMs < TOMBSTONE_LIFE_MS) continue;
      this.#ended.delete(uploadId);
      await rm(this.#folderOf(number), { recursive: true, force: true });
    }
  }

  /** Takes every upload away from the requests that are sending parts, before the vault goes. */
  async closeAll(): Promise<void> {
    for (const upload of this.#open.values()) await upload.close();
  }

  async #end(upload: Upload, tombstone: Tombstone): Promise<void> {
    let stays = tombstoneFile;
    try {
      await writeJson(join(upload.folder, tombstoneFile), tombstone);
    } catch (error) {
      if (!tombstone.archive) {
        upload.reopen();
        throw error;
      }
      // The record of the archive names the upload: together with that of the upload it says the same after a restart.
      stays = uploadFile;
    }
    this.#ended.set(tombstone.uploadId, { number: upload.number, tombstone });
    this.#open.delete(tombstone.uploadId);
    await this.#removeRemains(upload.number, stays).catch(() => undefined);
  }

  async #removeRemains(number: number, stays: string): Promise<void> {
    const folder = this.#folderOf(number);
    for (const name of await readdir(folder)) {
      if (name !== stays) await rm(join(folder, name), { force: true });
    }
  }

  #endedLately(uploadId: string, nowMs: number): Tombstone | undefined {
    const tombstone = this.#ended.get(uploadId)?.tombstone;
    return tombstone && nowMs - tombstone.endedAtMs < TOMBSTONE_LIFE_MS ? tombstone : undefined;
  }

  #folderOf(number: number): string {
    return join(this.#folder, String(number));
  }
}
