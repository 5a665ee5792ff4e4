/** Completes an upload whose file is not at hand: its tree hash and size are, and both are checked first. */
import { GlacierUpError, hasCode } from '../../errors.js';
import type { PartList } from '../../glacier/part-list.js';
import { type Hint, hint, step } from '../../hint.js';
import { findSessionId } from '../../session/find-session.js';
import type { OpenSession } from '../../session/open-session.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import { type BegunSession, uploadSubject } from '../../session/session.js';
import { whereOptionsOf, whereWords } from '../../session/where-words.js';
import type { UploadDeps } from '../upload-deps.js';
import { lackOf } from '../whole-archive.js';
import { alreadyFinished, askWhetherCompleted, complete, completeAgain } from './finish.js';
import { type Ask, goneError, settleGone } from './gone-upload.js';
import { forgetStep, startOverStep } from './next-step.js';
import { adopted, stillOpen } from './phases.js';
import { notBegun } from './refusals.js';
import { withSession } from './with-session.js';

export interface FilelessCompletion {
  uploadId: string;
  sizeBytes: number;
  /** Hex. */
  treeHash: string;
  /** The session of the upload, where there is one already: that of an archive from a pipe. */
  sessionId?: string;
}

/**
 * Checks that the parts listed cover the size and join into the hash, then completes. Without a session of its own
 * the upload gets one under its ID, so that the command can be repeated.
 * @throws GlacierUpError `parts-missing`, `hash-mismatch`, `upload-gone`, `completion-unknown`
 */
export async function completeWithoutFile(
  deps: UploadDeps,
  request: FilelessCompletion,
): Promise<KnownReceipt> {
  const { vault, signal, receipts } = deps;
  const { uploadId, sizeBytes, treeHash } = request;
  const which = await deps.whichVault();
  const id = request.sessionId ?? findSessionId(deps.sessions, which, uploadSubject(uploadId));
  return withSession(deps, id, uploadId, async (open) => {
    const earlier = alreadyFinished(deps, open) ?? receipts.byUploadId(uploadId);
    if (earlier) return earlier;
    if (open.session?.phase === 'intent') throw notBegun(open.session);
    if (open.session?.phase === 'completing') {
      const end = await completeAgain(deps, open);
      if (end.kind === 'completed') return end.receipt;
      if (end.kind === 'unknown') throw end.error;
    }
    const known = open.session;
    let list: PartList;
    try {
      list = await vault.listParts(uploadId, signal);
    } catch (error) {
      if (!known || !hasCode(error, 'upload-gone')) throw error;
      return await receiptOfGone(deps, open, { session: known, cause: error, request });
    }
    const session = known ? stillOpen(open, known) : adopted(deps, which, { id, path: null }, list);
    assertWhole(list, request, wayOut(deps, known, uploadId));
    receipts.assertWritable();
    const completion = { sizeBytes, treeHash };
    const end = await complete(deps, open, { session, completion, parts: null });
    if (end.kind === 'completed') return end.receipt;
    throw end.kind === 'gone' ? forgotten(open, session, end.error) : end.error;
  });
}

/** @throws GlacierUpError as `settleGone` does; `upload-gone` */
async function receiptOfGone(
  deps: UploadDeps,
  open: OpenSession,
  {
    session,
    cause,
    request: { sizeBytes, treeHash },
  }: { session: BegunSession; cause: GlacierUpError; request: FilelessCompletion },
): Promise<KnownReceipt> {
  const ask: Ask = (uploading) => askWhetherCompleted(deps, open, uploading, { sizeBytes, treeHash });
  const receipt = await settleGone(deps, open, { session, cause, ask });
  if (receipt) return receipt;
  throw forgotten(open, session, cause);
}

/** There is nothing to send: a session without a file or a stream of its own is of no use any more. */
function forgotten(open: OpenSession, session: BegunSession, cause: GlacierUpError): GlacierUpError {
  if (session.path === null && session.streamName === undefined) open.remove();
  return goneError(session, cause);
}

/** When the parts are not those of the archive. */
function wayOut(deps: UploadDeps, session: BegunSession | null, uploadId: string): Hint {
  if (session?.streamName !== undefined) return hint`${startOverStep(session)}; ${forgetStep(session)}`;
  const where = whereWords(whereOptionsOf(deps));
  return hint`check the hash, the size and the upload ID; ${step('list-parts', ...where, `--upload-id=${uploadId}`)} shows the parts`;
}

/** @throws GlacierUpError `parts-missing`, `hash-mismatch` */
function assertWhole(list: PartList, archive: FilelessCompletion, next: Hint): void {
  const lack = lackOf(list, archive);
  if (lack) throw new GlacierUpError(lack.code, lack.message, { hint: hint`nothing was completed: ${next}` });
}
