/** The beginning of an upload: intent saved, then Initiate, then its ID saved. */
import type { ArchiveFile } from '../archive/archive-file.js';
import type { OpenSession } from '../session/open-session.js';
import type { PartHashes } from '../session/part-hashes.js';
import type { UploadSession } from '../session/session.js';
import { foreignAccount } from './finish.js';
import type { Plan } from './plan.js';
import type { Surroundings } from './surroundings.js';

export interface Beginning {
  file: ArchiveFile;
  plan: Plan;
  description: string;
  /** Hashes of the plan's parts that are known already; null when none are. */
  hashes: PartHashes | null;
}

/**
 * Begins an upload and returns its session, in `uploading`. A session that is begun anew keeps its old upload ID
 * until the new one is known.
 * @throws GlacierUpError `state-unusable` before anything is sent, when there is no room for state or receipt
 */
export async function beginUpload(
  { vault, destination, localFolder, receipts, clock, signal }: Surroundings,
  open: OpenSession,
  { file, plan, description, hashes }: Beginning,
): Promise<UploadSession> {
  receipts.assertWritable();
  const now = new Date(clock.now()).toISOString();
  const before = open.session;
  open.takeHashes(plan.partCount, hashes);
  const intent = open.save({
    id: open.id,
    phase: 'intent',
    destination,
    localFolder,
    accountId: before?.accountId ?? null,
    path: file.path,
    identity: file.identity,
    origin: 'here',
    uploadId: before?.uploadId ?? null,
    partSizeBytes: plan.partSizeBytes,
    description,
    partTreeHashes: '',
    completion: null,
    startedAt: now,
    lastActivityAt: now,
  });
  const { uploadId, accountId } = await vault.initiateUpload(
    { partSizeBytes: plan.partSizeBytes, description },
    signal,
  );
  const session = open.save({ ...intent, phase: 'uploading', uploadId, accountId });
  if (before?.accountId && before.accountId !== accountId) throw foreignAccount(before.accountId, accountId);
  return session;
}
