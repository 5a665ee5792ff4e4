/** What an inventory says of the archives that are known here. */
import { type AskedInventory, certainUntilMs } from '../glacier/inventory.js';
import { isBelieved, type KnownReceipt } from '../session/receipts/receipt.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import { isSameVault, type VaultReference } from '../session/which-vault.js';

/** So many notes share a flush. */
const groupSize = 1000;

/**
 * Notes which archives of the vault the inventory must list and does not: they do not count as uploaded any more. What
 * was noted as gone and is listed counts again.
 * @param vault that the inventory was fetched from
 * @returns how many were noted as gone
 * @throws GlacierUpError `state-unusable` when a note could not be stored
 */
export async function noteUnlisted(
  receipts: ReceiptLog,
  inventory: AskedInventory,
  vault: VaultReference,
): Promise<number> {
  const certainMs = certainUntilMs(inventory);
  const tally = receipts.tally();
  const back: string[] = [];
  await receipts.whileOpen(async () => {
    for (const { archiveId } of inventory.archives) {
      if (tally.see(archiveId)?.gone !== undefined) back.push(archiveId);
    }
  });
  await inGroups(back, (archiveId) => receipts.noteFound(archiveId));
  if (certainMs === null) return 0;
  const unlisted: string[] = [];
  for (const archive of tally.unseen()) {
    if (isBelieved(archive) && isSameVault(archive, vault) && isOlder(archive, certainMs)) {
      unlisted.push(archive.archiveId);
    }
  }
  await inGroups(unlisted, (archiveId) => receipts.noteGone(archiveId, 'not-listed'));
  return unlisted.length;
}

function isOlder({ completedAt }: KnownReceipt, certainMs: number): boolean {
  return Date.parse(completedAt) < certainMs;
}

async function inGroups<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += groupSize) {
    await Promise.all(items.slice(start, start + groupSize).map(action));
  }
}
