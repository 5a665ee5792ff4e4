/** Inventories as Glacier writes them, made from what a test knows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkedLine, readCheckedLine } from '../../src/server/store/append-log.js';
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
  {
    takenMs = Date.now(),
    vault = 'demo',
    region = 'us-east-1',
    accountId = String(place.receipts()[0]?.accountId ?? '012345678901'),
  }: { takenMs?: number; vault?: string; region?: string; accountId?: string } = {},
): string {
  const file = join(place.folder, `inventory-${vault}.json`);
  const text = JSON.stringify({
    VaultARN: `arn:aws:glacier:${region}:${accountId}:vaults/${vault}`,
    InventoryDate: new Date(takenMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    ArchiveList: archives,
  });
  writeFileSync(file, text);
  return file;
}

/** The text of an inventory of so many archives, each of about 330 bytes. */
export function inventoryText(count: number): string {
  const archives = Array.from({ length: count }, (_, index) => ({
    ArchiveId: `${index}`.padStart(138, 'A'),
    ArchiveDescription: `photos/${index}.jpg`,
    CreationDate: '2026-02-01T00:00:00Z',
    Size: index,
    SHA256TreeHash: `${index}`.padStart(64, '0'),
  }));
  return JSON.stringify({
    VaultARN: 'arn:aws:glacier:eu-west-1:111122223333:vaults/demo',
    InventoryDate: '2026-02-28T00:00:00Z',
    ArchiveList: archives,
  });
}

/** Gives the first job of an embedded vault, which must not run meanwhile, another output. */
export function replaceOutput(vaultFolder: string, text: string): void {
  const vault = join(vaultFolder, 'vaults/1');
  const log = join(vault, 'jobs.log');
  const [first = '', ...others] = readFileSync(log, 'latin1').split('\n');
  const record = readCheckedLine<Record<string, unknown>>(first);
  writeFileSync(join(vault, 'jobs/1/output'), text);
  const line = checkedLine({ ...record, outputSizeBytes: Buffer.byteLength(text) });
  writeFileSync(log, [line, ...others].join('\n'));
}
