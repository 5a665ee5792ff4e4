/** The lines of the receipt log: receipts, and notes on their archives. All are JSON objects of one version. */
import type { FileIdentity } from '../../archive/identity.js';
import {
  type GoneReason,
  isRebuilt,
  type KnownReceipt,
  type Receipt,
  receiptSchemaVersion,
} from './receipt.js';

/** The archive was deleted from here. */
export interface DeletedLine {
  schema: typeof receiptSchemaVersion;
  kind: 'deleted';
  archiveId: string;
  deletedAt: string;
}

/** Something says that the archive is not in its vault any more. */
export interface GoneLine {
  schema: typeof receiptSchemaVersion;
  kind: 'gone';
  archiveId: string;
  reason: GoneReason;
  goneAt: string;
}

/** The archive is in its vault after all: takes back what an earlier line said. */
export interface FoundLine {
  schema: typeof receiptSchemaVersion;
  kind: 'found';
  archiveId: string;
  foundAt: string;
}

/** `upload` has named this archive as that of a file or a stream: its content is the same. */
export interface BoundLine {
  schema: typeof receiptSchemaVersion;
  kind: 'bound';
  archiveId: string;
  boundAt: string;
  path: string | null;
  streamName?: string;
  identity: FileIdentity | null;
}

export type NoteLine = DeletedLine | GoneLine | FoundLine | BoundLine;
export type LogLine = Receipt | NoteLine;

/** True for a note about an archive; false for a receipt. */
export function isNote(line: LogLine): line is NoteLine {
  return 'kind' in line;
}

/** @returns null for what is no line of this version */
export function parseLine(text: string): LogLine | null {
  try {
    const line = JSON.parse(text) as Partial<Receipt> & { kind?: unknown };
    if (line.schema !== receiptSchemaVersion || typeof line.archiveId !== 'string') return null;
    return line.kind === undefined ? receiptIn(line) : noteIn(line as Record<string, unknown>);
  } catch {
    return null;
  }
}

function receiptIn(line: Partial<Receipt>): Receipt | null {
  const isReceipt =
    (typeof line.uploadId === 'string' || line.uploadId === null) &&
    typeof line.treeHash === 'string' &&
    typeof line.destination === 'object';
  return isReceipt ? (line as Receipt) : null;
}

/** When it was written, by the kind of the note. */
const noteTimes = { deleted: 'deletedAt', gone: 'goneAt', found: 'foundAt', bound: 'boundAt' };

function noteIn(line: Record<string, unknown>): NoteLine | null {
  const time = noteTimes[String(line.kind) as keyof typeof noteTimes];
  return time !== undefined && typeof line[time] === 'string' ? (line as unknown as NoteLine) : null;
}

/**
 * A receipt that was rebuilt from an inventory gives way to that of an upload, to a later one that knows the file, and to
 * one with what another tool recorded.
 */
export function supersedes(receipt: Receipt, known: Receipt): boolean {
  if (known.uploadId !== null) return false;
  if (receipt.uploadId !== null || receipt.path !== null) return true;
  return known.path === null && known.recorded === undefined && receipt.recorded !== undefined;
}

/**
 * What all lines of one archive say together.
 * @param lines in the order of the log
 * @returns null when there is no receipt among them
 */
export function foldLines(lines: readonly { line: LogLine }[]): KnownReceipt | null {
  let receipt: Receipt | null = null;
  let deletedAt: string | undefined;
  let gone: KnownReceipt['gone'];
  let bound: BoundLine | undefined;
  for (const { line } of lines) {
    if (!isNote(line)) {
      if (receipt === null || supersedes(line, receipt)) receipt = line;
    } else if (line.kind === 'deleted') deletedAt ??= line.deletedAt;
    else if (line.kind === 'gone') gone = { reason: line.reason, goneAt: line.goneAt };
    else if (line.kind === 'found') gone = undefined;
    else bound ??= line;
  }
  if (receipt === null) return null;
  return {
    ...receipt,
    ...(bound && isRebuilt(receipt) ? subjectOf(bound) : {}),
    ...(deletedAt === undefined ? {} : { deletedAt }),
    ...(gone === undefined ? {} : { gone }),
  };
}

/** A receipt that was rebuilt from an inventory is from then on that of the file which was found to have its content. */
function subjectOf({ path, streamName, identity }: BoundLine): Partial<Receipt> {
  return { path, ...(streamName === undefined ? {} : { streamName }), identity };
}
