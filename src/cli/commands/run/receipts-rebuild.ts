/** `receipts --rebuild INVENTORY`: receipts for a machine that lost its own. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { type InventoryHead, isFaulty } from '../../../glacier/inventory.js';
import type { InventoryReading } from '../../../glacier/inventory-reading.js';
import { headOf } from '../../../glacier/inventory-source.js';
import { assertVault, rebuiltReceipt } from '../../../retrieval/against-inventory.js';
import type { Destination } from '../../../session/destination.js';
import type { Receipt } from '../../../session/receipts/receipt.js';
import type { CommandRun } from '../../command-run.js';
import { asOfText, assertYoung } from '../../inventory-age.js';
import { inventoryFile, keptWord } from '../../inventory-file.js';
import { withPlace } from '../../open-place.js';
import { openInventories, openState } from '../../open-state.js';
import { archiveFields } from '../../output/archive-lines.js';
import { describedName } from '../../output/described-name.js';
import { visibleLine } from '../../output/visible.js';

export async function rebuild(command: CommandRun, name: string): Promise<void> {
  const { context, options, reporter } = command;
  const { receipts } = await openState(command);
  // Only to know which place the options name: nothing is asked of it.
  await withPlace(command, options, 'there', async ({ destination }) => {
    const named = { vault: destination.vault, accountId: destination.accountOption };
    const source =
      name === keptWord ? openInventories(command).kept(destination) : inventoryFile(command, name);
    if (!source) {
      throw new GlacierUpError('session-unknown', `no inventory of vault ${destination.vault} is kept here`, {
        hint: 'fetch one with "glacier-up inventory", or name a file',
      });
    }
    await assertYoung(command, source);
    const head = await headOf(source);
    assertVault(head, named);
    const reading = source.read();
    const rebuilt: Receipt[] = [];
    for await (const receipt of rebuiltReceipts(reading, accountOf(head, destination), destination)) {
      rebuilt.push(receipt);
    }
    const { summary } = reading;
    assertVault(summary, named);
    const added = await receipts.appendAll(rebuilt);
    for (const receipt of added) {
      if (reporter.isJson) reporter.json(archiveFields(receipt, null));
      else
        reporter.line(
          `${receipt.archiveId}  ${visibleLine(JSON.stringify(describedName(receipt.description)))}`,
        );
    }
    const known = rebuilt.length - added.length;
    const when = asOfText(summary, context.clock.now());
    reporter.note(
      `${counted(added.length, 'receipt')} written, ${counted(known, 'archive')} had one already${when}`,
    );
    if (summary.malformed === 0) return;
    const faulty = counted(
      summary.malformed,
      'entry of the inventory is faulty',
      'entries of the inventory are faulty',
    );
    throw new GlacierUpError('failed', faulty, { hint: 'they have no receipt; look at the file' });
  });
}

async function* rebuiltReceipts(
  reading: InventoryReading,
  accountId: string,
  destination: Destination,
): AsyncGenerator<Receipt, void> {
  for await (const entries of reading) {
    for (const entry of entries) if (!isFaulty(entry)) yield rebuiltReceipt(entry, accountId, destination);
  }
}

/** Of a pipe it may be unknown: empty. */
function accountOf({ vault }: InventoryHead, { accountOption }: Destination): string {
  return vault?.accountId ?? (accountOption === '-' ? '' : accountOption);
}
