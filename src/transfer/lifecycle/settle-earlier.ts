/** An upload that an earlier run was completing, or had completed: brought to its receipt. */
import type { OpenSession } from '../../session/open-session.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import type { UploadDeps } from '../upload-deps.js';
import { alreadyFinished, completeAgain } from './finish.js';

/**
 * What an earlier run may have completed is asked for before anything else.
 * @returns its receipt; null when there is nothing such, or Complete was refused: the session is in `completing` then
 * @throws GlacierUpError `completion-unknown`
 */
export async function settleEarlier(
  deps: UploadDeps,
  open: OpenSession,
  { force = false, startOver = false }: { force?: boolean; startOver?: boolean },
): Promise<KnownReceipt | null> {
  const receipt = alreadyFinished(deps, open);
  if (receipt) return receipt;
  if (open.session?.phase !== 'completing') return null;
  const end = await completeAgain(deps, open);
  if (end.kind === 'completed') return end.receipt;
  if (end.kind === 'unknown' && !(startOver && force)) throw end.error;
  // Not taken back to `uploading`: that the upload is open still follows only when ListParts knows it.
  return null;
}
