/** The session of an upload that was begun on another machine or by another tool. */
import type { PartList } from '../glacier/part-list.js';
import type { UploadSession } from '../session/session.js';
import type { WhichVault } from '../session/which-vault.js';
import type { Surroundings } from './surroundings.js';

/**
 * All that is known of it comes from the service.
 * @param path the file's real path; null when it is completed without its file
 */
export function adoptedSession(
  { destination, localFolder, clock }: Pick<Surroundings, 'destination' | 'localFolder' | 'clock'>,
  { createdAt }: WhichVault,
  { id, path }: { id: string; path: string | null },
  list: PartList,
): UploadSession {
  return {
    id,
    phase: 'uploading',
    destination,
    localFolder,
    accountId: list.accountId,
    ...(createdAt === null ? {} : { vaultCreatedAt: createdAt }),
    path,
    identity: null,
    origin: 'elsewhere',
    uploadId: list.uploadId,
    partSizeBytes: list.partSizeBytes,
    description: list.description,
    partTreeHashes: '',
    completion: null,
    startedAt: list.createdAt,
    lastActivityAt: new Date(clock.now()).toISOString(),
  };
}
