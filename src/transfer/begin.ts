/** The beginning of an upload: intent saved, then Initiate, then its ID saved. */
import { exitCodes, GlacierUpError } from '../errors.js';
import type { OpenSession } from '../session/open-session.js';
import type { PartHashes } from '../session/part-hashes.js';
import type { UploadSession } from '../session/session.js';
import { foreignAccount } from './settle.js';
import type { Surroundings } from './surroundings.js';

export interface Beginning {
  subject: Pick<UploadSession, 'path' | 'streamName' | 'identity'>;
  partSizeBytes: number;
  description: string;
  /** Of the parts, as far as they are known. */
  hashes: PartHashes;
  /** Little is lost with it: its session is saved without flushes until it is completed. */
  isSmall?: boolean;
  /** Make an archive though there is one of the same content. */
  again?: boolean;
}

/**
 * Begins an upload and returns its session, in `uploading`. A session that is begun anew keeps its old upload ID
 * until the new one is known.
 * @throws GlacierUpError `state-unusable` before anything is sent, when there is no room for state or receipt
 */
export async function beginUpload(
  surroundings: Surroundings,
  open: OpenSession,
  { subject, partSizeBytes, description, hashes, isSmall = false, again = false }: Beginning,
): Promise<UploadSession> {
  const { vault, destination, localFolder, receipts, clock, pool, signal } = surroundings;
  receipts.assertWritable();
  const which = await surroundings.whichVault();
  const now = new Date(clock.now()).toISOString();
  const before = open.session;
  open.takeHashes(hashes.count, hashes);
  if (isSmall) open.saveLightly();
  const intent = open.save({
    id: open.id,
    phase: 'intent',
    destination,
    localFolder,
    accountId: before?.accountId ?? which.accountId,
    ...(which.createdAt === null ? {} : { vaultCreatedAt: which.createdAt }),
    ...(again ? { again } : {}),
    ...subject,
    origin: 'here',
    uploadId: before?.uploadId ?? null,
    partSizeBytes,
    description,
    partTreeHashes: '',
    completion: null,
    startedAt: now,
    lastActivityAt: now,
  });
  // A thread starts while the reply is waited for, so that the first part need not wait for the thread.
  if (hashes.all() === null) pool.start();
  const begun = await vault.initiateUpload({ partSizeBytes, description }, signal).catch((error: unknown) => {
    if (isRefusal(error) && intent.uploadId === null) open.remove();
    throw error;
  });
  const { uploadId, accountId } = begun;
  const session = open.save({ ...intent, phase: 'uploading', uploadId, accountId });
  if (intent.accountId && intent.accountId !== accountId) throw foreignAccount(intent.accountId, accountId);
  return session;
}

/** Nothing was begun, and nothing of an earlier upload is noted: there is nothing to remember. */
function isRefusal(error: unknown): boolean {
  return error instanceof GlacierUpError && error.exitCode !== exitCodes.temporary;
}
