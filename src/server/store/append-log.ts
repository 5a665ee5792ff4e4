import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { constants, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolderAsync } from '../../os/durable.js';
import { isMissing } from '../../os/errno.js';
import { Batch } from './batch.js';
import { writeDurably } from './durable.js';

/**
 * A file of ASCII lines that is only appended to. Appending costs the same with a million lines as with one, and lines that
 * arrive together share one flush. What a crash or a full disk cut short is written over; it was never acknowledged.
 * Such a line has no end, or zeros where its bytes did not reach the disk. Any other damage befell what was acknowledged.
 */
export class AppendLog {
  readonly #path: string;
  /** Up to here the file is known to be whole. */
  #lengthBytes: number;
  #hasRemains: boolean;
  readonly #batch = new Batch<string>((lines) => this.#write(lines));

  private constructor(path: string, lengthBytes: number, hasRemains: boolean) {
    this.#path = path;
    this.#lengthBytes = lengthBytes;
    this.#hasRemains = hasRemains;
  }

  /**
   * Reads a log; there need not be one. `take` gets each line, and says whether the line is whole.
   * @throws when a line is damaged that no crash has cut short
   */
  static async read(path: string, take: (line: string) => boolean): Promise<AppendLog> {
    let [lengthBytes, endBytes, lineNumber, rest] = [0, 0, 0, ''];
    try {
      // One character a byte: the lines are ASCII, and damage must not shift what follows it.
      for await (const piece of createReadStream(path, { encoding: 'latin1' })) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          endBytes += line.length + 1;
          lineNumber += 1;
          if (take(line)) lengthBytes = endBytes;
          else if (!line.includes('\0')) throw damagedLine(path, lineNumber);
        }
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return new AppendLog(path, lengthBytes, endBytes + rest.length > lengthBytes);
  }

  /** Resolves when the line is on the disk. */
  append(line: string): Promise<void> {
    return this.#batch.add(line);
  }

  /** Replaces all lines; only while nobody appends. */
  async rewrite(lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join('');
    await writeDurably(this.#path, text);
    this.#lengthBytes = text.length;
    this.#hasRemains = false;
  }

  async #write(lines: readonly string[]): Promise<void> {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const isFirst = this.#lengthBytes === 0;
    const handle = await open(this.#path, constants.O_WRONLY | constants.O_CREAT, 0o600);
    try {
      if (this.#hasRemains) await handle.truncate(this.#lengthBytes);
      this.#hasRemains = true;
      for (let written = 0; written < bytes.length; ) {
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
    if (isFirst) await flushFolderAsync(dirname(this.#path));
    this.#lengthBytes += bytes.length;
    this.#hasRemains = false;
  }
}

function damagedLine(path: string, lineNumber: number): Error {
  return new Error(
    `line ${lineNumber} of ${path} is damaged; restore the file from a backup, or delete the line to go on without what it says`,
  );
}

const checksumOf = (text: string): string => hash('sha256', text).slice(0, 16);

/** A value as a line that shows by its checksum whether it is whole. */
export function checkedLine(value: unknown): string {
  const json = JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${checksumOf(json)} ${json}`;
}

/** The value of such a line; undefined when the line is damaged. */
export function readCheckedLine<T>(line: string): T | undefined {
  const json = line.slice(17);
  return checksumOf(json) === line.slice(0, 16) ? (JSON.parse(json) as T) : undefined;
}
