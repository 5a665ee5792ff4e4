/** What is known here of an archive: from a receipt, or from the last inventory. */
import { assertResolvable } from '../../archive/real-path.js';
import { GlacierUpError } from '../../errors.js';
import { findArchives } from '../../glacier/inventory/inventory-source.js';
import { isUploadId } from '../../glacier/limits.js';
import { hint, step, stepAtVault } from '../../hint.js';
import type { Destination } from '../../session/destination.js';
import type { InventoryShelf } from '../../session/inventories.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../session/receipts/receipt-log.js';
import type { VaultSelector } from '../open/vault-selector.js';
import type { WhereRun } from '../options/shared-options.js';
import { assertThere, latestArchiveNamed } from './current-archive.js';

/** An archive that a command is about. */
export interface NamedArchive {
  archiveId: string;
  receipt: KnownReceipt | null;
  selector: VaultSelector;
}

/** Shorter than any ID of Glacier's, longer than most names of files. */
const shortestIdLength = 32;

/**
 * @param operand an archive ID, a file with a receipt, or the name of an archive from a pipe
 * @throws GlacierUpError `archive-unknown` for what is neither; `usage` when its receipt is of another vault;
 * `archive-gone` when the archive of the file is not in its vault any more
 */
export async function resolveArchive(
  command: WhereRun,
  receipts: ReceiptLog,
  operand: string,
): Promise<NamedArchive> {
  const { options } = command;
  const byId = receipts.byArchiveId(operand);
  const named = byId ? undefined : await latestArchiveNamed(command, receipts, operand);
  if (named) assertThere(named, operand);
  const receipt = byId ?? named;
  if (!receipt) {
    if (isUploadId(operand) && operand.length >= shortestIdLength) {
      return { archiveId: operand, receipt: null, selector: options };
    }
    await assertResolvable(operand);
    throw new GlacierUpError(
      'archive-unknown',
      'no receipt of this file, and no archive of this ID, is known here',
      {
        hint: hint`${step('receipts')} lists those known, ${stepAtVault('inventory')} what a vault has`,
      },
    );
  }
  const { vault } = receipt.destination;
  if (options.vault !== undefined && options.vault !== vault) {
    throw new GlacierUpError('usage', `the archive is in vault ${vault}, not in ${options.vault}`);
  }
  const selector = options.vault === undefined ? whereToOf(receipt.destination, options) : options;
  return { archiveId: receipt.archiveId, receipt, selector };
}

/** The options that lead to a receipt's destination; the embedded vault's folder is not in it. */
function whereToOf(destination: Destination, given: VaultSelector): VaultSelector {
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

/** What is known of archives: from their receipts, or else from the inventory that is kept, which is read once for all of them. */
export class KnownArchives {
  readonly #inventories: InventoryShelf;
  /** Those that a command is about. */
  readonly #archiveIds: ReadonlySet<string>;
  /** By the file of the inventory. */
  readonly #found = new Map<string, Promise<ReadonlyMap<string, KnownArchive>>>();

  constructor(inventories: InventoryShelf, archiveIds: Iterable<string>) {
    this.#inventories = inventories;
    this.#archiveIds = new Set(archiveIds);
  }

  /** null when neither has it. @throws GlacierUpError when the inventory cannot be read */
  async of({ archiveId, receipt }: NamedArchive, destination: Destination): Promise<KnownArchive | null> {
    if (receipt) {
      const { sizeBytes, treeHash, completedAt, description } = receipt;
      return { sizeBytes, treeHash, createdAt: completedAt, description };
    }
    const inventory = this.#inventories.kept(destination);
    if (!inventory) return null;
    const found = this.#found.get(inventory.name) ?? findArchives(inventory, this.#archiveIds);
    this.#found.set(inventory.name, found);
    return (await found).get(archiveId) ?? null;
  }
}
