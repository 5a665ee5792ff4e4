/** An upload that ListParts does not know: expired, aborted, or completed by somebody else. */
import type { ArchiveFile } from '../archive/archive-file.js';
import { GlacierUpError } from '../errors.js';
import type { OpenSession } from '../session/open-session.js';
import { PartHashes } from '../session/part-hashes.js';
import type { Receipt } from '../session/receipts/receipt.js';
import type { UploadSession } from '../session/session.js';
import { joinTreeHashes } from '../treehash/tree-hash.js';
import { askWhetherCompleted } from './finish.js';
import { allIndexes, hashParts } from './hash-parts.js';
import { planParts } from './plan.js';
import type { Surroundings } from './surroundings.js';

/**
 * Only Complete can tell whether somebody completed it. It is asked with what was being uploaded, which the file may
 * not hold any more; the file is read when not every part's hash is known.
 * @returns null when the upload is gone
 * @throws GlacierUpError as `askWhetherCompleted` does
 */
export async function askAboutGone(
  surroundings: Surroundings,
  open: OpenSession,
  file: ArchiveFile,
  session: UploadSession,
): Promise<Receipt | null> {
  const uploaded = uploadedContent(open, session);
  if (uploaded) return askWhetherCompleted(surroundings, open, uploaded);
  const plan = planParts(file.identity.sizeBytes, session.partSizeBytes);
  const known = open.hashesFor(file.identity, plan.partCount);
  const hashes = known ? open.takeHashes(plan.partCount, known) : new PartHashes(plan.partCount);
  await hashParts(surroundings, file, { plan, hashes, indexes: allIndexes(plan) }, () => open.noteProgress());
  const treeHash = joinTreeHashes(hashes.all() ?? []).toString('hex');
  return askWhetherCompleted(surroundings, open, { sizeBytes: plan.sizeBytes, treeHash });
}

/** Size and tree hash of what a session was uploading, as far as its own notes tell; null when a hash is missing. */
export function uploadedContent(
  open: OpenSession,
  { identity, partSizeBytes }: UploadSession,
): UploadSession['completion'] {
  if (!identity) return null;
  const { sizeBytes } = identity;
  const hashes = open.storedHashes(Math.ceil(sizeBytes / partSizeBytes)).all();
  return hashes && { sizeBytes, treeHash: joinTreeHashes(hashes).toString('hex') };
}

/** For a command that begins no upload anew. */
export function goneError(session: UploadSession, cause: GlacierUpError): GlacierUpError {
  return new GlacierUpError(
    'upload-gone',
    `upload ${session.uploadId} is gone, and was not completed: ${cause.message}`,
    {
      cause,
      hint: 'an upload idle for 24 hours is dropped by the service; "glacier-up upload" archives the file anew',
    },
  );
}

/** ListParts does not know the upload, and Complete does: it ended with other content than the file has. */
export function completedOtherwise(session: UploadSession, cause: GlacierUpError): GlacierUpError {
  return new GlacierUpError(
    'upload-foreign',
    `upload ${session.uploadId} is not open any more, and was not completed with what the file holds now: ${cause.message}`,
    {
      cause,
      hint:
        `somebody else has completed it, or the file has changed: look in the vault's inventory; ` +
        `"glacier-up abort ${session.id}" forgets the upload`,
    },
  );
}
