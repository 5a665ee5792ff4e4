import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unavailable, uploadNotFound } from '../../errors.js';
import { writePieces } from '../file-range.js';
import { moveIntoPlace } from '../set-aside.js';
import type { PartOwner } from './part-owner.js';

/** Takes the bytes of one part while they arrive, and lists the part once they are proved. */
export class PartWriter {
  readonly #upload: PartOwner;
  readonly #index: number;
  readonly #aside: string | undefined;
  readonly #onEnd: () => void;
  #handle: FileHandle | undefined;
  #writing: Promise<void> = Promise.resolve();
  #revoked = false;

  constructor(upload: PartOwner, index: number, aside: string | undefined, onEnd: () => void) {
    this.#upload = upload;
    this.#index = index;
    this.#aside = aside;
    this.#onEnd = onEnd;
  }

  async open(): Promise<void> {
    try {
      this.#handle =
        this.#aside === undefined
          ? await open(this.#upload.archivePath, 'r+')
          : await open(join(this.#upload.folder, this.#aside), 'wx', 0o600);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  write(pieces: Buffer[], offsetBytes: number): Promise<void> {
    const handle = this.#handle;
    if (this.#revoked || !handle) return Promise.reject(unavailable());
    const start = this.#aside === undefined ? this.#index * this.#upload.record.partSizeBytes : 0;
    this.#writing = writePieces(handle, pieces, start + offsetBytes);
    return this.#writing;
  }

  /** No byte is written after this has resolved: the place belongs to somebody else now. */
  async revoke(): Promise<void> {
    this.#revoked = true;
    this.#release();
    await this.#writing.catch(() => undefined);
  }

  /** Lists the part. Resolves when that would survive a crash. */
  async accept(sizeBytes: number, treeHash: string, nowMs: number): Promise<void> {
    const part = { index: this.#index, sizeBytes, treeHash, receivedAtMs: nowMs };
    try {
      if (this.#aside === undefined) await this.#acceptInPlace(part);
      else await this.#upload.mutex.run(() => this.#replace({ ...part, aside: this.#aside as string }));
    } finally {
      await this.end();
    }
  }

  /** To be called however the request ends; a part not accepted by then leaves no trace. */
  async end(): Promise<void> {
    const handle = this.#handle;
    if (!handle) return;
    this.#handle = undefined;
    this.#release();
    this.#onEnd();
    await handle.close();
    const listed = this.#upload.part(this.#index);
    if (this.#aside !== undefined && listed?.aside !== this.#aside) {
      await rm(join(this.#upload.folder, this.#aside), { force: true });
    }
  }

  async #acceptInPlace(part: { index: number; sizeBytes: number; treeHash: string; receivedAtMs: number }) {
    if (this.#revoked) throw this.#lost();
    await this.#upload.journal.append(part);
    if (this.#revoked) throw this.#lost();
    this.#upload.list(part);
    void this.#upload.flushSoon();
  }

  /**
   * The journal line that names the file beside the archive is the moment of replacement. From then on the old bytes
   * may be written over: should that stop half way, it is done again, from the same file, at the next start.
   */
  async #replace(part: Parameters<typeof moveIntoPlace>[1]): Promise<void> {
    const { journal, closed } = this.#upload;
    if (closed) throw this.#lost();
    const listed = this.#upload.part(part.index);
    if (listed && listed.treeHash === part.treeHash && listed.sizeBytes === part.sizeBytes) {
      const { aside: _, ...same } = part;
      const again = listed.aside === undefined ? same : { ...same, aside: listed.aside };
      await journal.append(again);
      this.#upload.list(again);
      return;
    }
    // The request that was writing in place, most likely a connection the client has given up on, comes too late.
    await this.#upload.writers.get(part.index)?.revoke();
    await this.#handle?.datasync();
    await journal.append(part);
    this.#upload.list(part);
    await moveIntoPlace(this.#upload, part);
  }

  #lost(): Error {
    return this.#upload.closed ? uploadNotFound(this.#upload.record.uploadId) : unavailable();
  }

  #release(): void {
    if (this.#upload.writers.get(this.#index) === this) this.#upload.writers.delete(this.#index);
  }
}
