/** Receipts held against an inventory, and receipts made from one. */
import { GlacierUpError } from '../errors.js';
import {
  type InventoriedArchive,
  type InventoryEntry,
  type InventoryHead,
  isFaulty,
} from '../glacier/inventory.js';
import type { Destination } from '../session/destination.js';
import { type KnownReceipt, type Receipt, receiptSchemaVersion } from '../session/receipts/receipt.js';
import type { Tally } from '../session/receipts/receipt-reader.js';

/**
 * `confirmed`: in the inventory, with the same tree hash and size. `different`: there with others. `unproved`: listed in
 * an entry that lacks one of them. `missing`: not there though old enough. `young`: not there, and not yet to be
 * expected. `deleted`: deleted from here, and not there any more. `deleted-listed`: deleted from here, and there still,
 * as it is until the next inventory.
 */
export type ReceiptState =
  | 'confirmed'
  | 'different'
  | 'unproved'
  | 'missing'
  | 'young'
  | 'deleted'
  | 'deleted-listed';

export interface ReceiptCheck {
  receipt: KnownReceipt;
  state: ReceiptState;
}

/** @returns the receipt that tells of the entry, and what the entry says of it; null when none does */
export function checkEntry(tally: Tally, entry: InventoryEntry): ReceiptCheck | null {
  const receipt = entry.archiveId === null ? null : tally.see(entry.archiveId);
  return receipt && { receipt, state: stateOf(receipt, entry) };
}

/**
 * The receipts that an inventory does not list.
 * @param tally has seen all of its entries
 * @param certainMs until when the inventory tells everything
 */
export function* unlistedReceipts(
  tally: Tally,
  certainMs: number | null,
  isOfVault: (receipt: KnownReceipt) => boolean,
): Generator<ReceiptCheck, void> {
  for (const receipt of tally.unseen()) {
    if (!isOfVault(receipt)) continue;
    const isOldEnough = certainMs !== null && Date.parse(receipt.completedAt) < certainMs;
    const state = receipt.deletedAt !== undefined ? 'deleted' : isOldEnough ? 'missing' : 'young';
    yield { receipt, state };
  }
}

function stateOf(receipt: KnownReceipt, entry: InventoryEntry): ReceiptState {
  if (receipt.deletedAt !== undefined) return 'deleted-listed';
  if (isFaulty(entry)) return 'unproved';
  const isSame = entry.treeHash === receipt.treeHash && entry.sizeBytes === receipt.sizeBytes;
  return isSame ? 'confirmed' : 'different';
}

/**
 * Which receipts an inventory is about.
 * @param vaultName says it when the inventory (in CSV) does not
 * @throws GlacierUpError `usage` when it cannot be told which vault it is of
 */
export function receiptsOf(
  receipts: Iterable<KnownReceipt>,
  { vault }: InventoryHead,
  vaultName: string | undefined,
): (receipt: KnownReceipt) => boolean {
  const name = vault?.name ?? vaultName;
  if (name === undefined) {
    throw new GlacierUpError('usage', 'this inventory does not tell of which vault it is', {
      hint: 'give --vault NAME',
    });
  }
  if (vaultName !== undefined) assertVault({ vault }, { vault: vaultName, accountOption: '-' });
  const isOfVault = ({ destination, accountId }: KnownReceipt): boolean =>
    destination.vault === name &&
    (!vault || !accountId || accountId === vault.accountId) &&
    (!vault || destination.region === 'local' || destination.region === vault.region);
  const places = new Set<string | null>();
  for (const receipt of receipts) if (isOfVault(receipt)) places.add(receipt.destination.endpoint);
  if (places.size > 1) {
    const message = `there are receipts of several vaults named ${name}: ${[...places].map((place) => place ?? 'AWS').join(', ')}`;
    throw new GlacierUpError('usage', message, {
      hint: 'fetch the inventory with "glacier-up inventory", then give --against kept',
    });
  }
  return isOfVault;
}

/**
 * @param named the vault, and the account if one is named, not `-`
 * @throws GlacierUpError `usage` when the inventory says that it is of another vault
 */
export function assertVault(
  { vault }: Pick<InventoryHead, 'vault'>,
  named: Pick<Destination, 'vault' | 'accountOption'>,
): void {
  if (vault === null) return;
  if (vault.name !== named.vault) {
    throw new GlacierUpError('usage', `this is the inventory of vault ${vault.name}, not of ${named.vault}`);
  }
  if (named.accountOption !== '-' && vault.accountId !== named.accountOption) {
    const message = `this is the inventory of a vault of account ${vault.accountId}, not of ${named.accountOption}`;
    throw new GlacierUpError('usage', message);
  }
}

/** A receipt for an archive of an inventory; file and upload cannot be known. */
export function rebuiltReceipt(
  { archiveId, description, createdAt, sizeBytes, treeHash }: InventoriedArchive,
  accountId: string,
  destination: Destination,
): Receipt {
  return {
    schema: receiptSchemaVersion,
    archiveId,
    location: `/${accountId || '-'}/vaults/${destination.vault}/archives/${archiveId}`,
    accountId,
    destination,
    uploadId: null,
    sizeBytes,
    treeHash,
    description,
    partSizeBytes: null,
    parts: null,
    startedAt: null,
    completedAt: createdAt,
    path: null,
    identity: null,
  };
}
