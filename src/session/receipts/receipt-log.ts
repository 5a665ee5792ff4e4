/**
 * The receipts on disk: one line for each archive, only ever appended, flushed before the archive ID is shown to
 * anybody. Notes of what became of an archive are lines, too; readers fold them into its receipt.
 */
import { join } from 'node:path';
import type { FileIdentity } from '../../archive/identity.js';
import type { Clock } from '../../clock.js';
import { type DeletedLine, type NoteLine, supersedes } from './lines.js';
import { LogAppender } from './log-appender.js';
import {
  type GoneReason,
  isBelieved,
  type KnownReceipt,
  type Receipt,
  receiptSchemaVersion,
  type Subject,
} from './receipt.js';
import { openReceiptReader, type ReceiptReader } from './receipt-reader.js';

export interface ReceiptLog extends ReceiptReader {
  /**
   * Appends the receipt unless there is one of its archive; on return it is on disk for good.
   * @returns the receipt in the log
   * @throws GlacierUpError `state-unusable` when it could not be stored; `locked`
   */
  append(receipt: Receipt): Promise<KnownReceipt>;
  /** The same of many at one go. @returns those that were not there yet */
  appendAll(receipts: readonly Receipt[]): Promise<Receipt[]>;
  /**
   * Appends, at one go, receipts and notes of deletions from another tool's record, but for what the log says already and
   * for deletions of archives that it does not know.
   * @returns what was appended
   */
  appendRecorded(lines: readonly (Receipt | DeletedLine)[]): Promise<(Receipt | DeletedLine)[]>;
  /** Notes that an archive is deleted, unless that is noted. @throws as `append` */
  noteDeleted(archiveId: string): Promise<void>;
  /** Notes that an archive is not in its vault any more, unless that is noted. @throws as `append` */
  noteGone(archiveId: string, reason: GoneReason): Promise<void>;
  /** Takes back that an archive is gone. @throws as `append` */
  noteFound(archiveId: string): Promise<void>;
  /** Notes that a file or stream has the content of this archive. @throws as `append` */
  bind(archiveId: string, subject: Subject & { identity: FileIdentity | null }): Promise<void>;
  /** @throws GlacierUpError `state-unusable` when a receipt could not be appended as things are */
  assertWritable(): void;
}

const schema = receiptSchemaVersion;

/**
 * @param ownUserId whose file to trust; undefined where the system has no user IDs
 * @throws GlacierUpError `state-unusable` from every method when the file cannot be read or is not ours
 */
export function openReceiptLog(folder: string, ownUserId: number | undefined, clock: Clock): ReceiptLog {
  const file = join(folder, 'receipts.jsonl');
  const reader = openReceiptReader(file, ownUserId);
  const { byArchiveId } = reader;
  const appender = new LogAppender(file, ownUserId, clock);

  const appendAll = (receipts: readonly Receipt[]): Promise<Receipt[]> =>
    appender.append(() =>
      reader.whileLocked(() => {
        const added = new Map<string, Receipt>();
        for (const receipt of receipts) {
          const known = added.get(receipt.archiveId) ?? byArchiveId(receipt.archiveId);
          if (known === null || supersedes(receipt, known)) added.set(receipt.archiveId, receipt);
        }
        return [...added.values()];
      }),
    );

  const appendRecorded: ReceiptLog['appendRecorded'] = (lines) =>
    appender.append(() => {
      const receipts = new Map<string, Receipt>();
      const deletions = new Set<string>();
      return lines.filter((line) => {
        const { archiveId } = line;
        const known = receipts.get(archiveId) ?? byArchiveId(archiveId);
        if ('kind' in line) {
          if (known === null || deletions.has(archiveId) || reader.isNotedDeleted(archiveId)) return false;
          deletions.add(archiveId);
          return true;
        }
        if (known !== null && !supersedes(line, known)) return false;
        receipts.set(archiveId, line);
        return true;
      });
    });

  const note = async (line: NoteLine, isNews: () => boolean): Promise<void> => {
    await appender.append(() => (isNews() ? [line] : []));
  };
  const now = (): string => new Date(clock.now()).toISOString();

  return {
    ...reader,
    keptOpen: (action) => appender.whileKept(() => reader.keptOpen(action)),
    append: async (receipt) => {
      const [added] = await appendAll([receipt]);
      if (added) return added;
      return byArchiveId(receipt.archiveId) ?? receipt;
    },
    appendAll,
    appendRecorded,
    noteDeleted: (archiveId) =>
      note({ schema, kind: 'deleted', archiveId, deletedAt: now() }, () => !reader.isNotedDeleted(archiveId)),
    noteGone: (archiveId, reason) =>
      note({ schema, kind: 'gone', archiveId, reason, goneAt: now() }, () => {
        const known = byArchiveId(archiveId);
        return known !== null && isBelieved(known);
      }),
    noteFound: (archiveId) =>
      note(
        { schema, kind: 'found', archiveId, foundAt: now() },
        () => byArchiveId(archiveId)?.gone !== undefined,
      ),
    bind: (archiveId, { path, streamName, identity }) => {
      const name = streamName === undefined ? {} : { streamName };
      return note({ schema, kind: 'bound', archiveId, boundAt: now(), path, ...name, identity }, () => true);
    },
    assertWritable: () => appender.assertWritable(),
  };
}
