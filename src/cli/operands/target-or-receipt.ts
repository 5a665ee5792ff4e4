/** What an operand means to a command that may have been run before: its work may be done. */
import { hasCode } from '../../errors.js';
import { isBelieved, type KnownReceipt, subjectKey } from '../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../session/receipts/receipt-log.js';
import { sessionId, uploadSubject } from '../../session/session.js';
import type { State } from '../open/open-state.js';
import { latestArchiveNamed } from './current-archive.js';
import { resolveTarget, shortestPrefix, type Target, type TargetRun } from './targets.js';

/**
 * The unfinished upload, or the receipt of what was finished.
 * @throws GlacierUpError as `resolveTarget` does
 */
export async function targetOrReceipt(
  command: TargetRun,
  state: State,
  operand: string | undefined,
): Promise<Target | { receipt: KnownReceipt }> {
  try {
    return await resolveTarget(command, state, operand);
  } catch (error) {
    if (operand === undefined || !hasCode(error, 'session-unknown')) throw error;
    const named = await latestArchiveNamed(command, state.receipts, operand);
    const receipt = named ?? receiptOfSession(state.receipts, operand);
    if (!receipt || !isBelieved(receipt)) throw error;
    return { receipt };
  }
}

/** The receipt of an upload whose session is gone: the session's ID follows from what the receipt says. */
function receiptOfSession(receipts: ReceiptLog, operand: string): KnownReceipt | null {
  const prefix = operand.toLowerCase();
  if (prefix.length < shortestPrefix || !/^[0-9a-f]+$/.test(prefix)) return null;
  let latest: KnownReceipt | null = null;
  for (const receipt of receipts.all()) {
    if (sessionIdsOf(receipt).some((id) => id.startsWith(prefix))) latest = receipt;
  }
  return latest;
}

/** The account's number may not have been known when the session was begun. */
function sessionIdsOf(receipt: KnownReceipt): string[] {
  const subject = subjectKey(receipt) ?? uploadSubject(receipt.uploadId);
  return [receipt, { ...receipt, accountId: null }].map((vault) => sessionId(vault, subject));
}
