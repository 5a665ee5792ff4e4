/** `receipts --against INVENTORY`: is everything in the vault that was archived? */
import { counted } from '../../../counted.js';
import { GlacierUpError, hasCode } from '../../../errors.js';
import type { InventoriedArchive, Inventory } from '../../../glacier/inventory.js';
import {
  type HeldAgainst,
  holdAgainst,
  type ReceiptState,
  receiptsOf,
} from '../../../retrieval/against-inventory.js';
import type { Destination } from '../../../session/destination.js';
import type { InventoryShelf } from '../../../session/inventories.js';
import type { KnownReceipt, Receipt } from '../../../session/receipts/receipt.js';
import { vaultKey } from '../../../session/which-vault.js';
import type { CommandRun } from '../../command-run.js';
import { asOfText, assertYoung } from '../../inventory-age.js';
import { keptWord, readInventory } from '../../inventory-file.js';
import { openInventories, openState } from '../../open-state.js';
import { receiptName } from '../../output/archive-lines.js';
import { describedName } from '../../output/described-name.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';

export async function against(command: CommandRun, name: string): Promise<void> {
  const { options, reporter } = command;
  const { receipts } = await openState(command);
  const all = receipts.all();
  if (name !== keptWord) {
    const inventory = await readInventory(command, name);
    assertYoung(command, inventory, name);
    tell(command, inventory, holdAgainst(receiptsOf(all, inventory, options.vault), inventory), name);
    return;
  }
  const inventories = openInventories(command);
  let kept = 0;
  for (const ofVault of byVault(all, options.vault)) {
    const destination = keptUnder(inventories, ofVault);
    const inventory = destination && inventories.load(destination);
    if (!destination) continue;
    const file = inventories.fileOf(destination);
    if (inventory) {
      try {
        assertYoung(command, inventory, file);
        tell(command, inventory, holdAgainst(ofVault, inventory), file);
      } catch (error) {
        if (!hasCode(error, 'inventory-old')) throw error;
        command.fail(error, file);
      }
    } else reporter.note(`no inventory of vault ${destination.vault} is kept here`);
    if (inventory) kept += 1;
  }
  if (kept > 0) return;
  throw new GlacierUpError('session-unknown', 'no inventory of a vault with receipts is kept here', {
    hint: 'fetch one with "glacier-up inventory --vault NAME", or name a file',
  });
}

/** An inventory is kept under the words that its vault was spelled in when it was fetched. */
function keptUnder(inventories: InventoryShelf, ofVault: readonly KnownReceipt[]): Destination | undefined {
  const destinations = ofVault.map(({ destination }) => destination);
  return destinations.find((one) => inventories.askedAtMs(one) !== null) ?? destinations[0];
}

/** Receipts of one vault after the other. */
function byVault(all: Iterable<KnownReceipt>, vault: string | undefined): KnownReceipt[][] {
  const groups = new Map<string, KnownReceipt[]>();
  for (const receipt of all) {
    if (vault !== undefined && receipt.destination.vault !== vault) continue;
    const key = vaultKey(receipt);
    groups.set(key, [...(groups.get(key) ?? []), receipt]);
  }
  return [...groups.values()];
}

function tell(command: CommandRun, inventory: Inventory, held: HeldAgainst, name: string): void {
  const { reporter } = command;
  const counts = { confirmed: 0, different: 0, missing: 0, young: 0, deleted: 0, 'deleted-listed': 0 };
  for (const { receipt, state } of held.receipts) {
    counts[state] += 1;
    tellReceipt(command, receipt, state);
  }
  for (const archive of held.unknown) tellUnknown(command, archive);
  const { takenAt, vault, malformed } = inventory;
  reporter.json({
    type: 'against',
    vault: vault?.name ?? null,
    takenAt,
    confirmed: counts.confirmed,
    different: counts.different,
    missing: counts.missing,
    young: counts.young,
    deleted: counts.deleted,
    deletedListed: counts['deleted-listed'],
    unknown: held.unknown.length,
    malformed,
  });
  const words = [
    `${counts.confirmed} confirmed`,
    ...(['different', 'missing', 'young', 'deleted'] as const).flatMap((state) =>
      counts[state] > 0 ? [`${counts[state]} ${state}`] : [],
    ),
    ...(counts['deleted-listed'] > 0 ? [`${counts['deleted-listed']} deleted and still listed`] : []),
    ...(held.unknown.length > 0 ? [`${held.unknown.length} unknown here`] : []),
  ];
  const when = asOfText(inventory, command.context.clock.now());
  reporter.note(`${visibleLine(name)}${when}: ${words.join(', ')}`);
  if (malformed > 0) {
    command.fail(
      new GlacierUpError(
        'failed',
        `${counted(malformed, 'entry', 'entries')} of the inventory cannot be read`,
      ),
      name,
    );
  }
  if (counts.missing + counts.different === 0) return;
  const message = `${counted(counts.missing, 'archive is', 'archives are')} missing in the vault, ${counted(counts.different, 'is', 'are')} there with another tree hash or size`;
  const hint =
    'look whether somebody deleted them; if their files are still here, "glacier-up upload --again" archives them';
  command.fail(new GlacierUpError('mismatch', message, { hint }), name);
}

function tellReceipt({ reporter }: CommandRun, receipt: Receipt, state: ReceiptState): void {
  const { archiveId, completedAt, sizeBytes, treeHash, destination, description, path } = receipt;
  if (reporter.isJson) {
    reporter.json({
      type: 'receipt-check',
      state,
      archiveId,
      file: path,
      vault: destination.vault,
      completedAt,
      sizeBytes,
      treeHash,
      description,
    });
  } else {
    reporter.line([state, archiveId, completedAt, sizeText(sizeBytes), receiptName(receipt)].join('  '));
  }
}

function tellUnknown({ reporter }: CommandRun, archive: InventoriedArchive): void {
  const { archiveId, createdAt, sizeBytes, treeHash, description } = archive;
  if (reporter.isJson) {
    reporter.json({
      type: 'receipt-check',
      state: 'unknown',
      archiveId,
      file: null,
      vault: null,
      completedAt: createdAt,
      sizeBytes,
      treeHash,
      description,
    });
  } else {
    const shown = visibleLine(JSON.stringify(describedName(description)));
    reporter.line(['unknown', archiveId, createdAt, sizeText(sizeBytes), shown].join('  '));
  }
}
