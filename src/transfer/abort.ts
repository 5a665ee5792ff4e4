/** Drops an upload and its parts. */
import { hasCode } from '../errors.js';
import type { OpenSession } from '../session/open-session.js';
import { type Receipt, receiptOfUpload } from '../session/receipts.js';
import { finish } from './finish.js';
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
    const receipt = receiptOfUpload(surroundings.receipts.all(), session.uploadId);
    if (receipt) {
      open.remove();
      return { kind: 'completed', receipt };
    }
    if (session.phase === 'completing') {
      try {
        return { kind: 'completed', receipt: await finish(surroundings, open) };
      } catch (error) {
        const isOpenStill = hasCode(error, 'request-invalid', 'hash-mismatch');
        const isGivenUp = hasCode(error, 'completion-unknown') && options.force;
        if (!isOpenStill && !isGivenUp) throw error;
      }
    }
    const uploadId = await dropUpload(surroundings, open);
    return uploadId === null ? { kind: 'nothing' } : { kind: 'aborted', uploadId };
  });
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
 * Sends Abort and forgets the session.
 * @returns the upload's ID, or null when there was none
 */
export async function dropUpload(surroundings: Surroundings, open: OpenSession): Promise<string | null> {
  const uploadId = open.session?.uploadId ?? null;
  if (uploadId !== null) await abortById(surroundings, uploadId);
  open.remove();
  return uploadId;
}
