/** An upload that an earlier run was completing, or had completed: brought to its receipt. */
import { hasCode } from '../errors.js';
import type { OpenSession } from '../session/open-session.js';
import type { KnownReceipt } from '../session/receipts/receipt.js';
import { finish, isRefusedCompletion } from './finish.js';
import type { Surroundings } from './surroundings.js';

/**
 * What an earlier run may have completed is asked for before anything else.
 * @returns its receipt; null when there is nothing such, or Complete was refused: the session is in `completing` then
 * @throws GlacierUpError `completion-unknown`
 */
export async function settleEarlier(
  surroundings: Surroundings,
  open: OpenSession,
  { force = false, startOver = false }: { force?: boolean; startOver?: boolean },
): Promise<KnownReceipt | null> {
  const { session } = open;
  if (!session) return null;
  const receipt = surroundings.receipts.byUploadId(session.uploadId);
  if (receipt && session.phase !== 'intent') {
    open.remove();
    return receipt;
  }
  if (session.phase !== 'completing') return null;
  try {
    return await finish(surroundings, open);
  } catch (error) {
    if (hasCode(error, 'completion-unknown') && startOver && force) return null;
    if (!isRefusedCompletion(error)) throw error;
    // Not taken back to `uploading`: that the upload is open still follows only when ListParts knows it.
    return null;
  }
}
