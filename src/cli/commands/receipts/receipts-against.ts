import { GlacierUpError, hasCode } from '../../../errors.js';
import { certainUntilMs, type InventorySummary } from '../../../glacier/inventory/inventory.js';
import { headOf, type InventorySource } from '../../../glacier/inventory/inventory-source.js';
import { hint, stepAtVault } from '../../../hint.js';
import {
  assertVault,
  checkEntry,
  receiptsOf,
  unlistedReceipts,
} from '../../../retrieval/against-inventory.js';
import type { Destination } from '../../../session/destination.js';
import { isNamed, type NamedVault } from '../../../session/named-vault.js';
import type { KnownReceipt } from '../../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../../session/receipts/receipt-log.js';
import { vaultKey } from '../../../session/which-vault.js';
import { assertYoung } from '../../open/inventory-age.js';
import { inventoryFile, keptWord } from '../../open/inventory-file.js';
import { vaultNamedBy } from '../../open/named-vault.js';
import { openInventories, openState } from '../../open/open-state.js';
import { AgainstReport } from './against-report.js';
import type { ReceiptsRun } from './options.js';

type IsOfVault = (receipt: KnownReceipt) => boolean;

/**
 * `receipts --against FILE`: compares the receipts with an inventory, and prints what became of each.
 * @param name a path, `-` for standard input, or the word for the inventory that is kept
 * @throws GlacierUpError `usage` when it is of another vault; `inventory-old`; what reading it may
 */
export async function against(command: ReceiptsRun, name: string): Promise<void> {
  const { receipts } = await openState(command);
  const named = await vaultNamedBy(command);
  if (name === keptWord) return await againstKept(command, receipts, named);
  const source = inventoryFile(command, name);
  await assertYoung(command, source);
  const head = await headOf(source);
  // A pipe may say it after the list.
  const isKnown = head.vault !== null || named.vault !== undefined || source.isOnce !== true;
  const isOfVault = isKnown ? receiptsOf(receipts.vaults(), head, named) : null;
  await tell(command, receipts, source, (summary) => {
    assertVault(summary, named);
    return isOfVault ?? receiptsOf(receipts.vaults(), summary, named);
  });
}

/** Each vault that the options name, by its own inventory. */
async function againstKept(command: ReceiptsRun, receipts: ReceiptLog, named: NamedVault): Promise<void> {
  const inventories = openInventories(command);
  let kept = 0;
  for (const [key, spellings] of vaultsOf(receipts, named)) {
    // An inventory is kept under the words that its vault was spelled in when it was fetched.
    const [inventory] = spellings.flatMap((destination) => inventories.kept(destination) ?? []);
    if (!inventory) {
      command.reporter.note(`no inventory of vault ${spellings[0]?.vault} is kept here`);
      continue;
    }
    kept += 1;
    try {
      await assertYoung(command, inventory);
      await tell(command, receipts, inventory, () => (receipt) => vaultKey(receipt) === key);
    } catch (error) {
      if (!hasCode(error, 'inventory-old')) throw error;
      command.fail(error, inventory.name);
    }
  }
  if (kept > 0) return;
  throw new GlacierUpError('inventory-unknown', 'no inventory of a vault with receipts is kept here', {
    hint: hint`fetch one with ${stepAtVault('inventory')}, or name a file`,
  });
}

/** The vaults with receipts, each with the ways in which it was spelled, by `vaultKey`. */
function vaultsOf(receipts: ReceiptLog, named: NamedVault): Map<string, Destination[]> {
  const vaults = new Map<string, Map<string, Destination>>();
  for (const vault of receipts.vaults()) {
    if (!isNamed(named, vault)) continue;
    const { destination } = vault;
    const key = vaultKey(vault);
    const spellings = vaults.get(key) ?? new Map<string, Destination>();
    vaults.set(key, spellings.set(JSON.stringify(destination), destination));
  }
  return new Map([...vaults].map(([key, spellings]) => [key, [...spellings.values()]]));
}

/**
 * Prints each archive that the inventory lists as it is read, then the receipts of those that it does not list.
 * @param isOfVaultBy which receipts are of its vault, once it was read to its end
 */
async function tell(
  command: ReceiptsRun,
  receipts: ReceiptLog,
  source: InventorySource,
  isOfVaultBy: (summary: InventorySummary) => IsOfVault,
): Promise<void> {
  const tally = receipts.tally();
  const report = new AgainstReport(command);
  const reading = source.read();
  await receipts.whileOpen(async () => {
    for await (const entries of reading) {
      await report.print(entries.map((entry) => checkEntry(tally, entry) ?? { entry }));
    }
  });
  const { summary } = reading;
  const certainMs = certainUntilMs(summary, source.askedAtMs);
  const unlisted = unlistedReceipts(receipts, tally, { certainMs, isOfVault: isOfVaultBy(summary) });
  for (const lines of inGroups(unlisted)) await report.print(lines);
  report.sumUp(summary, source.name);
}

/** So many lines are written at a time. */
const groupSize = 200;

function* inGroups<T>(items: Iterable<T>): Generator<T[], void> {
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < groupSize) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
