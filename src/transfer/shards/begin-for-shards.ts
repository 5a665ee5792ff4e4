/**
 * Begins an upload whose parts many machines will send. Nothing of it is kept here: its ID and the vault's own part
 * list are all that the machines share, and a session would lock them out on this one.
 */
import { openArchive } from '../../archive/archive-file.js';
import { GlacierUpError } from '../../errors.js';
import { hint, step } from '../../hint.js';
import { findSessionId } from '../../session/find-session.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import { describeArchive } from '../description.js';
import { findArchived } from '../find-archived.js';
import { type Plan, planParts } from '../plan.js';
import type { UploadDeps } from '../upload-deps.js';

export interface BegunUpload {
  uploadId: string;
  accountId: string;
  plan: Plan;
  description: string;
}

/**
 * An answer that is lost leaves an empty upload behind, which costs nothing and which the service drops in a day.
 * @returns the archive instead when the vault has this content already, unless `again` is set
 * @throws GlacierUpError `usage` while this machine has an upload of the file under way: it could not complete another
 */
export async function beginForShards(
  deps: UploadDeps,
  request: { file: string; partSizeBytes?: number; description?: string; again: boolean },
): Promise<BegunUpload | { archived: KnownReceipt }> {
  const { vault, destination, sessions, clock, signal } = deps;
  const file = await openArchive(request.file, clock);
  try {
    const plan = planParts(file.identity.sizeBytes, request.partSizeBytes, deps.limitRate);
    const id = findSessionId(sessions, await deps.whichVault(), file.path);
    if (sessions.peek(id)) throw unfinishedHere(destination.vault, id);
    const found = request.again ? null : await findArchived(deps, file, { plan, verify: false });
    if (found?.receipt) return { archived: found.receipt };
    const description = describeArchive(file, request.description);
    const { partSizeBytes } = plan;
    const { uploadId, accountId } = await vault.initiateUpload({ partSizeBytes, description }, signal);
    return { uploadId, accountId, plan, description };
  } finally {
    await file.close();
  }
}

function unfinishedHere(vaultName: string, id: string): GlacierUpError {
  const message = `an upload of this file into vault ${vaultName} is unfinished here: session ${id}`;
  return new GlacierUpError('usage', message, {
    hint: hint`finish it with ${step('resume', id)}, or drop it with ${step('abort', id)}`,
  });
}
