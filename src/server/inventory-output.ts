import { inventoryDate } from './dates.js';
import type { InventoriedArchive } from './store/archive-record.js';
import type { Inventory } from './store/jobs/inventory.js';

export const inventoryFormats = ['JSON', 'CSV'] as const;

export type InventoryFormat = (typeof inventoryFormats)[number];

/** Which archives of an inventory are asked for: made from `startMs` on and before `endMs`, from a number on. */
export interface InventorySelection {
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
  readonly most: number;
  readonly fromNumber: number;
}

/** The archives selected, in the order they came into the vault, and the number of the first one left out by `most`. */
export function selectArchives(
  { archives }: Inventory,
  {
    startMs = Number.NEGATIVE_INFINITY,
    endMs = Number.POSITIVE_INFINITY,
    most,
    fromNumber,
  }: InventorySelection,
): { archives: InventoriedArchive[]; nextNumber: number | undefined } {
  const selected = archives.filter(({ number, createdAt }) => {
    const createdAtMs = Date.parse(createdAt);
    return number >= fromNumber && createdAtMs >= startMs && createdAtMs < endMs;
  });
  return { archives: selected.slice(0, most), nextNumber: selected[most]?.number };
}

/** What an inventory begins with, before the first of its archives. */
export function inventoryHead(format: InventoryFormat, vaultArn: string, atMs: number): string {
  if (format === 'CSV') return 'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n';
  const head = JSON.stringify({ VaultARN: vaultArn, InventoryDate: inventoryDate(atMs), ArchiveList: [] });
  return head.slice(0, -inventoryTail(format).length);
}

/** What stands behind the last archive. */
export const inventoryTail = (format: InventoryFormat): string => (format === 'JSON' ? ']}' : '');

/** The archive's entry, compact: dates without milliseconds, no description as `""` (seen). */
export function inventoryRow(
  format: InventoryFormat,
  { archiveId, description, createdAt, sizeBytes, treeHash }: Omit<InventoriedArchive, 'number'>,
  isFirst: boolean,
): string {
  const row = {
    ArchiveId: archiveId,
    ArchiveDescription: description ?? '',
    CreationDate: inventoryDate(Date.parse(createdAt)),
    Size: sizeBytes,
    SHA256TreeHash: treeHash,
  };
  if (format === 'CSV') return `${Object.values(row).map(csvField).join(',')}\n`;
  return (isFirst ? '' : ',') + JSON.stringify(row);
}

/** A quote inside a field is `\"`, while a backslash stays as it is, although that is ambiguous (seen). */
function csvField(value: string | number): string {
  const text = String(value);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}

/** The length of an archive's entry, without its hashes, which are dear. All is ASCII: a character is a byte. */
export function inventoryRowBytes(
  format: InventoryFormat,
  description: string | null,
  sizeBytes: number,
  isFirst: boolean,
): number {
  const bare = bareRowBytes[format] + String(sizeBytes).length - (isFirst && format === 'JSON' ? 1 : 0);
  if (description === null) return bare;
  if (!/["\\,]/.test(description)) return bare + description.length;
  return bare + (format === 'JSON' ? JSON.stringify(description).length - 2 : csvField(description).length);
}

/** The lengths of an entry of an archive of no size without a description. */
const bareRowBytes: Readonly<Record<InventoryFormat, number>> = {
  JSON: bareRowOf('JSON').length - 1,
  CSV: bareRowOf('CSV').length - 1,
};

function bareRowOf(format: InventoryFormat): string {
  const [archiveId, treeHash] = ['0'.repeat(138), '0'.repeat(64)];
  const createdAt = '2012-06-01T00:00:00.000Z';
  return inventoryRow(format, { archiveId, description: null, sizeBytes: 0, treeHash, createdAt }, false);
}
