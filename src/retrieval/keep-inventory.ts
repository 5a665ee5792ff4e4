/**
 * An inventory on its way: its bytes in `FILE.part`, and in `FILE.part.ranges` which of them are there, a line for each
 * range with its SHA-256, only ever appended. Nothing is flushed before the end: the next run believes in no range whose
 * bytes do not have their hash. The service tells no hash of an inventory; this one only says what is on the disk.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type ByteRange, parseRangeText, rangeText } from '../glacier/byte-range.js';
import { writeWhole } from '../os/durable.js';
import { isMissing } from '../os/errno.js';
import { checked, stateUnusable } from '../session/folders.js';
import { partName, rangesName } from './part-name.js';

/** The job's output that the bytes are of. */
export interface InventoryOutput {
  jobId: string;
  sizeBytes: number;
}

interface NotedRange {
  range: ByteRange;
  /** Hex. */
  sha256: string;
}

/** What an earlier run has left of a file; null when nothing that can be read. */
export function leftOf(file: string): { output: InventoryOutput; noted: NotedRange[] } | null {
  const [header, ...lines] = checked(rangesName(file), () => linesOf(rangesName(file)));
  const { schema, jobId, sizeBytes } = parsed(header ?? '');
  if (schema !== 1 || typeof jobId !== 'string' || typeof sizeBytes !== 'number') return null;
  const noted = lines.map(parsed).flatMap(({ range, sha256 }) => {
    const bytes = typeof range === 'string' ? parseRangeText(range) : null;
    return bytes && bytes.end <= sizeBytes && typeof sha256 === 'string' ? { range: bytes, sha256 } : [];
  });
  return { output: { jobId, sizeBytes }, noted };
}

/** Removes what earlier runs have downloaded of an inventory. @throws GlacierUpError `output-unwritable` */
export function dropLeft(file: string): void {
  checked(file, () => {
    for (const name of [rangesName(file), partName(file)]) rmSync(name, { force: true });
  });
}

/** How many bytes the ranges have in all; they do not overlap. */
export function sizeOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/**
 * The ranges of a file that are not there, cut to pieces.
 * @param there in any order; they may overlap
 * @param mostBytes of a piece
 */
export function missingRanges(
  sizeBytes: number,
  there: readonly ByteRange[],
  mostBytes: number,
): ByteRange[] {
  const missing: ByteRange[] = [];
  let start = 0;
  const byStart = [...there].sort((a, b) => a.start - b.start);
  for (const next of [...byStart, { start: sizeBytes, end: sizeBytes }]) {
    for (; start < next.start; start = Math.min(start + mostBytes, next.start)) {
      missing.push({ start, end: Math.min(start + mostBytes, next.start) });
    }
    start = Math.max(start, next.end);
  }
  return missing;
}

/** An inventory that is being downloaded. Every method throws GlacierUpError `state-unusable`. */
export class PartialInventory {
  readonly #file: string;
  readonly #fd: number;
  readonly #notes: number;
  #noted: NotedRange[];

  /** Begins, or goes on with what is left of the same output. Somebody must hold a lock on the file. */
  constructor(file: string, output: InventoryOutput) {
    const left = leftOf(file);
    const isSame = left?.output.jobId === output.jobId && left.output.sizeBytes === output.sizeBytes;
    if (!isSame) dropLeft(file);
    this.#file = file;
    this.#noted = isSame ? left.noted : [];
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const part = partName(file);
    const notes = rangesName(file);
    this.#fd = checked(part, () => openSync(part, flags, 0o600));
    try {
      this.#notes = checked(notes, () => {
        const { jobId, sizeBytes } = output;
        if (!isSame) writeFileSync(notes, JSON.stringify({ schema: 1, jobId, sizeBytes }), { mode: 0o600 });
        return openSync(notes, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
      });
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** What was noted as being there; `readBack` tells whether it is. */
  get noted(): readonly ByteRange[] {
    return this.#noted.map(({ range }) => range);
  }

  /**
   * Reads what earlier runs have noted.
   * @param onRead told how many bytes were read
   * @returns the ranges that have their hash
   */
  async readBack(signal: AbortSignal, onRead: (sizeBytes: number) => void): Promise<ByteRange[]> {
    const there: ByteRange[] = [];
    for (const { range, sha256 } of this.#noted) {
      signal.throwIfAborted();
      if ((await this.#hashOf(range)) === sha256) there.push(range);
      onRead(range.end - range.start);
    }
    return there;
  }

  async #hashOf({ start, end }: ByteRange): Promise<string> {
    const hash = createHash('sha256');
    const bytes = createReadStream('', { fd: this.#fd, autoClose: false, start, end: end - 1 });
    try {
      for await (const piece of bytes) hash.update(piece);
    } catch (cause) {
      throw stateUnusable(partName(this.#file), cause);
    }
    return hash.digest('hex');
  }

  /** The bytes are there from now on. */
  write(bytes: Buffer, start: number): void {
    const range = rangeText({ start, end: start + bytes.length });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    checked(partName(this.#file), () => writeWhole(this.#fd, bytes, start));
    // A line that a crash cut off spoils only itself.
    const note = Buffer.from(`\n${JSON.stringify({ range, sha256 })}`);
    checked(rangesName(this.#file), () => writeWhole(this.#notes, note));
  }

  /** On return all of it is on the disk for good. @returns the name that it has there */
  flush(): string {
    checked(partName(this.#file), () => fsyncSync(this.#fd));
    return partName(this.#file);
  }

  close(): void {
    closeSync(this.#fd);
    closeSync(this.#notes);
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
