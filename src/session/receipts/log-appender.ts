/**
 * Appends lines, flushed before anybody is told that they are there. Those that come while others are being flushed
 * wait for the next flush and share it.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../clock.js';
import { GlacierUpError } from '../../errors.js';
import { flushFolder, flushTogether, writeWhole } from '../../os/durable.js';
import { prepareForLocks } from '../../os/lock.js';
import { assertOurs, checked, ensureFolder, stateUnusable } from '../folders.js';
import { acquireLock } from '../lock.js';
import { sweepOrphans } from '../orphans.js';
import type { LogLine } from './lines.js';

/** Another process holds the log for a moment only. */
const logWaitMs = 30_000;
const newline = 0x0a;
/** With many small files it is asked many times a second whether a line could be appended. */
const lookAgainMs = 1000;
/** UTF-8 has no more for a unit of UTF-16. */
const mostBytesOfUnit = 3;

interface Request {
  /** Decided under the lock, when nobody else can append. */
  choose: () => LogLine[];
  resolve: (lines: never[]) => void;
  reject: (error: unknown) => void;
}

/** Appends lines: those that come together share a lock and a flush. */
export class LogAppender {
  readonly #file: string;
  readonly #ownUserId: number | undefined;
  readonly #clock: Clock;
  #waiting: Request[] = [];
  #isBusy = false;
  #isSwept = false;
  #isNameFlushed = false;
  #keepers = 0;
  /** While there are keepers, from the first append on. */
  #leaveLocks: (() => void) | null = null;
  /** When it was found last that a line can be appended. */
  #writableMs = Number.NEGATIVE_INFINITY;
  #buffer = Buffer.allocUnsafeSlow(4096);

  constructor(file: string, ownUserId: number | undefined, clock: Clock) {
    this.#file = file;
    this.#ownUserId = ownUserId;
    this.#clock = clock;
  }

  /**
   * Appends the lines that `choose` returns; on return they are on disk for good. It is not cancelled by a signal:
   * what the lines tell has happened.
   * @throws GlacierUpError `state-unusable` when they could not be stored, and none of them is then; `locked`
   */
  append<L extends LogLine>(choose: () => L[]): Promise<L[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ choose, resolve: resolve as Request['resolve'], reject });
      if (!this.#isBusy) void this.#appendWaiting();
    });
  }

  /** Appends cost less while `action` runs. */
  async whileKept<T>(action: () => Promise<T>): Promise<T> {
    this.#keepers += 1;
    try {
      return await action();
    } finally {
      this.#keepers -= 1;
      if (this.#keepers === 0) {
        this.#leaveLocks?.();
        this.#leaveLocks = null;
      }
    }
  }

  /** @throws GlacierUpError `state-unusable` when a line could not be appended as things are */
  assertWritable(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#writableMs < lookAgainMs) return;
    ensureFolder(dirname(this.#file), this.#ownUserId);
    checked(this.#file, () => {
      closeSync(openForAppend(this.#file));
      assertOurs(this.#file, this.#ownUserId, 'file');
    });
    this.#writableMs = nowMs;
  }

  async #appendWaiting(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      // What has come by then shares this flush: while one is under way, nothing else runs.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#appendGroup(this.#waiting.splice(0));
    }
    this.#isBusy = false;
  }

  async #appendGroup(group: readonly Request[]): Promise<void> {
    const done: (() => void)[] = [];
    try {
      const folder = dirname(this.#file);
      ensureFolder(folder, this.#ownUserId);
      if (!this.#isSwept) sweepOrphans(folder, this.#clock.now());
      this.#isSwept = true;
      const signal = new AbortController().signal;
      const options = { clock: this.#clock, signal, what: this.#file, waitMs: logWaitMs };
      const lockPath = `${this.#file}.lock`;
      const lock = await acquireLock(lockPath, options);
      try {
        if (this.#keepers > 0) this.#leaveLocks ??= prepareForLocks(lockPath, this.#clock);
        const fresh: LogLine[] = [];
        for (const { choose, resolve } of group) {
          const lines = choose();
          fresh.push(...lines);
          done.push(() => resolve(lines as never[]));
        }
        if (fresh.length > 0) await this.#write(fresh, group.length);
      } finally {
        lock.release();
      }
    } catch (error) {
      const told = error instanceof GlacierUpError ? error : stateUnusable(this.#file, error);
      for (const { reject } of group) reject(told);
      return;
    }
    for (const settle of done) settle();
  }

  /** A line that an earlier crash cut off is ended first, so that it spoils only itself. */
  async #write(lines: readonly LogLine[], group: number): Promise<void> {
    const fd = openForAppend(this.#file);
    try {
      const sizeBytes = fstatSync(fd).size;
      // New, or recreated: its name must last, too.
      if (sizeBytes === 0) this.#isNameFlushed = false;
      const last = Buffer.alloc(1);
      const isCut = sizeBytes > 0 && readSync(fd, last, 0, 1, sizeBytes - 1) === 1 && last[0] !== newline;
      try {
        writeWhole(fd, this.#bytesOf(lines, isCut ? '\n' : ''));
        await flushTogether(fd, group);
      } catch (error) {
        cutBack(fd, sizeBytes);
        throw error;
      }
    } finally {
      closeSync(fd);
    }
    if (!this.#isNameFlushed) flushFolder(dirname(this.#file));
    this.#isNameFlushed = true;
  }

  /** One by one into a buffer that is used again: one text of thousands of lines would take V8 several times as long. */
  #bytesOf(lines: readonly LogLine[], first: string): Buffer {
    let length = this.#buffer.write(first);
    for (const line of lines) {
      const text = `${JSON.stringify(line)}\n`;
      const most = length + text.length * mostBytesOfUnit;
      if (most > this.#buffer.length) {
        this.#buffer = Buffer.concat([this.#buffer.subarray(0, length)], 2 * most);
      }
      length += this.#buffer.write(text, length);
    }
    return this.#buffer.subarray(0, length);
  }
}

function openForAppend(file: string): number {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  return openSync(file, flags, 0o600);
}

/** What could not be flushed may be read back from memory all the same: it must not pass for kept in the next run. */
function cutBack(fd: number, sizeBytes: number): void {
  try {
    ftruncateSync(fd, sizeBytes);
  } catch {
    // The error that led here is the one to tell.
  }
}
