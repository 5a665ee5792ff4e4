/** Receipts held against an inventory, and receipts made from one. */
import { GlacierUpError } from '../errors.js';
import {
  type InventoriedArchive,
  type InventoryEntry,
  type InventoryHead,
  isFaulty,
} from '../glacier/inventory/inventory.js';
import type { Destination } from '../session/destination.js';
import { isNamed, type NamedVault } from '../session/named-vault.js';
import {
  isBelieved,
  type KnownReceipt,
  type Receipt,
  receiptSchemaVersion,
  subjectKey,
} from '../session/receipts/receipt.js';
import type { ReceiptReader } from '../session/receipts/receipt-reader.js';
import type { Tally } from '../session/receipts/tally.js';
import { accountOf, isSameVault, type VaultReference } from '../session/which-vault.js';

/**
 * `confirmed`: in the inventory, with the same tree hash and size. `different`: there with others. `unproved`: listed in
 * an entry that lacks one of them. `missing`: not there though old enough. `replaced`: missing, and another archive of
 * the same content and file is there, as after `upload --again`. `young`: not there, and not yet to be
 * expected. `deleted`: deleted from here, and not there any more. `deleted-listed`: deleted from here, and there still,
 * as it is until the next inventory.
 */
export type ReceiptState =
  | 'confirmed'
  | 'different'
  | 'unproved'
  | 'missing'
  | 'replaced'
  | 'young'
  | 'deleted'
  | 'deleted-listed';

export interface ReceiptCheck {
  receipt: KnownReceipt;
  state: ReceiptState;
}

/** @returns the receipt of the entry, and what the entry says about it; null when none does */
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
  receipts: ReceiptReader,
  tally: Tally,
  { certainMs, isOfVault }: { certainMs: number | null; isOfVault: (receipt: KnownReceipt) => boolean },
): Generator<ReceiptCheck, void> {
  const isOld = ({ completedAt }: KnownReceipt): boolean =>
    certainMs !== null && Date.parse(completedAt) < certainMs;
  const isThere = (receipt: KnownReceipt): boolean =>
    isBelieved(receipt) && isOfVault(receipt) && (tally.hasSeen(receipt.archiveId) || !isOld(receipt));
  for (const receipt of tally.unseen()) {
    if (!isOfVault(receipt)) continue;
    const state = receipt.deletedAt !== undefined ? 'deleted' : isOld(receipt) ? 'missing' : 'young';
    const isReplaced = state === 'missing' && othersOf(receipts, receipt).some(isThere);
    yield { receipt, state: isReplaced ? 'replaced' : state };
  }
}

/** Other archives with the content of this one that its file, or stream, was uploaded as. */
function othersOf(
  receipts: ReceiptReader,
  { archiveId, sizeBytes, treeHash, ...of }: KnownReceipt,
): KnownReceipt[] {
  const subject = subjectKey(of);
  if (subject === null) return [];
  return [...receipts.bySubject(subject)]
    .map(({ archive }) => archive)
    .filter(
      (other) =>
        other.archiveId !== archiveId && other.treeHash === treeHash && other.sizeBytes === sizeBytes,
    );
}

function stateOf(receipt: KnownReceipt, entry: InventoryEntry): ReceiptState {
  if (receipt.deletedAt !== undefined) return 'deleted-listed';
  if (isFaulty(entry)) return 'unproved';
  const isSame = entry.treeHash === receipt.treeHash && entry.sizeBytes === receipt.sizeBytes;
  return isSame ? 'confirmed' : 'different';
}

/**
 * Which receipts an inventory is about.
 * @param vaults that there are receipts of, however they are spelled
 * @param named what options say of its vault, and must say when the inventory (in CSV) does not
 * @throws GlacierUpError `usage` when it cannot be told which vault it is of
 */
export function receiptsOf(
  vaults: Iterable<VaultReference>,
  { vault }: InventoryHead,
  named: NamedVault,
): (receipt: VaultReference) => boolean {
  assertVault({ vault }, named);
  const name = vault?.name ?? named.vault;
  if (name === undefined) {
    throw new GlacierUpError('usage', 'this inventory does not tell of which vault it is', {
      hint: 'give --vault NAME',
    });
  }
  const wanted = { ...named, vault: name };
  const isOfVault = (receipt: VaultReference): boolean => {
    const { destination, accountId } = receipt;
    if (!isNamed(wanted, receipt)) return false;
    if (!vault) return true;
    const isOfRegion = destination.region === 'local' || destination.region === vault.region;
    return isOfRegion && (!accountId || accountId === vault.accountId);
  };
  const different = differentVaults(vaults, isOfVault, vault?.accountId ?? '');
  if (different.length > 1) {
    const message = `there are receipts of several vaults named ${name}: ${different.map(vaultText).join('; ')}`;
    throw new GlacierUpError('usage', message, {
      hint: 'say which one with --region, --account-id, --endpoint-url or --local',
    });
  }
  return isOfVault;
}

function differentVaults(
  vaults: Iterable<VaultReference>,
  isMeant: (receipt: VaultReference) => boolean,
  ownerId: string,
): VaultReference[] {
  const different: VaultReference[] = [];
  for (const { destination, accountId } of vaults) {
    const owned = { destination, accountId: accountId || ownerId };
    if (isMeant({ destination, accountId }) && !different.some((other) => isSameVault(other, owned))) {
      different.push(owned);
    }
  }
  return different;
}

function vaultText(receipt: VaultReference): string {
  const { region, endpoint } = receipt.destination;
  if (region === 'local') return `an embedded one (${endpoint})`;
  const account = accountOf(receipt) ?? 'unknown';
  return `region ${region}, account ${account}${endpoint === null ? '' : `, ${endpoint}`}`;
}

/**
 * @param named what options say of the vault
 * @throws GlacierUpError `usage` when the inventory says that it is of another vault
 */
export function assertVault(
  { vault }: Pick<InventoryHead, 'vault'>,
  named: Pick<NamedVault, 'vault' | 'region' | 'accountId'>,
): void {
  if (vault === null) return;
  const { vault: name = vault.name, region = vault.region, accountId = '-' } = named;
  if (vault.name !== name) {
    throw new GlacierUpError('usage', `this is the inventory of vault ${vault.name}, not of ${name}`);
  }
  if (vault.region !== region) {
    const message = `this is the inventory of a vault in region ${vault.region}, not in ${region}`;
    throw new GlacierUpError('usage', message);
  }
  if (accountId !== '-' && vault.accountId !== accountId) {
    const message = `this is the inventory of a vault of account ${vault.accountId}, not of ${accountId}`;
    throw new GlacierUpError('usage', message);
  }
}

/**
 * A vault of another region or account may have the same name: its inventory proves nothing about this one.
 * @throws GlacierUpError `usage` when the inventory says that it is of another vault than `destination`
 */
export function assertVaultAt(
  head: Pick<InventoryHead, 'vault'>,
  { vault, region, accountOption }: Destination,
): void {
  // An embedded vault has no region of its own: it is of the one that its caller signs for.
  const regionNamed = region === 'local' ? undefined : region;
  assertVault(head, { vault, region: regionNamed, accountId: accountOption });
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
