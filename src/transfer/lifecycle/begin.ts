/** The beginning of an upload: intent saved, then Initiate, then its ID saved. */
import { exitCodes, GlacierUpError } from '../../errors.js';
import type { OpenSession } from '../../session/open-session.js';
import type { PartHashes } from '../../session/part-hashes.js';
import type { UploadingSession } from '../../session/session.js';
import type { UploadDeps } from '../upload-deps.js';
import { begun, type Intent, intend } from './phases.js';
import { foreignAccount } from './settle.js';

export interface Beginning extends Intent {
  /** Of the parts, as far as they are known. */
  hashes: PartHashes;
  /** Little is lost with it: its session is saved without flushes until it is completed. */
  isSmall?: boolean;
}

/**
 * Begins an upload and returns its session, in `uploading`. A session that is started again keeps its old upload ID
 * until the new one is known.
 * @throws GlacierUpError `state-unusable` before anything is sent, when there is no room for state or receipt
 */
export async function beginUpload(
  deps: UploadDeps,
  open: OpenSession,
  { hashes, isSmall = false, ...beginning }: Beginning,
): Promise<UploadingSession> {
  const { vault, receipts, pool, signal } = deps;
  const { partSizeBytes, description } = beginning;
  receipts.assertWritable();
  const which = await deps.whichVault();
  open.takeHashes(hashes.count, hashes);
  if (isSmall) open.saveLightly();
  const intent = intend(deps, open, which, beginning);
  // A thread starts while the reply is waited for, so that the first part need not wait for the thread.
  if (hashes.all() === null) pool.start(beginning.subject.identity?.sizeBytes);
  const named = await vault.initiateUpload({ partSizeBytes, description }, signal).catch((error: unknown) => {
    if (isRefusal(error) && intent.uploadId === null) open.remove();
    throw error;
  });
  const session = begun(open, intent, named);
  const { accountId } = named;
  if (intent.accountId && intent.accountId !== accountId) throw foreignAccount(intent.accountId, accountId);
  return session;
}

/** Nothing was begun, and nothing of an earlier upload is noted: there is nothing to remember. */
function isRefusal(error: unknown): boolean {
  return error instanceof GlacierUpError && error.exitCode !== exitCodes.temporary;
}
