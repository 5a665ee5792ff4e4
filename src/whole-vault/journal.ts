/**
 * What became of the archives of a plan: lines that are only ever appended, `{"n":12,"s":"done"}`. Of the lines of one
 * archive the last counts, and only lines that are whole do: what a crash cut off was never said.
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { flushFolder, writeWhole } from '../os/durable.js';
import { isThere } from '../os/presence.js';
import { checked } from '../session/folders.js';
import { wholeLines } from './items.js';

export interface Failure {
  code: string;
  message: string;
}

/** How far a plan is: a byte for each archive. */
export class Progress {
  /** How many archives the plan has. */
  readonly total: number;
  readonly failures = new Map<number, Failure>();
  readonly #states: Uint8Array;
  #done = 0;

  constructor(total: number) {
    this.total = total;
    this.#states = new Uint8Array(total);
  }

  get done(): number {
    return this.#done;
  }

  get failed(): number {
    return this.failures.size;
  }

  isDone(n: number): boolean {
    return this.#states[n] === 1;
  }

  noteDone(n: number): void {
    if (this.isDone(n) || n >= this.total) return;
    this.#states[n] = 1;
    this.#done += 1;
    this.failures.delete(n);
  }

  noteFailed(n: number, failure: Failure): void {
    if (!this.isDone(n) && n < this.total) this.failures.set(n, failure);
  }
}

const lineStart = Buffer.from('{"n":');
const doneEnd = Buffer.from(',"s":"done"}');
const [zero, nine] = [0x30, 0x39];

/** A line of a kind of work that has more to say than `done` and `failed`. */
export type OtherLine = { readonly s?: unknown } & Readonly<Record<string, unknown>>;

/**
 * Reads how far a plan is. A line that cannot be read says nothing.
 * @param total how many archives the plan has
 * @param onOther gets the lines that are neither `done` nor `failed`, and how far the plan is before them
 * @throws GlacierUpError `state-unusable`
 */
export function readJournal(
  file: string,
  total: number,
  onOther: (line: OtherLine, soFar: Progress) => void = () => {},
): Progress {
  const progress = new Progress(total);
  if (!checked(file, () => isThere(file))) return progress;
  for (const line of wholeLines(file)) {
    const n = doneIn(line);
    if (n === -1) readLine(progress, line, onOther);
    else progress.noteDone(n);
  }
  return progress;
}

/** Of a million lines nearly all are like this. @returns -1 for any other */
function doneIn(line: Buffer): number {
  const end = line.length - doneEnd.length;
  if (end <= lineStart.length || !hasAt(line, 0, lineStart) || !hasAt(line, end, doneEnd)) return -1;
  let n = 0;
  for (let at = lineStart.length; at < end; at += 1) {
    const digit = line[at] ?? 0;
    if (digit < zero || digit > nine) return -1;
    n = n * 10 + (digit - zero);
  }
  return n;
}

function hasAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let at = 0; at < wanted.length; at += 1) if (bytes[start + at] !== wanted[at]) return false;
  return true;
}

function readLine(
  progress: Progress,
  line: Buffer,
  onOther: (line: OtherLine, soFar: Progress) => void,
): void {
  let read: OtherLine | null;
  try {
    read = JSON.parse(line.toString('utf8'));
  } catch {
    return;
  }
  if (typeof read !== 'object' || read === null) return;
  if (read.s !== 'done' && read.s !== 'failed') {
    onOther(read, progress);
    return;
  }
  if (typeof read.n !== 'number' || !Number.isInteger(read.n) || read.n < 0) return;
  if (read.s === 'done') progress.noteDone(read.n);
  else progress.noteFailed(read.n, { code: String(read.code), message: String(read.message) });
}

/** Appends to the journal of a plan. */
export class JournalWriter {
  readonly #file: string;
  readonly #fd: number;

  /** Opens it, makes it if it is missing, and takes away a line that a crash cut off. @throws GlacierUpError `state-unusable` */
  constructor(file: string) {
    this.#file = file;
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#fd = checked(file, () => openSync(file, flags, 0o600));
    checked(file, () => {
      const wholeBytes = wholeBytesOf(this.#fd);
      if (wholeBytes < fstatSync(this.#fd).size) ftruncateSync(this.#fd, wholeBytes);
      fsyncSync(this.#fd);
      flushFolder(dirname(file));
    });
  }

  /** On return the lines are on disk for good. @throws GlacierUpError `state-unusable`, and none of them is there then */
  append(
    done: readonly number[],
    failed: readonly (Failure & { n: number })[],
    others: readonly OtherLine[] = [],
  ): void {
    if (done.length + failed.length + others.length === 0) return;
    const lines = others.map((line) => `${JSON.stringify(line)}\n`);
    for (const n of done) lines.push(`{"n":${n},"s":"done"}\n`);
    for (const { n, code, message } of failed) {
      lines.push(`${JSON.stringify({ n, s: 'failed', code, message })}\n`);
    }
    this.#write(lines);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(lines: readonly string[]): void {
    checked(this.#file, () => {
      const sizeBytes = fstatSync(this.#fd).size;
      try {
        writeWhole(this.#fd, Buffer.from(lines.join('')));
        fdatasyncSync(this.#fd);
      } catch (error) {
        this.#cutBack(sizeBytes);
        throw error;
      }
    });
  }

  /** What could not be flushed may be read back from memory all the same. */
  #cutBack(sizeBytes: number): void {
    try {
      ftruncateSync(this.#fd, sizeBytes);
    } catch {
      // The error that led here is the one to tell.
    }
  }
}

const tailBytes = 64 * 1024;
const newline = 0x0a;

/** Where the last whole line ends. */
function wholeBytesOf(fd: number): number {
  const tail = Buffer.allocUnsafe(tailBytes);
  for (let end = fstatSync(fd).size; end > 0; ) {
    const start = Math.max(0, end - tailBytes);
    const size = readSync(fd, tail, 0, end - start, start);
    const last = tail.subarray(0, size).lastIndexOf(newline);
    if (last !== -1) return start + last + 1;
    end = start;
  }
  return 0;
}
