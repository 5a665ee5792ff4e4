/** Drops an upload and its parts. */
import type { ArchiveFile } from '../../archive/archive-file.js';
import { hasCode } from '../../errors.js';
import type { OpenSession } from '../../session/open-session.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import type { UploadDeps } from '../upload-deps.js';
import { alreadyFinished, completeAgain, unknownSince } from './finish.js';
import { type Ask, askAboutGone, askByNotes } from './gone-upload.js';
import { withSession } from './with-session.js';

export type Aborted =
  | { kind: 'aborted'; uploadId: string }
  /** It had been completed: its archive is there, and this is its receipt. */
  | { kind: 'completed'; receipt: KnownReceipt }
  /** There was nothing to drop. */
  | { kind: 'nothing' };

/**
 * Drops the upload of a session. One in `completing` may be the only trace of an archive, so it is completed
 * first; only `force` drops one whose outcome is unknown.
 * @throws GlacierUpError `completion-unknown`
 */
export function abortSession(
  deps: UploadDeps,
  id: string,
  what: string,
  options: { force: boolean },
): Promise<Aborted> {
  return withSession(deps, id, what, async (open): Promise<Aborted> => {
    if (!open.session) return { kind: 'nothing' };
    const receipt = alreadyFinished(deps, open);
    if (receipt) return { kind: 'completed', receipt };
    if (open.session.phase === 'completing') {
      const end = await completeAgain(deps, open);
      if (end.kind === 'completed') return end;
      if (end.kind === 'unknown' && !options.force) throw end.error;
    }
    const ask: Ask = (session) => askByNotes(deps, open, session);
    return drop(deps, open, { ...options, ask });
  });
}

/**
 * Sends Abort for a session's upload and forgets the session.
 * @param ask whether somebody completed the upload, when it is gone
 */
async function drop(
  deps: UploadDeps,
  open: OpenSession,
  { force, ask }: { force: boolean; ask: Ask },
): Promise<Aborted> {
  const dropped = await abortOpen(deps, open, { force });
  const { session } = open;
  const end = dropped.kind === 'nothing' && session?.phase === 'uploading' ? await ask(session) : null;
  if (end?.kind === 'completed') return end;
  if (end?.kind === 'unknown' && !force) throw end.error;
  open.remove();
  return dropped;
}

/** The same without asking: of an upload that is not needed. @throws GlacierUpError as `abortOpen` does */
export async function dropUpload(
  deps: UploadDeps,
  open: OpenSession,
  options: { force: boolean } = { force: false },
): Promise<void> {
  await abortOpen(deps, open, options);
  open.remove();
}

/**
 * Sends Abort for a session's upload where that is allowed. Who may upload need not be allowed to abort: without a new
 * part the service drops the upload by itself. Removing the session is left to the caller.
 */
export async function abortIfAllowed(deps: UploadDeps, open: OpenSession): Promise<void> {
  try {
    await abortOpen(deps, open, { force: false });
  } catch (error) {
    if (!hasCode(error, 'access-denied')) throw error;
    const message = `upload ${open.session?.uploadId} is not needed, and these credentials may not abort it (${error.message}): the service drops it within about a day`;
    deps.emit({ kind: 'note', message });
  }
}

/** Drops an upload whose content turns out to be in the vault already. @throws GlacierUpError as `abortOpen` does */
export async function dropDouble(deps: UploadDeps, open: OpenSession): Promise<void> {
  await abortIfAllowed(deps, open);
  open.remove();
}

/** Aborts an upload known by its ID alone. One that is gone already is no error. */
export async function abortById({ vault, signal }: UploadDeps, uploadId: string): Promise<Aborted> {
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
  deps: UploadDeps,
  open: OpenSession,
  { force }: { force: boolean },
): Promise<Exclude<Aborted, { kind: 'completed' }>> {
  const uploadId = open.session?.uploadId;
  if (!uploadId) return { kind: 'nothing' };
  try {
    await deps.vault.abortUpload(uploadId, deps.signal);
    return { kind: 'aborted', uploadId };
  } catch (error) {
    if (!hasCode(error, 'upload-gone')) throw error;
    if (open.session?.phase === 'completing' && !force) throw unknownSince(deps, open, error);
    return { kind: 'nothing' };
  }
}

/**
 * Drops what an earlier run began, so that the archive is made by a new upload.
 * @param file null for an archive from a pipe
 * @returns the receipt when somebody else has completed the upload meanwhile
 */
export async function startOver(
  deps: UploadDeps,
  open: OpenSession,
  file: ArchiveFile | null,
  { force = false }: { force?: boolean },
): Promise<KnownReceipt | null> {
  if (!open.session) return null;
  const ask: Ask = (uploading) =>
    file ? askAboutGone(deps, open, file, uploading) : askByNotes(deps, open, uploading);
  const end = await drop(deps, open, { force, ask });
  return end.kind === 'completed' ? end.receipt : null;
}
