/** A vault's inventory: what it lists, and until when it tells everything (developer guide, "Vault Inventory"). */
import { inventoryDelayMs } from '../limits.js';

export interface InventoriedArchive {
  archiveId: string;
  /** Empty when there is none. */
  description: string;
  createdAt: string;
  sizeBytes: number;
  /** Lower-case hex. */
  treeHash: string;
}

/** An entry that lacks something, with what can be read of it. It is listed, but it proves nothing. */
export interface FaultyEntry {
  archiveId: string | null;
  description: string;
  createdAt: string;
  sizeBytes: number | null;
  treeHash: string | null;
  /** What is wrong with it: `no tree hash`, `its size is text`. */
  fault: string;
}

export type InventoryEntry = InventoriedArchive | FaultyEntry;

/** True for an entry that lacks what every archive has, or has it in a wrong form. */
export function isFaulty(entry: InventoryEntry): entry is FaultyEntry {
  return 'fault' in entry;
}

/** What an inventory says of itself; CSV says nothing. */
export interface InventoryHead {
  /** When Glacier took it. */
  takenAt: string | null;
  vault: { region: string; accountId: string; name: string } | null;
}

/** What an inventory is as a whole. */
export interface InventorySummary extends InventoryHead {
  /** Without those that are faulty. */
  archives: number;
  sizeBytes: number;
  /** Entries that are faulty. */
  malformed: number;
  /** When the newest archive in it was made, ms since 1970; null when nothing tells. */
  newestMs: number | null;
}

/** @param fields of the JSON object that an inventory is */
export function inventoryHead({
  InventoryDate: date,
  VaultARN: arn,
}: Record<string, unknown>): InventoryHead {
  return {
    takenAt: typeof date === 'string' && !Number.isNaN(Date.parse(date)) ? date : null,
    vault: typeof arn === 'string' ? vaultIn(arn) : null,
  };
}

/** `arn:aws:glacier:REGION:ACCOUNT:vaults/NAME` */
function vaultIn(arn: string): InventoryHead['vault'] {
  const [, region, accountId, name] = /^arn:[^:]+:glacier:([^:]*):(\d*):vaults\/(.+)$/.exec(arn) ?? [];
  return region === undefined || accountId === undefined || name === undefined
    ? null
    : { region, accountId, name };
}

/** True for 64 hexadecimal digits, in either case. */
export function isTreeHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-fA-F]{64}$/.test(value);
}

/**
 * Until when an inventory tells everything: what was in the vault before that, and has not been deleted, is in it.
 * It may lack what is less than a day older than itself. A vault that does not change keeps its old inventory
 * (developer guide, "Vault Inventory"), so that one that is two days younger than its job says as much.
 * @param askedAtMs when its job was begun, if that is known
 * @returns ms since 1970; null when nothing tells
 */
export function certainUntilMs(
  { takenAt, newestMs }: Pick<InventorySummary, 'takenAt' | 'newestMs'>,
  askedAtMs: number | null,
): number | null {
  // CSV has no date, but cannot be older than the newest archive in it.
  const takenMs = takenAt === null ? newestMs : Date.parse(takenAt);
  const bounds = [
    ...(takenMs === null ? [] : [takenMs - inventoryDelayMs]),
    ...(askedAtMs === null ? [] : [askedAtMs - 2 * inventoryDelayMs]),
  ];
  return bounds.length === 0 ? null : Math.max(...bounds);
}
