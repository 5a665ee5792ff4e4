import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { isMissing } from '../../os/errno.js';
import { writeDurably } from './durable.js';

/** A part as the journal knows it. With `aside`, its bytes still stand in that file beside the archive. */
export interface StoredPart {
  readonly index: number;
  readonly sizeBytes: number;
  readonly treeHash: string;
  readonly receivedAtMs: number;
  readonly aside?: string;
}

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

const lineOf = (part: StoredPart): string => {
  const json = JSON.stringify(part);
  return `${checksumOf(json)} ${json}\n`;
};

/**
 * The list of an upload's parts: one line a part, the later line of two counts. Appending costs the same with 10,000
 * parts as with one, and parts that arrive together share one fsync. Each line carries a checksum, so one that a
 * crash cut short is left out rather than misread; it was never acknowledged.
 */
export class PartJournal {
  readonly #path: string;
  #lengthBytes: number;
  #waiting: Waiting[] = [];
  #writing = false;

  private constructor(path: string, lengthBytes: number) {
    this.#path = path;
    this.#lengthBytes = lengthBytes;
  }

  static async read(path: string): Promise<{ journal: PartJournal; parts: StoredPart[] }> {
    let text = '';
    try {
      // One character a byte: the lines are ASCII, and damage must not shift what follows it.
      text = await readFile(path, 'latin1');
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const parts: StoredPart[] = [];
    let lengthBytes = 0;
    let end = 0;
    for (const line of text.split('\n').slice(0, -1)) {
      end += line.length + 1;
      const [checksum, json] = [line.slice(0, 16), line.slice(17)];
      if (checksumOf(json) !== checksum) continue;
      parts.push(JSON.parse(json) as StoredPart);
      lengthBytes = end;
    }
    return { journal: new PartJournal(path, lengthBytes), parts };
  }

  /** Resolves when the part's line is on the disk. */
  append(part: StoredPart): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ line: lineOf(part), done, failed });
      if (!this.#writing) void this.#writeWaiting();
    });
  }

  /** Replaces the whole list; only while nobody appends. */
  async rewrite(parts: readonly StoredPart[]): Promise<void> {
    const text = parts.map(lineOf).join('');
    await writeDurably(this.#path, text);
    this.#lengthBytes = Buffer.byteLength(text);
  }

  async #writeWaiting(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(Buffer.from(batch.map(({ line }) => line).join('')));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = false;
  }

  /** Writes at the end of what is known to be whole, so that a write that failed half way is written over. */
  async #write(bytes: Buffer): Promise<void> {
    const handle = await open(this.#path, 'r+');
    try {
      let written = 0;
      while (written < bytes.length) {
        const { bytesWritten } = await handle.write(
          bytes,
          written,
          bytes.length - written,
          this.#lengthBytes + written,
        );
        written += bytesWritten;
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    this.#lengthBytes += bytes.length;
  }
}
