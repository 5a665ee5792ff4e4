/** Reads the lines of a log: all of them in turn, or one by where it begins. Memory does not grow with the log. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { errnoOf } from '../../errors.js';

const chunkBytes = 1024 * 1024;
/** Most lines have fewer. */
const lineBytes = 2048;
const windowBytes = 64 * 1024;
const newline = 0x0a;

/** Whole lines: `bytes` from `start` to `end`, each but perhaps the last one ended by a newline. */
interface Chunk {
  bytes: Buffer;
  end: number;
  /** Of the first byte, in the file. */
  offset: number;
}

/** @param offset of the line in the file */
export type OnLine = (bytes: Buffer, start: number, end: number, offset: number) => void;

/**
 * Hands over each line from `from` on, but for empty ones.
 * @param isWhole whether what follows the last newline is a line: it may have been cut off by a crash, or be half
 * written by another process
 * @returns where the next line will begin
 */
export function readLines(
  fd: number,
  from: number,
  onLine: OnLine,
  isWhole: (rest: Buffer) => boolean,
): number {
  let next = from;
  for (const { bytes, end, offset } of chunksOf(fd, from, isWhole)) {
    for (let start = 0; start < end; ) {
      const found = bytes.indexOf(newline, start);
      const lineEnd = found === -1 || found > end ? end : found;
      if (lineEnd > start) onLine(bytes, start, lineEnd, offset + start);
      start = lineEnd + 1;
    }
    next = offset + end;
  }
  return next;
}

/** Each line as text, read as it is asked for; what follows the last newline is the last one. */
export function* linesOf(fd: number): Generator<{ text: string; offset: number }, void> {
  for (const { bytes, end, offset } of chunksOf(fd, 0, () => true)) {
    for (let start = 0; start < end; ) {
      const found = bytes.indexOf(newline, start);
      const lineEnd = found === -1 || found > end ? end : found;
      // One by one: a text as long as the chunk takes V8 ten times as long.
      yield { text: bytes.toString('utf8', start, lineEnd), offset: offset + start };
      start = lineEnd + 1;
    }
  }
}

function* chunksOf(fd: number, from: number, isWhole: (rest: Buffer) => boolean): Generator<Chunk, void> {
  // No more than there is to read, and the byte that shows its end: V8 collects garbage by how much was allocated.
  const leftBytes = fstatSync(fd).size - from;
  let bytes = Buffer.allocUnsafeSlow(Math.min(chunkBytes, Math.max(0, leftBytes) + 1));
  let kept = 0;
  for (let offset = from; ; ) {
    if (kept === bytes.length) bytes = Buffer.concat([bytes], bytes.length * 2);
    const count = readSync(fd, bytes, kept, bytes.length - kept, offset + kept);
    const filled = kept + count;
    if (count === 0) {
      if (filled > 0 && isWhole(bytes.subarray(0, filled))) yield { bytes, end: filled, offset };
      return;
    }
    const end = bytes.lastIndexOf(newline, filled - 1) + 1;
    if (end > 0) yield { bytes, end, offset };
    bytes.copyWithin(0, end, filled);
    kept = filled - end;
    offset += end;
  }
}

/** Looks up lines. One that follows the line before is likely to be in what was read with that. */
export class LineWindow {
  #bytes = Buffer.allocUnsafeSlow(lineBytes);
  #filled = 0;
  /** Of the first byte, in the file. */
  #offset = 0;

  /** The line that begins at `offset`. */
  lineAt(fd: number, offset: number): string {
    const start = offset - this.#offset;
    const isNear = start >= 0 && start <= this.#filled + windowBytes;
    const end = isNear ? this.#lineEnd(start) : -1;
    if (end !== -1) return this.#bytes.toString('utf8', start, end);
    for (let wanted = isNear ? windowBytes : lineBytes; ; wanted *= 2) {
      if (this.#bytes.length < wanted) this.#bytes = Buffer.allocUnsafeSlow(wanted);
      this.#filled = readSync(fd, this.#bytes, 0, wanted, offset);
      this.#offset = offset;
      const lineEnd = this.#lineEnd(0);
      if (lineEnd !== -1) return this.#bytes.toString('utf8', 0, lineEnd);
      if (this.#filled < wanted) return this.#bytes.toString('utf8', 0, this.#filled);
    }
  }

  #lineEnd(start: number): number {
    const end = this.#bytes.indexOf(newline, start);
    return end < this.#filled ? end : -1;
  }
}

/** The last bytes before `offset`: when they differ from what they were, this is not the log that was read. */
export function bytesBefore(fd: number, offset: number): Buffer {
  const bytes = Buffer.alloc(Math.min(64, offset));
  readSync(fd, bytes, 0, bytes.length, offset - bytes.length);
  return bytes;
}

/** A log that is open: which file it is, and how long it was when it was entered. */
export interface EnteredLog {
  readonly fd: number;
  readonly inode: number;
  readonly device: number;
  readonly sizeBytes: number;
}

/** A log that is opened when it is read, and kept open as long as somebody reads it. */
export class OpenLog {
  readonly #file: string;
  readonly #onOpened: () => void;
  /** Its inode is no other file's as long as it is open. */
  #open: Omit<EnteredLog, 'sizeBytes'> | null = null;
  #readers = 0;
  #keepers = 0;

  /** @param onOpened may refuse the file that was opened */
  constructor(file: string, onOpened: () => void) {
    this.#file = file;
    this.#onOpened = onOpened;
  }

  /** Runs `action` on the log; returns `absent` when there is none. */
  read<T>(absent: T, action: (log: EnteredLog) => T): T {
    const log = this.enter();
    if (log === null) return absent;
    try {
      return action(log);
    } finally {
      this.leave();
    }
  }

  /** Until `letGo` it stays open between two readers, as long as it is the file of this name. */
  keep(): void {
    this.#keepers += 1;
  }

  letGo(): void {
    this.#keepers -= 1;
    this.#closeUnlessNeeded();
  }

  /** For a reader that comes back many times: `leave` must follow. @returns null when there is no log */
  enter(): EnteredLog | null {
    const entered = this.#sameAsBefore() ?? this.#opened();
    if (entered !== null) this.#readers += 1;
    return entered;
  }

  leave(): void {
    this.#readers -= 1;
    this.#closeUnlessNeeded();
  }

  /** null when it is not open, or not the file of this name any more: it is closed then, unless it is being read. */
  #sameAsBefore(): EnteredLog | null {
    if (this.#open === null) return null;
    const { fd, inode, device } = this.#open;
    if (this.#readers > 0) return { ...this.#open, sizeBytes: fstatSync(fd).size };
    const named = statSync(this.#file, { throwIfNoEntry: false });
    if (named?.ino === inode && named.dev === device) return { ...this.#open, sizeBytes: named.size };
    this.#close();
    return null;
  }

  #opened(): EnteredLog | null {
    let fd: number;
    try {
      fd = openSync(this.#file, 'r');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }
    try {
      this.#onOpened();
      const { ino, dev, size } = fstatSync(fd);
      this.#open = { fd, inode: ino, device: dev };
      return { ...this.#open, sizeBytes: size };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #closeUnlessNeeded(): void {
    if (this.#readers === 0 && this.#keepers === 0) this.#close();
  }

  #close(): void {
    if (this.#open === null) return;
    const { fd } = this.#open;
    this.#open = null;
    closeSync(fd);
  }
}
