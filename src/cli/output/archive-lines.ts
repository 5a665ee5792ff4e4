/** How an archive is told: its ID alone, ID and file, or one object. */
import { type InventoryEntry, isFaulty } from '../../glacier/inventory.js';
import type { KnownReceipt, Receipt } from '../../session/receipts/receipt.js';
import { describedName } from './described-name.js';
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
  };
}

/**
 * An entry of an inventory in one line; what it lacks is marked.
 * @param shown how its name is shown; default: as it is
 */
export function entryText(entry: InventoryEntry, shown = (name: string) => name): string {
  const { archiveId, createdAt, sizeBytes, description } = entry;
  const size = sizeBytes === null ? '? bytes' : sizeText(sizeBytes);
  const fields = [archiveId ?? '?', createdAt || '?', size, shown(describedName(description))];
  return (isFaulty(entry) ? [...fields, `(${entry.fault})`] : fields).join('  ');
}

/** What an archive is known by: its file, or else what little is known. */
export function receiptName({ path, streamName, uploadId, description }: Receipt): string {
  const name =
    path ??
    streamName ??
    (uploadId === null ? JSON.stringify(describedName(description)) : `upload ${uploadId}`);
  return visibleLine(name);
}
