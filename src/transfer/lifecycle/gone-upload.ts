/** An upload that ListParts does not know: expired, aborted, or completed by somebody else. */
import type { ArchiveFile } from '../../archive/archive-file.js';
import { GlacierUpError } from '../../errors.js';
import { hint } from '../../hint.js';
import type { OpenSession } from '../../session/open-session.js';
import { PartHashes } from '../../session/part-hashes.js';
import type { Receipt } from '../../session/receipts/receipt.js';
import type { BegunSession, Completion, UploadingSession } from '../../session/session.js';
import { joinRawTreeHashes } from '../../treehash/tree-hash.js';
import { allIndexes, hashParts } from '../hash-parts.js';
import { planParts } from '../plan.js';
import type { UploadDeps } from '../upload-deps.js';
import { askWhetherCompleted, type Finished, unknownSince } from './finish.js';
import { decideStep, forgetStep, startOverStep, uploadStep } from './next-step.js';

/** Asks whether somebody completed the upload; null: nobody can be asked. */
export type Ask = (session: UploadingSession) => Promise<Finished | null>;

/**
 * What became of the upload of a session, as far as it can be known.
 * @param cause the answer of ListParts
 * @param ask one of the two functions below
 * @returns null when the upload is gone and made no archive of this content
 * @throws GlacierUpError `completion-unknown`; `upload-foreign` when it was completed with other content
 */
export async function settleGone(
  deps: UploadDeps,
  open: OpenSession,
  { session, cause, ask }: { session: BegunSession; cause: GlacierUpError; ask: Ask },
): Promise<Receipt | null> {
  if (session.phase === 'completing') throw unknownSince(deps, open, cause);
  const end = await ask(session);
  switch (end?.kind) {
    case 'completed':
      return end.receipt;
    case 'refused':
      throw completedOtherwise(session, end.error);
    case 'unknown':
      throw end.error;
    default:
      return null;
  }
}

/**
 * Only Complete can tell whether somebody completed it. It is asked with what was being uploaded, which the file may
 * not hold any more; the file is read when not every part's hash is known.
 */
export async function askAboutGone(
  deps: UploadDeps,
  open: OpenSession,
  file: ArchiveFile,
  session: UploadingSession,
): Promise<Finished> {
  const uploaded = uploadedContent(open, session);
  if (uploaded) return askWhetherCompleted(deps, open, session, uploaded);
  const plan = planParts(file.identity.sizeBytes, session.partSizeBytes);
  const known = open.hashesFor(file.identity, plan.partCount);
  const hashes = known ? open.takeHashes(plan.partCount, known) : new PartHashes(plan.partCount);
  await hashParts(deps, file, { plan, hashes, indexes: allIndexes(plan) }, () => open.noteProgress());
  const treeHash = joinRawTreeHashes(hashes.all() ?? []).toString('hex');
  return askWhetherCompleted(deps, open, session, { sizeBytes: plan.sizeBytes, treeHash });
}

/** The same without reading the file. @returns null when the session does not note what was being uploaded */
export async function askByNotes(
  deps: UploadDeps,
  open: OpenSession,
  session: UploadingSession,
): Promise<Finished | null> {
  const uploaded = uploadedContent(open, session);
  return uploaded && askWhetherCompleted(deps, open, session, uploaded);
}

/** Size and tree hash of what a session was uploading, as far as its own notes tell; null when a hash is missing. */
function uploadedContent(
  open: OpenSession,
  { completion, identity, partSizeBytes }: UploadingSession,
): Completion | null {
  if (completion || !identity) return completion;
  const { sizeBytes } = identity;
  const hashes = open.storedHashes(Math.ceil(sizeBytes / partSizeBytes)).all();
  return hashes && { sizeBytes, treeHash: joinRawTreeHashes(hashes).toString('hex') };
}

/** For a command that begins no new upload, and for an upload that somebody else began, and may have completed. */
export function goneError(session: BegunSession, cause: GlacierUpError): GlacierUpError {
  const { uploadId, origin } = session;
  const isTheirs = origin === 'elsewhere';
  const message = isTheirs
    ? `upload ${uploadId} is gone, and whether another tool completed it cannot be told any more: ${cause.message}`
    : `upload ${uploadId} is gone, and was not completed: ${cause.message}`;
  return new GlacierUpError('upload-gone', message, {
    cause,
    hint: hint`an upload idle for 24 hours is dropped by the service; ${isTheirs ? decideStep(session) : uploadStep(session)}`,
  });
}

/** ListParts does not know the upload, and Complete does: it ended with other content than the file has. */
function completedOtherwise(session: UploadingSession, cause: GlacierUpError): GlacierUpError {
  return new GlacierUpError(
    'upload-foreign',
    `upload ${session.uploadId} is not open any more, and was not completed with what the file holds now: ${cause.message}`,
    {
      cause,
      hint: hint`somebody else has completed it, or the file has changed: ${startOverStep(session)}; ${forgetStep(session)}`,
    },
  );
}
