/** How an archive is told: its ID alone, ID and file, or one object. */
import { type InventoryEntry, isFaulty } from '../../glacier/inventory/inventory.js';
import { readDescription } from '../../names/read-description.js';
import { type KnownReceipt, type Receipt, readingOf } from '../../session/receipts/receipt.js';
import { nameMarks } from './described-name.js';
import type { Reporter } from './reporter.js';
import { sizeText } from './units.js';
import { visibleLine } from './visible.js';

/**
 * The result line of `upload`, `resume` and `complete`.
 * @param withName more than one operand: `ID␠␠FILE`, as `sha256sum` does
 */
export function printArchive(
  reporter: Reporter,
  receipt: Receipt,
  file: string | null,
  withName: boolean,
): void {
  if (reporter.isJson) reporter.json(archiveFields(receipt, file));
  else
    reporter.line(
      withName && file !== null ? `${receipt.archiveId}  ${visibleLine(file)}` : receipt.archiveId,
    );
}

/** `{"type":"archive", …}`: fields are only ever added. */
export function archiveFields(
  receipt: KnownReceipt,
  file: string | null,
): { type: string; [field: string]: unknown } {
  const { archiveId, location, accountId, destination, uploadId, sizeBytes, treeHash, description } = receipt;
  const { partSizeBytes, parts, startedAt, completedAt } = receipt;
  const { region, endpoint, vault } = destination;
  const { streamName } = receipt;
  return {
    type: 'archive',
    file,
    ...(streamName === undefined ? {} : { name: streamName }),
    archiveId,
    location,
    accountId,
    region,
    endpoint,
    vault,
    uploadId,
    sizeBytes,
    treeHash,
    description,
    partSizeBytes,
    parts,
    startedAt,
    completedAt,
    deletedAt: receipt.deletedAt ?? null,
    gone: receipt.gone ?? null,
    ...(receipt.recorded === undefined ? {} : { recorded: receipt.recorded }),
  };
}

/**
 * An entry of an inventory in one line, with what is unusual about it in brackets.
 * @param isRaw the description stays as it is
 * @param isQuoted the name is shown in quotes
 */
export function entryText(
  entry: InventoryEntry,
  { isRaw = false, isQuoted = false }: { isRaw?: boolean; isQuoted?: boolean } = {},
): string {
  const { archiveId, createdAt, sizeBytes, description } = entry;
  const size = sizeBytes === null ? '? bytes' : sizeText(sizeBytes);
  const reading = readDescription(description);
  const name = isRaw ? description : (reading.name ?? description);
  const marks = [...(isFaulty(entry) ? [entry.fault] : []), ...(isRaw ? [] : nameMarks(reading))];
  return [
    archiveId ?? '?',
    createdAt || '?',
    size,
    isQuoted ? JSON.stringify(name) : name,
    ...marks.map((mark) => `(${mark})`),
  ].join('  ');
}

/** What an archive is known by: its file, or else what little is known. */
export function receiptName(receipt: Receipt): string {
  const { path, streamName, uploadId, description } = receipt;
  const name =
    path ??
    streamName ??
    (uploadId === null ? JSON.stringify(readingOf(receipt).name ?? description) : `upload ${uploadId}`);
  return visibleLine(name);
}
