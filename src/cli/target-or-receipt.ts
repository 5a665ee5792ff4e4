/** What an operand means to a command that may have been run before: its work may be done. */
import { realPathOf } from '../archive/archive-file.js';
import { hasCode } from '../errors.js';
import type { Receipt } from '../session/receipts.js';
import type { CommandRun } from './command-run.js';
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
): Promise<Target | { receipt: Receipt }> {
  try {
    return await resolveTarget(command, state, operand);
  } catch (error) {
    if (operand === undefined || !hasCode(error, 'session-unknown')) throw error;
    const receipt = await receiptOf(command, state.receipts.all(), operand);
    if (!receipt || receipt.deletedAt !== undefined) throw error;
    return { receipt };
  }
}

/** The newest receipt of a file, or of an archive from a pipe of this name, in the vault that is named if one is. */
export async function receiptOf(
  { options }: CommandRun,
  receipts: readonly Receipt[],
  file: string,
): Promise<Receipt | undefined> {
  const path = await realPathOf(file);
  return receipts.findLast(
    (receipt) =>
      (receipt.path === path || receipt.streamName === file) &&
      (options.vault === undefined || receipt.destination.vault === options.vault),
  );
}
