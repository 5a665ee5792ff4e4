/** A vault's inventory, in the two formats in which Glacier gives it (developer guide, "Get Job Output"). */
import { GlacierUpError } from '../errors.js';
import { inventoryDelayMs } from './limits.js';

export interface InventoriedArchive {
  archiveId: string;
  /** Empty when there is none. */
  description: string;
  createdAt: string;
  sizeBytes: number;
  treeHash: string;
}

export interface Inventory {
  archives: InventoriedArchive[];
  /** When Glacier took it; CSV does not say. */
  takenAt: string | null;
  /** Which vault it is of; CSV does not say. */
  vault: { region: string; accountId: string; name: string } | null;
  /** Entries that could not be read. */
  malformed: number;
}

/** @throws GlacierUpError `failed` when it is neither format */
export function parseInventory(text: string): Inventory {
  const plain = text.replace(/^\ufeff/, '').trimStart();
  if (plain.startsWith('{')) return parseJson(plain);
  if (/^"?ArchiveId"?,/.test(plain)) return parseCsv(plain);
  throw notAnInventory();
}

function notAnInventory(cause?: unknown): GlacierUpError {
  return new GlacierUpError('failed', 'this is no inventory of a vault', {
    hint: 'give the output of an inventory-retrieval job as Glacier wrote it, in JSON or CSV',
    cause,
  });
}

function parseJson(text: string): Inventory {
  let document: { ArchiveList?: unknown; InventoryDate?: unknown; VaultARN?: unknown };
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw notAnInventory(error);
  }
  const { ArchiveList: list, InventoryDate: date, VaultARN: arn } = document;
  if (!Array.isArray(list)) throw notAnInventory();
  const archives = list.map(archiveFromJson).filter((archive) => archive !== null);
  return {
    archives,
    takenAt: typeof date === 'string' && !Number.isNaN(Date.parse(date)) ? date : null,
    vault: typeof arn === 'string' ? vaultIn(arn) : null,
    malformed: list.length - archives.length,
  };
}

/** `arn:aws:glacier:REGION:ACCOUNT:vaults/NAME` */
function vaultIn(arn: string): Inventory['vault'] {
  const [, region, accountId, name] = /^arn:[^:]+:glacier:([^:]*):(\d*):vaults\/(.+)$/.exec(arn) ?? [];
  return region === undefined || accountId === undefined || name === undefined
    ? null
    : { region, accountId, name };
}

function archiveFromJson(entry: unknown): InventoriedArchive | null {
  const fields = (entry ?? {}) as Record<string, unknown>;
  const { ArchiveId, ArchiveDescription, CreationDate, Size, SHA256TreeHash } = fields;
  if (typeof ArchiveId !== 'string' || typeof Size !== 'number' || !isTreeHash(SHA256TreeHash)) return null;
  return {
    archiveId: ArchiveId,
    description: typeof ArchiveDescription === 'string' ? ArchiveDescription : '',
    createdAt: typeof CreationDate === 'string' ? CreationDate : '',
    sizeBytes: Size,
    treeHash: SHA256TreeHash.toLowerCase(),
  };
}

function isTreeHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-fA-F]{64}$/.test(value);
}

/**
 * Glacier writes a quote within a field as `\"` but a backslash as itself, so that a description that ends in a
 * backslash seems to run on. The other fields can hold neither commas nor quotes: the line is read from both ends,
 * and the description is whatever lies between.
 */
const csvLine = /^"?([\w-]+)"?,(.*),"?([^",]*)"?,"?(\d+)"?,"?([0-9a-fA-F]{64})"?$/;

function parseCsv(text: string): Inventory {
  const [, ...lines] = text.split(/\r?\n/);
  const archives: InventoriedArchive[] = [];
  let malformed = 0;
  for (const line of lines) {
    if (line === '') continue;
    const [, archiveId, field = '', createdAt = '', size, treeHash] = csvLine.exec(line) ?? [];
    if (archiveId === undefined || treeHash === undefined) malformed += 1;
    else {
      const description = csvText(field);
      const sizeBytes = Number(size);
      archives.push({ archiveId, description, createdAt, sizeBytes, treeHash: treeHash.toLowerCase() });
    }
  }
  return { archives, takenAt: null, vault: null, malformed };
}

function csvText(field: string): string {
  const isQuoted = field.length >= 2 && field.startsWith('"') && field.endsWith('"');
  return isQuoted ? field.slice(1, -1).replaceAll('\\"', '"') : field;
}

/** An inventory that a job brought. */
export interface AskedInventory extends Inventory {
  /** When the job was begun, ms since 1970. */
  askedAtMs: number;
  /** Where it is kept; null when it is not. */
  file: string | null;
}

/**
 * Until when an inventory tells everything: what was in the vault before that, and has not been deleted, is in it.
 * It may lack what is less than a day older than itself. A vault that does not change keeps its old inventory
 * (developer guide, "Vault Inventory"), so that one that is two days younger than its job says as much.
 * @returns ms since 1970; null when nothing tells
 */
export function certainUntilMs(inventory: Inventory | AskedInventory): number | null {
  const takenMs = takenAtLeastMs(inventory);
  const askedMs = 'askedAtMs' in inventory ? inventory.askedAtMs : null;
  const bounds = [
    ...(takenMs === null ? [] : [takenMs - inventoryDelayMs]),
    ...(askedMs === null ? [] : [askedMs - 2 * inventoryDelayMs]),
  ];
  return bounds.length === 0 ? null : Math.max(...bounds);
}

/** Its own date; or, in CSV, that of the newest archive in it: it cannot be older. */
function takenAtLeastMs({ takenAt, archives }: Inventory): number | null {
  if (takenAt !== null) return Date.parse(takenAt);
  let newestMs: number | null = null;
  for (const { createdAt } of archives) {
    const createdMs = Date.parse(createdAt);
    if (createdMs > (newestMs ?? 0)) newestMs = createdMs;
  }
  return newestMs;
}
