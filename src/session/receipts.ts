/**
 * Receipts: one line per archive, only ever appended, flushed before the archive ID is shown to anybody. They are
 * the one thing that cannot be rebuilt at once: the service lists archives only in an inventory, hours later.
 * A line of another kind notes that an archive was deleted; readers fold it into the receipt.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileIdentity } from '../archive/identity.js';
import type { Clock } from '../clock.js';
import { isThere } from '../os/presence.js';
import { flushFolder, writeWhole } from './durable.js';
import { assertOurs, checked, ensureFolder } from './folders.js';
import { acquireLock } from './lock.js';
import { sweepOrphans } from './orphans.js';
import type { Destination } from './session.js';

export const receiptSchemaVersion = 1;

export interface Receipt {
  schema: typeof receiptSchemaVersion;
  archiveId: string;
  location: string;
  accountId: string;
  destination: Destination;
  /** null when the receipt was rebuilt from an inventory: then the next three are null too. */
  uploadId: string | null;
  sizeBytes: number;
  treeHash: string;
  description: string;
  partSizeBytes: number | null;
  parts: { total: number; sent: number; kept: number } | null;
  startedAt: string | null;
  completedAt: string;
  /** Real path; null for an archive from a pipe, for an upload completed without its file, and for a rebuilt receipt. */
  path: string | null;
  /** The name of an archive from a pipe; absent for files. */
  streamName?: string;
  identity: FileIdentity | null;
  /** When the archive was deleted, by a later line; never stored in the receipt's own. */
  deletedAt?: string;
}

/** The line that notes a deletion. */
interface Deletion {
  schema: typeof receiptSchemaVersion;
  kind: 'deleted';
  archiveId: string;
  deletedAt: string;
}

/** Known from an inventory only, and not yet which file it is of. */
export function isRebuilt({ uploadId, path }: Receipt): boolean {
  return uploadId === null && path === null;
}

/** The receipt of an upload; a rebuilt one is of none. */
export function receiptOfUpload(receipts: readonly Receipt[], uploadId: string | null): Receipt | undefined {
  return uploadId === null ? undefined : receipts.find((receipt) => receipt.uploadId === uploadId);
}

/** A rebuilt receipt gives way to one of an upload, and to a later one that knows the file. */
function supersedes(receipt: Receipt, known: Receipt): boolean {
  return known.uploadId === null && (receipt.uploadId !== null || receipt.path !== null);
}

export interface ReceiptBook {
  readonly file: string;
  /** Every receipt, oldest first, one per archive; those of archives deleted since are marked. */
  all(): Receipt[];
  /** Those lines that are no receipts (cut off by a crash, or from a newer version), by number. */
  unreadableLines(): number[];
  /**
   * Appends the receipt unless there is one of its upload or archive; on return it is on disk for good.
   * @returns the receipt in the book
   * @throws GlacierUpError `state-unusable` when it could not be stored
   */
  append(receipt: Receipt, options: AppendOptions): Promise<Receipt>;
  /** The same of many at one go. @returns those that were not there yet */
  appendAll(receipts: readonly Receipt[], options: AppendOptions): Promise<Receipt[]>;
  /** Notes that an archive is deleted, unless that is noted; on return it is on disk for good. */
  noteDeletion(archiveId: string, options: AppendOptions): Promise<void>;
  /** @throws GlacierUpError `state-unusable` when a receipt could not be appended as things are */
  assertWritable(): void;
}

export interface AppendOptions {
  clock: Clock;
  signal: AbortSignal;
}

/** Another process holds the book for a moment only. */
const bookWaitMs = 30_000;

export function openReceiptBook(folder: string, ownUserId: number | undefined): ReceiptBook {
  const file = join(folder, 'receipts.jsonl');

  const read = (): { receipts: Receipt[]; deletions: Map<string, string>; unreadable: number[] } => {
    const receipts = new Map<string, Receipt>();
    const deletions = new Map<string, string>();
    const unreadable: number[] = [];
    if (checked(file, () => isThere(file))) {
      checked(file, () => assertOurs(file, ownUserId, 'file'));
      const lines = checked(file, () => readFileSync(file, 'utf8')).split('\n');
      for (const [index, line] of lines.entries()) {
        if (line === '') continue;
        const entry = parseLine(line);
        if (entry === null) unreadable.push(index + 1);
        else if ('kind' in entry) {
          if (!deletions.has(entry.archiveId)) deletions.set(entry.archiveId, entry.deletedAt);
        } else {
          const known = receipts.get(entry.archiveId);
          if (!known || supersedes(entry, known)) receipts.set(entry.archiveId, entry);
        }
      }
    }
    for (const [archiveId, deletedAt] of deletions) {
      const receipt = receipts.get(archiveId);
      if (receipt) receipts.set(archiveId, { ...receipt, deletedAt });
    }
    return { receipts: [...receipts.values()], deletions, unreadable };
  };

  const appendNew = async (
    receipts: readonly Receipt[],
    { clock, signal }: AppendOptions,
  ): Promise<{ added: Receipt[]; known: Map<string, Receipt> }> => {
    ensureFolder(folder, ownUserId);
    const lock = await acquireLock(`${file}.lock`, { clock, signal, what: file, waitMs: bookWaitMs });
    try {
      const known = new Map(read().receipts.map((receipt) => [receipt.archiveId, receipt]));
      const uploads = new Set([...known.values()].map(({ uploadId }) => uploadId));
      const added = receipts.filter((receipt) => {
        const before = known.get(receipt.archiveId);
        const isOfKnownUpload = receipt.uploadId !== null && uploads.has(receipt.uploadId);
        return !isOfKnownUpload && (!before || supersedes(receipt, before));
      });
      const lines = added.map((receipt) => JSON.stringify(receipt)).join('\n');
      if (added.length > 0) checked(file, () => appendLine(file, lines));
      return { added, known };
    } finally {
      lock.release();
    }
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
    append: async (receipt, options) => {
      const { added, known } = await appendNew([receipt], options);
      if (added.length > 0) return receipt;
      return (
        receiptOfUpload([...known.values()], receipt.uploadId) ?? known.get(receipt.archiveId) ?? receipt
      );
    },
    appendAll: async (receipts, options) => (await appendNew(receipts, options)).added,
    noteDeletion: async (archiveId, { clock, signal }) => {
      const deletion: Deletion = {
        schema: receiptSchemaVersion,
        kind: 'deleted',
        archiveId,
        deletedAt: new Date(clock.now()).toISOString(),
      };
      ensureFolder(folder, ownUserId);
      sweepOrphans(folder, clock.now());
      const lock = await acquireLock(`${file}.lock`, { clock, signal, what: file, waitMs: bookWaitMs });
      try {
        if (read().deletions.has(archiveId)) return;
        checked(file, () => appendLine(file, JSON.stringify(deletion)));
      } finally {
        lock.release();
      }
    },
  };
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
    try {
      writeWhole(fd, Buffer.from(`${isCut ? '\n' : ''}${line}\n`));
      fsyncSync(fd);
    } catch (error) {
      cutBack(fd, sizeBytes);
      throw error;
    }
  } finally {
    closeSync(fd);
  }
  flushFolder(dirname(file));
}

/** What could not be flushed may be read back from memory all the same: it must not pass for kept in the next run. */
function cutBack(fd: number, sizeBytes: number): void {
  try {
    ftruncateSync(fd, sizeBytes);
  } catch {
    // The error that led here is the one to tell.
  }
}

function parseLine(line: string): Receipt | Deletion | null {
  try {
    const entry = JSON.parse(line) as Partial<Receipt & Deletion>;
    if (entry.schema !== receiptSchemaVersion || typeof entry.archiveId !== 'string') return null;
    if (entry.kind === 'deleted') return typeof entry.deletedAt === 'string' ? (entry as Deletion) : null;
    const isReceipt =
      entry.kind === undefined &&
      (typeof entry.uploadId === 'string' || entry.uploadId === null) &&
      typeof entry.treeHash === 'string' &&
      typeof entry.destination === 'object';
    return isReceipt ? (entry as Receipt) : null;
  } catch {
    return null;
  }
}
