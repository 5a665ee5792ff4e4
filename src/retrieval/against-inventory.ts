/** Receipts held against an inventory, and receipts made from one. */
import { GlacierUpError } from '../errors.js';
import { certainUntilMs, type InventoriedArchive, type Inventory } from '../glacier/inventory.js';
import type { Destination } from '../session/destination.js';
import { type KnownReceipt, type Receipt, receiptSchemaVersion } from '../session/receipts/receipt.js';

/**
 * `confirmed`: in the inventory, with the same tree hash and size. `different`: there with others. `missing`: not there
 * though old enough. `young`: not there, and not yet to be expected. `deleted`: deleted from here, and not there any
 * more. `deleted-listed`: deleted from here, and there still, as it is until the next inventory.
 */
export type ReceiptState = 'confirmed' | 'different' | 'missing' | 'young' | 'deleted' | 'deleted-listed';

export interface HeldAgainst {
  receipts: { receipt: KnownReceipt; state: ReceiptState }[];
  /** In the inventory, and in no receipt. */
  unknown: InventoriedArchive[];
}

/** @param receipts those of the vault that the inventory is of */
export function holdAgainst(receipts: readonly KnownReceipt[], inventory: Inventory): HeldAgainst {
  const listed = new Map(inventory.archives.map((archive) => [archive.archiveId, archive]));
  const known = new Set(receipts.map(({ archiveId }) => archiveId));
  const certainMs = certainUntilMs(inventory);
  return {
    receipts: receipts.map((receipt) => ({
      receipt,
      state: stateOf(receipt, listed.get(receipt.archiveId), certainMs),
    })),
    unknown: inventory.archives.filter(({ archiveId }) => !known.has(archiveId)),
  };
}

function stateOf(
  receipt: KnownReceipt,
  listed: InventoriedArchive | undefined,
  certainMs: number | null,
): ReceiptState {
  if (receipt.deletedAt !== undefined) return listed ? 'deleted-listed' : 'deleted';
  if (!listed) {
    const isOldEnough = certainMs !== null && Date.parse(receipt.completedAt) < certainMs;
    return isOldEnough ? 'missing' : 'young';
  }
  const isSame = listed.treeHash === receipt.treeHash && listed.sizeBytes === receipt.sizeBytes;
  return isSame ? 'confirmed' : 'different';
}

/**
 * The receipts that an inventory is about.
 * @param vaultName says it when the inventory (in CSV) does not
 * @throws GlacierUpError `usage` when it cannot be told which vault it is of
 */
export function receiptsOf(
  receipts: Iterable<KnownReceipt>,
  inventory: Inventory,
  vaultName: string | undefined,
): KnownReceipt[] {
  const { vault } = inventory;
  const name = vault?.name ?? vaultName;
  if (name === undefined) {
    throw new GlacierUpError('usage', 'this inventory does not tell of which vault it is', {
      hint: 'give --vault NAME',
    });
  }
  if (vaultName !== undefined && vaultName !== name) {
    throw new GlacierUpError('usage', `this is the inventory of vault ${name}, not of ${vaultName}`);
  }
  const ofVault = [...receipts].filter(
    ({ destination, accountId }) =>
      destination.vault === name &&
      (!vault || !accountId || accountId === vault.accountId) &&
      (!vault || destination.region === 'local' || destination.region === vault.region),
  );
  const places = new Set(ofVault.map(({ destination }) => destination.endpoint));
  if (places.size > 1) {
    const message = `there are receipts of several vaults named ${name}: ${[...places].map((place) => place ?? 'AWS').join(', ')}`;
    throw new GlacierUpError('usage', message, {
      hint: 'fetch the inventory with "glacier-up inventory", then give --against kept',
    });
  }
  return ofVault;
}

/** A receipt for each archive of an inventory; file and upload cannot be known. */
export function rebuildReceipts(inventory: Inventory, destination: Destination): Receipt[] {
  const { vault, archives } = inventory;
  if (vault && vault.name !== destination.vault) {
    throw new GlacierUpError(
      'usage',
      `this is the inventory of vault ${vault.name}, not of ${destination.vault}`,
    );
  }
  const { accountOption } = destination;
  const accountId = vault?.accountId ?? (accountOption === '-' ? '' : accountOption);
  return archives.map(({ archiveId, description, createdAt, sizeBytes, treeHash }) => ({
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
  }));
}
