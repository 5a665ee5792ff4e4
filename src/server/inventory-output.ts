import { inventoryDate } from './dates.js';
import type { InventoriedArchive } from './store/archive-record.js';
import type { Inventory } from './store/inventory.js';

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

/** An inventory as it is handed out: compact, dates without milliseconds, no description as `""` (seen). */
export function inventoryOutput(
  format: InventoryFormat,
  vaultArn: string,
  atMs: number,
  archives: readonly InventoriedArchive[],
): string {
  const rows = archives.map(({ archiveId, description, createdAt, sizeBytes, treeHash }) => ({
    ArchiveId: archiveId,
    ArchiveDescription: description ?? '',
    CreationDate: inventoryDate(Date.parse(createdAt)),
    Size: sizeBytes,
    SHA256TreeHash: treeHash,
  }));
  if (format === 'JSON') {
    return JSON.stringify({ VaultARN: vaultArn, InventoryDate: inventoryDate(atMs), ArchiveList: rows });
  }
  const lines = rows.map((row) => Object.values(row).map(csvField).join(','));
  return ['ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash', ...lines, ''].join('\n');
}

/** A quote inside a field is `\"`, while a backslash stays as it is, although that is ambiguous (seen). */
function csvField(value: string | number): string {
  const text = String(value);
  return /[",]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}
