/** Inventories as Glacier writes them, made from what a test knows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './place.js';

export interface ListedArchive {
  ArchiveId: string;
  ArchiveDescription: string;
  CreationDate: string;
  Size: number;
  SHA256TreeHash: string;
}

/** The archives that the receipts tell of. */
export function listedArchives(place: Place): ListedArchive[] {
  return place.receipts().map((receipt) => ({
    ArchiveId: String(receipt.archiveId),
    ArchiveDescription: String(receipt.description),
    CreationDate: String(receipt.completedAt).replace(/\.\d+Z$/, 'Z'),
    Size: Number(receipt.sizeBytes),
    SHA256TreeHash: String(receipt.treeHash),
  }));
}

/** @param takenMs when it was taken. @returns the file's name */
export function writeInventory(
  place: Place,
  archives: readonly ListedArchive[],
  { takenMs = Date.now(), vault = 'demo' }: { takenMs?: number; vault?: string } = {},
): string {
  const accountId = place.receipts()[0]?.accountId ?? '012345678901';
  const file = join(place.folder, `inventory-${vault}.json`);
  const text = JSON.stringify({
    VaultARN: `arn:aws:glacier:us-east-1:${accountId}:vaults/${vault}`,
    InventoryDate: new Date(takenMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    ArchiveList: archives,
  });
  writeFileSync(file, text);
  return file;
}
