/** The beginning of an upload: intent saved, then Initiate, then its ID saved. */
import type { OpenSession } from '../session/open-session.js';
import type { PartHashes } from '../session/part-hashes.js';
import type { UploadSession } from '../session/session.js';
import { foreignAccount } from './finish.js';
import type { Surroundings } from './surroundings.js';

export interface Beginning {
  subject: Pick<UploadSession, 'path' | 'streamName' | 'identity'>;
  partSizeBytes: number;
  description: string;
  /** Of the parts, as far as they are known. */
  hashes: PartHashes;
}

/**
 * Begins an upload and returns its session, in `uploading`. A session that is begun anew keeps its old upload ID
 * until the new one is known.
 * @throws GlacierUpError `state-unusable` before anything is sent, when there is no room for state or receipt
 */
export async function beginUpload(
  { vault, destination, localFolder, receipts, clock, pool, signal }: Surroundings,
  open: OpenSession,
  { subject, partSizeBytes, description, hashes }: Beginning,
): Promise<UploadSession> {
  receipts.assertWritable();
  const now = new Date(clock.now()).toISOString();
  const before = open.session;
  open.takeHashes(hashes.count, hashes);
  const intent = open.save({
    id: open.id,
    phase: 'intent',
    destination,
    localFolder,
    accountId: before?.accountId ?? null,
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
  pool.start();
  const { uploadId, accountId } = await vault.initiateUpload({ partSizeBytes, description }, signal);
  const session = open.save({ ...intent, phase: 'uploading', uploadId, accountId });
  if (before?.accountId && before.accountId !== accountId) throw foreignAccount(before.accountId, accountId);
  return session;
}
