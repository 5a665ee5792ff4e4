/** What is known here of an archive: from a receipt, or from the last inventory. */
import { realPathOf } from '../archive/archive-file.js';
import { GlacierUpError } from '../errors.js';
import { isUploadId } from '../glacier/limits.js';
import type { InventoryShelf } from '../session/inventories.js';
import type { Receipt } from '../session/receipts.js';
import type { Destination } from '../session/session.js';
import type { CommandRun } from './command-run.js';
import type { WhereTo } from './where-to.js';

/** An archive that a command is about. */
export interface NamedArchive {
  archiveId: string;
  receipt: Receipt | null;
  whereTo: WhereTo;
}

/** Shorter than any ID of Glacier's (138 characters), longer than most names of files. */
const shortestIdLength = 32;

/**
 * @param operand an archive ID, or a file with a receipt
 * @throws GlacierUpError `session-unknown` for what is neither; `usage` when its receipt is of another vault
 */
export async function resolveArchive(
  { options }: CommandRun,
  receipts: readonly Receipt[],
  operand: string,
): Promise<NamedArchive> {
  const receipt =
    receipts.find(({ archiveId }) => archiveId === operand) ?? (await newestOf(operand, receipts, options));
  if (!receipt) {
    if (isUploadId(operand) && operand.length >= shortestIdLength) {
      return { archiveId: operand, receipt: null, whereTo: options };
    }
    throw new GlacierUpError(
      'session-unknown',
      'no receipt of this file, and no archive of this ID, is known here',
      {
        hint: '"glacier-up receipts" lists those known, "glacier-up inventory" what a vault has',
      },
    );
  }
  const { vault } = receipt.destination;
  if (options.vault !== undefined && options.vault !== vault) {
    throw new GlacierUpError('usage', `the archive is in vault ${vault}, not in ${options.vault}`);
  }
  const whereTo = options.vault === undefined ? whereToOf(receipt.destination, options) : options;
  return { archiveId: receipt.archiveId, receipt, whereTo };
}

async function newestOf(
  file: string,
  receipts: readonly Receipt[],
  { vault }: CommandRun['options'],
): Promise<Receipt | undefined> {
  const path = await realPathOf(file);
  return receipts.findLast(
    (receipt) =>
      receipt.path === path &&
      receipt.deletedAt === undefined &&
      (vault === undefined || receipt.destination.vault === vault),
  );
}

/** The options that lead to a receipt's destination; the embedded vault's folder is not in it. */
function whereToOf(destination: Destination, given: WhereTo): WhereTo {
  const { vault, region, profile, accountOption, endpoint } = destination;
  if (region === 'local') {
    if (given.local !== undefined) return { ...given, vault };
    throw new GlacierUpError('usage', 'the archive is in an embedded vault', { hint: 'give --local DIR' });
  }
  return {
    vault,
    region,
    accountId: accountOption,
    ...(profile === null ? {} : { profile }),
    ...(endpoint === null ? {} : { endpointUrl: endpoint }),
  };
}

export interface KnownArchive {
  sizeBytes: number;
  treeHash: string;
  createdAt: string;
  description: string;
}

/** What tells of the archive: its receipt, or else the inventory that is kept; null when neither does. */
export function knownArchive(
  { archiveId, receipt }: NamedArchive,
  inventories: InventoryShelf,
  destination: Destination,
): KnownArchive | null {
  if (receipt) {
    const { sizeBytes, treeHash, completedAt, description } = receipt;
    return { sizeBytes, treeHash, createdAt: completedAt, description };
  }
  return inventories.load(destination)?.archives.find((archive) => archive.archiveId === archiveId) ?? null;
}
