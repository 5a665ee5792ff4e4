/** What an inventory says of the archives that are known here. */
import { certainUntilMs } from '../glacier/inventory/inventory.js';
import type { InventorySource } from '../glacier/inventory/inventory-source.js';
import type { Destination } from '../session/destination.js';
import { isBelieved, type KnownReceipt } from '../session/receipts/receipt.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import { isSameVault } from '../session/which-vault.js';

/** So many notes share a flush. */
const groupSize = 1000;

/**
 * Notes which archives of the vault the inventory must list and does not: they do not count as uploaded any more. What
 * was noted as gone before the time until which the inventory is certain, and is listed, counts again: an older
 * inventory lists what was deleted since. What a person has forgotten stays forgotten.
 * @param destination where the inventory was fetched from
 * @returns how many were noted as gone
 * @throws GlacierUpError `state-unusable` when a note could not be stored; `failed` when the inventory is damaged
 */
export async function noteUnlisted(
  receipts: ReceiptLog,
  inventory: InventorySource,
  destination: Destination,
): Promise<number> {
  const tally = receipts.tally();
  const listedAgain: KnownReceipt[] = [];
  /** An entry without an ID may be any archive. */
  let mayListAny = false;
  const reading = inventory.read();
  await receipts.whileOpen(async () => {
    for await (const entries of reading) {
      for (const { archiveId } of entries) {
        if (archiveId === null) mayListAny = true;
        else {
          const archive = tally.see(archiveId);
          if (archive?.gone !== undefined) listedAgain.push(archive);
        }
      }
    }
  });
  const { summary } = reading;
  const certainMs = certainUntilMs(summary, inventory.askedAtMs);
  if (certainMs === null) return 0;
  const found = listedAgain.filter(({ gone }) => wasGoneBefore(gone, certainMs));
  await inGroups(found, ({ archiveId }) => receipts.noteFound(archiveId));
  if (mayListAny) return 0;
  const vault = { destination, accountId: summary.vault?.accountId ?? null };
  const unlisted: string[] = [];
  for (const archive of tally.unseen()) {
    if (isBelieved(archive) && isSameVault(archive, vault) && isOlder(archive, certainMs)) {
      unlisted.push(archive.archiveId);
    }
  }
  await inGroups(unlisted, (archiveId) => receipts.noteGone(archiveId, 'not-listed'));
  return unlisted.length;
}

function wasGoneBefore(gone: KnownReceipt['gone'], certainMs: number): boolean {
  return gone !== undefined && gone.reason !== 'forgotten' && Date.parse(gone.goneAt) < certainMs;
}

function isOlder({ completedAt }: KnownReceipt, certainMs: number): boolean {
  return Date.parse(completedAt) < certainMs;
}

async function inGroups<T>(items: readonly T[], action: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += groupSize) {
    await Promise.all(items.slice(start, start + groupSize).map(action));
  }
}
