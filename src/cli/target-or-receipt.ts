/** What an operand means to a command that may have been run before: its work may be done. */
import { hasCode } from '../errors.js';
import { isBelieved, type KnownReceipt } from '../session/receipts/receipt.js';
import type { CommandRun } from './command-run.js';
import { archivesNamed } from './current-archive.js';
import type { State } from './open-state.js';
import { resolveTarget, type Target } from './targets.js';

/**
 * The unfinished upload, or the receipt of what was finished.
 * @throws GlacierUpError as `resolveTarget` does
 */
export async function targetOrReceipt(
  command: CommandRun,
  state: State,
  operand: string | undefined,
): Promise<Target | { receipt: KnownReceipt }> {
  try {
    return await resolveTarget(command, state, operand);
  } catch (error) {
    if (operand === undefined || !hasCode(error, 'session-unknown')) throw error;
    const [receipt] = await archivesNamed(state.receipts, operand, command.options);
    if (!receipt || !isBelieved(receipt)) throw error;
    return { receipt };
  }
}
