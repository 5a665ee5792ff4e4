import { join } from 'node:path';
import { ARCHIVE_OVERHEAD_BYTES } from '../../limits.js';
import type { InventoriedArchive } from '../archive-record.js';
import { readJson, writeDurably } from '../durable.js';
import type { SeedSnapshot, Seeds } from '../seeds/seeds.js';

/** What a vault held when it was last taken stock of. */
export interface Inventory {
  readonly atMs: number;
  readonly archives: readonly InventoriedArchive[];
  /** Whose archives it holds as well; vaults without seeds, and earlier versions, have none. */
  readonly seeds?: readonly SeedSnapshot[];
}

/** What DescribeVault shows of the last inventory; it shows nothing newer. */
export interface InventorySummary {
  readonly atMs: number;
  readonly archives: number;
  readonly sizeBytes: number;
}

const inventoryFile = (vaultFolder: string): string => join(vaultFolder, 'inventory.json');

/** The vault's last inventory; undefined when none was taken. */
export const readInventory = (vaultFolder: string): Promise<Inventory | undefined> =>
  readJson<Inventory>(inventoryFile(vaultFolder));

/** Once it resolves, the inventory is on disk for good. */
export const writeInventory = (vaultFolder: string, inventory: Inventory): Promise<void> =>
  writeDurably(inventoryFile(vaultFolder), `${JSON.stringify(inventory)}\n`);

/** Sizes are counted with the service's overhead for every archive. */
export function summaryOf(
  { atMs, archives, seeds: snapshots = [] }: Inventory,
  seeds: Seeds,
): InventorySummary {
  let count = archives.length;
  let sizeBytes = archives.reduce((sum, archive) => sum + archive.sizeBytes, 0);
  for (const { seed, deletions } of snapshots) {
    const { record } = seeds.get(seed).seed;
    count += record.count - deletions;
    sizeBytes += (record.count - deletions) * record.sizeBytes;
  }
  return { atMs, archives: count, sizeBytes: sizeBytes + count * ARCHIVE_OVERHEAD_BYTES };
}

/**
 * When the inventory that is due was taken; undefined if none is. The service takes stock about once a day, and only
 * of a vault that has changed (documented). Here the days are counted from the vault's creation (our choice).
 */
export function inventoryDue(
  vault: { createdAtMs: number; lastWriteAtMs: number | null; inventory: InventorySummary | null },
  everyMs: number,
  nowMs: number,
): number | undefined {
  const { createdAtMs, lastWriteAtMs, inventory } = vault;
  if (lastWriteAtMs === null) return undefined;
  if (inventory && inventory.atMs > lastWriteAtMs) return undefined;
  if (everyMs === 0) return Math.max(nowMs, lastWriteAtMs + 1);
  const rounds = Math.floor((lastWriteAtMs - createdAtMs) / everyMs) + 1;
  const atMs = createdAtMs + rounds * everyMs;
  return atMs <= nowMs ? atMs : undefined;
}
