import { GlacierUpError } from '../../../errors.js';
import { hint, stepAtVault } from '../../../hint.js';
import { earlyDeletionCost, type Prices } from '../../../prices.js';
import { deleteArchive } from '../../../retrieval/delete-archive.js';
import { agreed, assertAgreeable } from '../../command/ask.js';
import { withVaultConnection } from '../../open/connect-vault.js';
import { openInventories, openState, type State } from '../../open/open-state.js';
import {
  type KnownArchive,
  KnownArchives,
  type NamedArchive,
  resolveArchive,
} from '../../operands/archives-known.js';
import { goneText } from '../../operands/current-archive.js';
import { type At, forEachOperand } from '../../operands/each-operand.js';
import type { Outcome, Work } from '../../operands/summary.js';
import { amountOf, moneyText, pricesFor, pricesText } from '../../options/prices.js';
import { receiptName } from '../../output/archive-lines.js';
import { describedName } from '../../output/described-name.js';
import { sizeText } from '../../output/units.js';
import { visibleLine } from '../../output/visible.js';
import type { DeleteRun } from './options.js';

const deleting: Work = { command: 'delete', nouns: 'archives', outcomes: ['deleted', 'declined'] };
const planning: Work = { ...deleting, outcomes: ['toDelete'] };

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: DeleteRun, operands: string[]): Promise<void> {
  const state = await openState(command);
  const prices = await pricesFor(command);
  const { dryRun } = command.options;
  if (!dryRun) assertAgreeable(command, 'deleting');
  const known = new KnownArchives(openInventories(command), operands);
  await forEachOperand(command, operands, dryRun ? planning : deleting, (operand, { at }) =>
    deleteOne(command, state, prices, known, operand, at),
  );
}

async function deleteOne(
  command: DeleteRun,
  state: State,
  prices: Prices,
  knownArchives: KnownArchives,
  operand: string,
  at: At,
): Promise<Outcome> {
  const { context, options, reporter, signal } = command;
  const archive = await resolveArchive(command, state.receipts, operand);
  const { archiveId } = archive;
  // A file's name is too easily another file's by now.
  if (archiveId !== operand) {
    throw new GlacierUpError('usage', 'archives are deleted by their IDs, not by the names of files', {
      hint: `its archive ID is ${archiveId}`,
    });
  }
  at(archive.selector);
  return withVaultConnection(command, archive.selector, 'there', async ({ vault, destination }) => {
    const known = await knownArchives.of(archive, destination);
    if (!known && !options.force) throw unknownArchive(destination.vault);
    const early = known && earlyDeletion(prices, known, context.clock.now());
    const told = {
      type: 'deletion',
      archiveId,
      vault: destination.vault,
      file: archive.receipt?.path ?? null,
      isKnown: known !== null,
    };
    const cost = early && {
      daysLeft: early.daysLeft,
      cost: amountOf(early.cost),
      currency: prices.currency,
      pricesAsOf: prices.asOf,
    };
    const subject = `archive ${archiveId} in vault ${destination.vault}: ${describe(archive, known)}`;
    const price = early ? `; ${earlyText(prices, early)}` : '';
    if (options.dryRun) {
      reporter.json({ ...told, isDeleted: false, early: cost });
      if (!reporter.isJson) reporter.line(`(dry run) 1 request deletes ${subject}${price}`);
      return 'toDelete';
    }
    if (!(await agreed(command, `This deletes ${subject}${price}. It cannot be undone. Delete it?`))) {
      reporter.note('nothing was done');
      return 'declined';
    }
    await deleteArchive({ vault, receipts: state.receipts, signal }, archiveId);
    reporter.note(`deleted ${subject}${price}`);
    reporter.json({ ...told, isDeleted: true, early: cost });
    return 'deleted';
  });
}

/** The service says "deleted" of any ID that could be one, so a mistyped one would seem deleted while the archive stays. */
function unknownArchive(vault: string): GlacierUpError {
  const message = `no receipt and no kept inventory of vault ${vault} has this archive ID; nothing was sent`;
  return new GlacierUpError('archive-unknown', message, {
    hint: hint`check the ID; ${stepAtVault('inventory')} fetches the list of all archives; --force deletes without knowing`,
  });
}

function earlyDeletion(prices: Prices, { sizeBytes, createdAt }: KnownArchive, nowMs: number) {
  return earlyDeletionCost(prices, sizeBytes, nowMs - Date.parse(createdAt));
}

function describe({ receipt }: NamedArchive, known: KnownArchive | null): string {
  if (!known) return 'unknown here; the service says the same of an ID that no archive has';
  const name = receipt ? receiptName(receipt) : visibleLine(JSON.stringify(describedName(known.description)));
  const gone = receipt && goneText(receipt);
  return `${name}, ${sizeText(known.sizeBytes)}, of ${known.createdAt}${gone ? `; ${gone}` : ''}`;
}

function earlyText(prices: Prices, { daysLeft, cost }: { daysLeft: number; cost: number }): string {
  if (daysLeft === 0) return `older than ${prices.shortestStorageDays} days: deleting costs nothing`;
  const days = `${daysLeft} of ${prices.shortestStorageDays} days are left, which are paid for all the same`;
  return `${days}: ${moneyText(prices, cost)} (${pricesText(prices)})`;
}
