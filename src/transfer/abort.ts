/** Drops an upload and its parts. */
import type { ArchiveFile } from '../archive/archive-file.js';
import { hasCode } from '../errors.js';
import type { OpenSession } from '../session/open-session.js';
import type { Receipt } from '../session/receipts/receipt.js';
import { askWhetherCompleted, finish, isRefusedCompletion, outcomeUnknown } from './finish.js';
import { askAboutGone, uploadedContent } from './gone-upload.js';
import type { Surroundings } from './surroundings.js';
import { withSession } from './with-session.js';

export type Aborted =
  | { kind: 'aborted'; uploadId: string }
  /** It had been completed: its archive is there, and this is its receipt. */
  | { kind: 'completed'; receipt: Receipt }
  /** There was nothing to drop. */
  | { kind: 'nothing' };

/**
 * Drops the upload of a session. One in `completing` may be the only trace of an archive, so it is completed
 * first; only `force` drops one whose outcome is unknown.
 * @throws GlacierUpError `completion-unknown`
 */
export function abortSession(
  surroundings: Surroundings,
  id: string,
  what: string,
  options: { force: boolean },
): Promise<Aborted> {
  return withSession(surroundings, id, what, async (open): Promise<Aborted> => {
    const session = open.session;
    if (!session) return { kind: 'nothing' };
    const receipt = surroundings.receipts.byUploadId(session.uploadId);
    if (receipt) {
      open.remove();
      return { kind: 'completed', receipt };
    }
    if (session.phase === 'completing') {
      try {
        return { kind: 'completed', receipt: await finish(surroundings, open) };
      } catch (error) {
        const isGivenUp = hasCode(error, 'completion-unknown') && options.force;
        if (!isRefusedCompletion(error) && !isGivenUp) throw error;
      }
    }
    const dropped = await abortOpen(surroundings, open, options);
    const completed = dropped.kind === 'nothing' ? await completedByOthers(surroundings, open) : null;
    if (completed) return { kind: 'completed', receipt: completed };
    open.remove();
    return dropped;
  });
}

/** Sends Abort for a session's upload and forgets the session. @throws GlacierUpError as `abortOpen` does */
export async function dropUpload(
  surroundings: Surroundings,
  open: OpenSession,
  options: { force: boolean } = { force: false },
): Promise<void> {
  await abortOpen(surroundings, open, options);
  open.remove();
}

/**
 * Sends Abort for a session's upload where that is allowed. Who may upload need not be allowed to abort: without a new
 * part the service drops the upload by itself. Removing the session is left to the caller.
 */
export async function abortIfAllowed(surroundings: Surroundings, open: OpenSession): Promise<void> {
  try {
    await abortOpen(surroundings, open, { force: false });
  } catch (error) {
    if (!hasCode(error, 'access-denied')) throw error;
    const message = `upload ${open.session?.uploadId} is not needed, and these credentials may not abort it (${error.message}): the service drops it within about a day`;
    surroundings.emit({ kind: 'note', message });
  }
}

/** An upload that is gone may have been completed by another tool; asked when that needs no reading of the file. */
async function completedByOthers(surroundings: Surroundings, open: OpenSession): Promise<Receipt | null> {
  const uploaded = open.session?.phase === 'uploading' ? uploadedContent(open, open.session) : null;
  if (uploaded === null) return null;
  try {
    return await askWhetherCompleted(surroundings, open, uploaded);
  } catch (error) {
    if (isRefusedCompletion(error)) return null;
    throw error;
  }
}

/** Aborts an upload known by its ID alone. One that is gone already is no error. */
export async function abortById({ vault, signal }: Surroundings, uploadId: string): Promise<Aborted> {
  try {
    await vault.abortUpload(uploadId, signal);
    return { kind: 'aborted', uploadId };
  } catch (error) {
    if (hasCode(error, 'upload-gone')) return { kind: 'nothing' };
    throw error;
  }
}

/**
 * Sends Abort for a session's upload. Removing the session is left to the caller.
 * @param force give up an upload whose completion is unknown
 * @throws GlacierUpError `completion-unknown` when Complete was sent before and the service does not know the upload
 */
export async function abortOpen(
  surroundings: Surroundings,
  open: OpenSession,
  { force }: { force: boolean },
): Promise<Exclude<Aborted, { kind: 'completed' }>> {
  const uploadId = open.session?.uploadId;
  if (!uploadId) return { kind: 'nothing' };
  try {
    await surroundings.vault.abortUpload(uploadId, surroundings.signal);
    return { kind: 'aborted', uploadId };
  } catch (error) {
    if (!hasCode(error, 'upload-gone')) throw error;
    if (open.session?.phase === 'completing' && !force) throw outcomeUnknown(open, error);
    return { kind: 'nothing' };
  }
}

/**
 * Drops what an earlier run began, so that the file is archived anew.
 * @returns the receipt when somebody else has completed the upload meanwhile
 */
export async function startOver(
  surroundings: Surroundings,
  open: OpenSession,
  file: ArchiveFile,
  { force = false }: { force?: boolean },
): Promise<Receipt | null> {
  const session = open.session;
  const dropped = await abortOpen(surroundings, open, { force });
  if (dropped.kind === 'nothing' && session?.phase === 'uploading') {
    const receipt = await askAboutGone(surroundings, open, file, session).catch((error: unknown) => {
      // Completed by somebody with other content: this file is not archived by that.
      if (isRefusedCompletion(error)) return null;
      throw error;
    });
    if (receipt) return receipt;
  }
  open.remove();
  return null;
}
