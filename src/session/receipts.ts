/**
 * Receipts: one line per archive, only ever appended, flushed before the archive ID is shown to anybody. They are
 * the one thing that cannot be rebuilt at once: the service lists archives only in an inventory, hours later.
 */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileIdentity } from '../archive/identity.js';
import type { Clock } from '../clock.js';
import { flushFolder, writeWhole } from './durable.js';
import { assertOurs, ensureFolder, stateUnusable } from './folders.js';
import { acquireLock } from './lock.js';
import type { Destination } from './session.js';

export const receiptSchemaVersion = 1;

export interface Receipt {
  schema: typeof receiptSchemaVersion;
  archiveId: string;
  location: string;
  accountId: string;
  destination: Destination;
  uploadId: string;
  sizeBytes: number;
  treeHash: string;
  description: string;
  partSizeBytes: number;
  parts: { total: number; sent: number; kept: number };
  startedAt: string;
  completedAt: string;
  /** Real path; null for an archive from a pipe, and for an upload completed without its file. */
  path: string | null;
  /** The name of an archive from a pipe; absent for files. */
  streamName?: string;
  identity: FileIdentity | null;
}

export interface ReceiptBook {
  readonly file: string;
  /** Every receipt, oldest first, one per upload ID. */
  all(): Receipt[];
  /** Those lines that are no receipts (cut off by a crash, or from a newer version), by number. */
  unreadableLines(): number[];
  /**
   * Appends the receipt unless there is one of its upload ID; on return it is on disk for good.
   * @returns the receipt in the book
   * @throws GlacierUpError `state-unusable` when it could not be stored
   */
  append(receipt: Receipt, options: { clock: Clock; signal: AbortSignal }): Promise<Receipt>;
  /** @throws GlacierUpError `state-unusable` when a receipt could not be appended as things are */
  assertWritable(): void;
}

/** Another process holds the book for a moment only. */
const bookWaitMs = 30_000;

export function openReceiptBook(folder: string, ownUserId: number | undefined): ReceiptBook {
  const file = join(folder, 'receipts.jsonl');

  const read = (): { receipts: Receipt[]; unreadable: number[] } => {
    const receipts = new Map<string, Receipt>();
    const unreadable: number[] = [];
    if (existsSync(file)) {
      checked(file, () => assertOurs(file, ownUserId, 'file'));
      const lines = checked(file, () => readFileSync(file, 'utf8')).split('\n');
      for (const [index, line] of lines.entries()) {
        if (line === '') continue;
        const receipt = parseReceipt(line);
        if (receipt === null) unreadable.push(index + 1);
        else if (!receipts.has(receipt.uploadId)) receipts.set(receipt.uploadId, receipt);
      }
    }
    return { receipts: [...receipts.values()], unreadable };
  };

  return {
    file,
    all: () => read().receipts,
    unreadableLines: () => read().unreadable,
    assertWritable: () => {
      ensureFolder(folder, ownUserId);
      checked(file, () => {
        closeSync(openForAppend(file));
        assertOurs(file, ownUserId, 'file');
      });
    },
    append: async (receipt, { clock, signal }) => {
      ensureFolder(folder, ownUserId);
      const lock = await acquireLock(`${file}.lock`, { clock, signal, what: file, waitMs: bookWaitMs });
      try {
        const known = read().receipts.find(({ uploadId }) => uploadId === receipt.uploadId);
        if (known) return known;
        checked(file, () => appendLine(file, JSON.stringify(receipt)));
        return receipt;
      } finally {
        lock.release();
      }
    },
  };
}

function checked<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && error.name === 'GlacierUpError') throw error;
    throw stateUnusable(file, error);
  }
}

function openForAppend(file: string): number {
  return openSync(
    file,
    constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
    0o600,
  );
}

/** A line that an earlier crash cut off is ended first, so that it spoils only itself. */
function appendLine(file: string, line: string): void {
  const fd = openForAppend(file);
  try {
    const sizeBytes = fstatSync(fd).size;
    const last = Buffer.alloc(1);
    const isCut = sizeBytes > 0 && readSync(fd, last, 0, 1, sizeBytes - 1) === 1 && last[0] !== 0x0a;
    writeWhole(fd, Buffer.from(`${isCut ? '\n' : ''}${line}\n`));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  flushFolder(dirname(file));
}

function parseReceipt(line: string): Receipt | null {
  try {
    const receipt = JSON.parse(line) as Partial<Receipt>;
    const isReceipt =
      receipt.schema === receiptSchemaVersion &&
      typeof receipt.archiveId === 'string' &&
      typeof receipt.uploadId === 'string' &&
      typeof receipt.treeHash === 'string' &&
      typeof receipt.destination === 'object';
    return isReceipt ? (receipt as Receipt) : null;
  } catch {
    return null;
  }
}
