import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { invalid, uploadNotFound } from '../../errors.js';
import { joinRawTreeHashes, treeHashOfPieces } from '../../hashes/tree-hash.js';
import { UPLOAD_LIFE_MS } from '../../limits.js';
import { Mutex } from '../../mutex.js';
import type { ArchiveRecord } from '../archive-record.js';
import { readJson, syncBytes, writeJson } from '../durable.js';
import { readRange, writePieces } from '../file-range.js';
import { moveIntoPlace } from '../set-aside.js';
import { PartJournal, type StoredPart } from './part-journal.js';
import type { PartOwner, UploadRecord } from './part-owner.js';
import { PartWriter } from './part-writer.js';

/** The record of an upload, in its folder. */
export const uploadFile = 'upload.json';

/**
 * One open multipart upload. All its parts stand in one file, each at its place in the archive, so that Complete
 * has only to rename it. The list of parts is the journal; bytes that it does not list mean nothing.
 */
export class Upload implements PartOwner {
  readonly number: number;
  readonly record: UploadRecord;
  readonly folder: string;
  /** Held by everything that changes the upload as a whole, or a part that is listed already. */
  readonly mutex = new Mutex();
  readonly journal: PartJournal;
  readonly writers = new Map<number, PartWriter>();
  readonly #parts = new Map<number, StoredPart>();
  #activeAtMs: number;
  #listed: StoredPart[] | undefined;
  #nextAside = 1;
  #receiving = 0;
  #flushing: 'no' | 'yes' | 'again' = 'no';
  #syncFailed = false;
  closed = false;
  /** What it became, also if that is not certain to stay yet. */
  adopted: ArchiveRecord | undefined;

  private constructor(
    number: number,
    folder: string,
    record: UploadRecord,
    journal: PartJournal,
    parts: readonly StoredPart[],
  ) {
    this.number = number;
    this.folder = folder;
    this.record = record;
    this.journal = journal;
    this.#activeAtMs = record.createdAtMs;
    for (const part of parts) this.list(part);
  }

  /**
   * Makes the folder of a new upload; the record, written last, is what makes it one.
   * @param flushParent that the folder is there is on the disk when it resolves
   */
  static async create(
    number: number,
    folder: string,
    record: UploadRecord,
    flushParent: () => Promise<void>,
  ): Promise<Upload> {
    try {
      await mkdir(folder, { mode: 0o700 });
      for (const name of ['archive', 'parts.log'])
        await (await open(join(folder, name), 'wx', 0o600)).close();
      await writeJson(join(folder, uploadFile), record);
      await flushParent();
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    const { journal } = await PartJournal.read(join(folder, 'parts.log'));
    return new Upload(number, folder, record, journal, []);
  }

  /** Reads an upload back, finishing a replacement that a crash interrupted. Undefined: none was ever acknowledged. */
  static async load(number: number, folder: string, trustBytes: boolean): Promise<Upload | undefined> {
    const record = await readJson<UploadRecord>(join(folder, uploadFile));
    if (!record) return undefined;
    const { journal, parts } = await PartJournal.read(join(folder, 'parts.log'));
    const upload = new Upload(number, folder, record, journal, parts);
    // A disk still full is no reason not to start; Complete will try again.
    await upload.settleParts().catch(() => undefined);
    await upload.#sweepAside();
    if (!trustBytes) await upload.#dropLostParts();
    return upload;
  }

  get archivePath(): string {
    return join(this.folder, 'archive');
  }

  /** The parts in the order of their ranges. */
  get parts(): readonly StoredPart[] {
    this.#listed ??= [...this.#parts.values()].sort((a, b) => a.index - b.index);
    return this.#listed;
  }

  /**
   * Has the bytes received so far written to the disk, in the background: the disk is busy while parts still come,
   * and Complete, which waits for it, finds little left to wait for.
   */
  async flushSoon(): Promise<void> {
    if (this.#flushing !== 'no') {
      this.#flushing = 'again';
      return;
    }
    try {
      do {
        this.#flushing = 'yes';
        await syncBytes(this.archivePath);
      } while ((this.#flushing as string) === 'again');
    } catch {
      // Complete does it again, and tells the client if it still fails.
      this.#syncFailed = !this.closed;
    } finally {
      this.#flushing = 'no';
    }
  }

  /**
   * Cuts the bytes to the archive's size and has them on the disk when it resolves. The system reports a failed sync
   * only once and then takes the bytes for written, so after one they are all written again before the next.
   */
  async cutAndSync(sizeBytes: number): Promise<void> {
    if (this.#syncFailed) await this.#writeAgain();
    this.#syncFailed = true;
    await syncBytes(this.archivePath, sizeBytes);
    this.#syncFailed = false;
  }

  /** Undoes `close`, for a Complete that failed. */
  reopen(): void {
    this.closed = false;
  }

  part(index: number): StoredPart | undefined {
    return this.#parts.get(index);
  }

  list(part: StoredPart): void {
    this.#parts.set(part.index, part);
    this.#listed = undefined;
    this.#activeAtMs = Math.max(this.#activeAtMs, part.receivedAtMs);
  }

  isExpired(nowMs: number): boolean {
    return this.#receiving === 0 && nowMs - this.#activeAtMs >= UPLOAD_LIFE_MS;
  }

  /**
   * Where the body of a part goes. In place if nothing can be harmed by it; beside the archive if the part is listed
   * already, or is being received by another request: what was acknowledged must outlive a re-send that fails.
   */
  async beginPart(index: number): Promise<PartWriter> {
    if (this.closed) throw uploadNotFound(this.record.uploadId);
    this.#receiving += 1;
    try {
      const inPlace = !this.#parts.has(index) && !this.writers.has(index);
      const aside = inPlace ? undefined : `aside-${this.#nextAside++}`;
      const writer = new PartWriter(this, index, aside, () => {
        this.#receiving -= 1;
      });
      if (inPlace) this.writers.set(index, writer);
      await writer.open();
      return writer;
    } catch (error) {
      this.#receiving -= 1;
      throw error;
    }
  }

  /** Copies parts that still stand beside the archive into it. */
  async settleParts(): Promise<void> {
    for (const part of this.parts) if (part.aside !== undefined) await moveIntoPlace(this, part);
  }

  /** The whole archive's tree hash, or the reason why the parts do not make an archive of that size. */
  wholeTreeHash(sizeBytes: number): string {
    const { partSizeBytes } = this.record;
    let end = 0;
    for (const part of this.parts) {
      if (part.index * partSizeBytes !== end) break;
      end += part.sizeBytes;
    }
    const last = this.parts.at(-1);
    const lastEnd = last ? last.index * partSizeBytes + last.sizeBytes : 0;
    if (end !== lastEnd) throw invalid(`The archive is incomplete: the first missing byte is ${end}.`);
    if (end !== sizeBytes || end === 0) {
      throw invalid(`Invalid x-amz-archive-size: ${sizeBytes}. The parts add up to ${end} bytes.`);
    }
    return joinRawTreeHashes(this.parts.map((part) => Buffer.from(part.treeHash, 'hex'))).toString('hex');
  }

  /** Takes the upload away from all requests that are still sending parts to it. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.writers.values()].map((writer) => writer.revoke()));
  }

  async #writeAgain(): Promise<void> {
    const handle = await open(this.archivePath, 'r+');
    try {
      let atBytes = 0;
      for await (const bytes of readRange(handle, 0, Number.MAX_SAFE_INTEGER)) {
        await writePieces(handle, [bytes], atBytes);
        atBytes += bytes.length;
      }
    } finally {
      await handle.close();
    }
  }

  async #sweepAside(): Promise<void> {
    const waiting = new Set(this.parts.map((part) => part.aside));
    for (const name of await readdir(this.folder)) {
      if (!name.startsWith('aside-')) continue;
      if (waiting.has(name)) this.#nextAside = Math.max(this.#nextAside, Number(name.slice(6)) + 1);
      else await rm(join(this.folder, name));
    }
  }

  /**
   * After a power cut the journal may name parts whose bytes never reached the disk (each line is synced, the bytes
   * only at Complete). Such parts are forgotten; the client sees them missing and sends them again.
   */
  async #dropLostParts(): Promise<void> {
    const handle = await open(this.archivePath, 'r');
    try {
      for (const part of this.parts) {
        if (part.aside !== undefined) continue;
        const start = part.index * this.record.partSizeBytes;
        if ((await treeHashOfPieces(readRange(handle, start, part.sizeBytes))) !== part.treeHash) {
          this.#parts.delete(part.index);
        }
      }
    } finally {
      await handle.close();
    }
    this.#listed = undefined;
    await this.journal.rewrite(this.parts);
  }
}
