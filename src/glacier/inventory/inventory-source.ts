/** Where an inventory comes from, and what is looked for in one. */
import { type InventoriedArchive, type InventoryHead, type InventorySummary, isFaulty } from './inventory.js';
import type { InventoryReading } from './inventory-reading.js';

export interface InventorySource {
  /** For messages: its file, or what stands for one. */
  readonly name: string;
  /** When its job was begun, ms since 1970; null for a file that somebody names. */
  readonly askedAtMs: number | null;
  /** It comes from a pipe: there is one reading of it, which every call gives. */
  readonly isOnce?: true;
  /** Reads it from its beginning. */
  read(): InventoryReading;
}

/** An inventory of which some archives were wanted. */
export interface SiftedInventory extends InventorySummary {
  /** As the command line names it; `-` for a pipe. */
  name: string;
  askedAtMs: number | null;
  fitting: InventoriedArchive[];
}

/**
 * Reads a whole inventory and keeps what fits.
 * @throws GlacierUpError `failed` when it is damaged, cut off, or no inventory
 */
export async function sift(
  source: InventorySource,
  fits: (archive: InventoriedArchive) => boolean,
): Promise<SiftedInventory> {
  const reading = source.read();
  const fitting: InventoriedArchive[] = [];
  for await (const entries of reading) {
    for (const entry of entries) if (!isFaulty(entry) && fits(entry)) fitting.push(entry);
  }
  const name = source.isOnce ? '-' : source.name;
  return { ...reading.summary, name, askedAtMs: source.askedAtMs, fitting };
}

/** The archives of these IDs that the inventory lists; it is read only as far as there are some to be found. */
export async function findArchives(
  source: InventorySource,
  archiveIds: ReadonlySet<string>,
): Promise<Map<string, InventoriedArchive>> {
  const found = new Map<string, InventoriedArchive>();
  if (archiveIds.size === 0) return found;
  for await (const entries of source.read()) {
    for (const entry of entries) {
      if (!isFaulty(entry) && archiveIds.has(entry.archiveId)) found.set(entry.archiveId, entry);
    }
    if (found.size === archiveIds.size) break;
  }
  return found;
}

/**
 * What an inventory says of itself. Glacier says it before the list, and programs that sort fields after it: then a file
 * is read to its end for it; of a pipe nothing is known so early.
 */
export async function headOf(source: InventorySource): Promise<InventoryHead> {
  const reading = source.read();
  const head = await reading.begin();
  if (source.isOnce) return head;
  if (!reading.isHeadWhole) return await reading.toEnd();
  await reading.close();
  return head;
}
