/** `receipts --rebuild INVENTORY`: receipts for a machine that lost its own. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { rebuildReceipts } from '../../../retrieval/against-inventory.js';
import type { CommandRun } from '../../command-run.js';
import { asOfText, assertYoung } from '../../inventory-age.js';
import { keptWord, readInventory } from '../../inventory-file.js';
import { withPlace } from '../../open-place.js';
import { openInventories, openState } from '../../open-state.js';
import { archiveFields } from '../../output/archive-lines.js';
import { describedName } from '../../output/described-name.js';
import { visibleLine } from '../../output/visible.js';

export async function rebuild(command: CommandRun, name: string): Promise<void> {
  const { context, options, reporter } = command;
  const { receipts } = await openState(command);
  const given = name === keptWord ? null : await readInventory(command, name);
  // Only to know which place the options name: nothing is asked of it.
  await withPlace(command, options, 'there', async ({ destination }) => {
    const inventory = given ?? openInventories(command).load(destination);
    if (!inventory) {
      throw new GlacierUpError('session-unknown', `no inventory of vault ${destination.vault} is kept here`, {
        hint: 'fetch one with "glacier-up inventory", or name a file',
      });
    }
    assertYoung(command, inventory, given ? name : openInventories(command).fileOf(destination));
    const rebuilt = rebuildReceipts(inventory, destination);
    const added = await receipts.appendAll(rebuilt);
    for (const receipt of added) {
      if (reporter.isJson) reporter.json(archiveFields(receipt, null));
      else
        reporter.line(
          `${receipt.archiveId}  ${visibleLine(JSON.stringify(describedName(receipt.description)))}`,
        );
    }
    const known = rebuilt.length - added.length;
    const when = asOfText(inventory, context.clock.now());
    reporter.note(
      `${counted(added.length, 'receipt')} written, ${counted(known, 'archive')} had one already${when}`,
    );
    if (inventory.malformed === 0) return;
    throw new GlacierUpError(
      'failed',
      `${counted(inventory.malformed, 'entry', 'entries')} of the inventory cannot be read`,
      {
        hint: 'they have no receipt; look at the file',
      },
    );
  });
}
