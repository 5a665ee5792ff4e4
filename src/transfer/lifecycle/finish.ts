/**
 * The end of an upload: Complete, and what to believe when its answer is lost. Complete may be repeated and gives
 * the same archive ID, but only "within a short period"; after it, ListParts fails and the upload is listed no more.
 * So nothing but a repeated Complete can tell what happened, and a 404 tells nothing.
 */
import { GlacierUpError } from '../../errors.js';
import { hint, step } from '../../hint.js';
import type { OpenSession } from '../../session/open-session.js';
import type { KnownReceipt, Receipt } from '../../session/receipts/receipt.js';
import {
  type CompletingSession,
  type Completion,
  sessionName,
  type UploadingSession,
  type UploadSession,
} from '../../session/session.js';
import type { UploadDeps } from '../upload-deps.js';
import { askByComplete, type CompleteResult, sendComplete } from './complete.js';
import { completing, noteUnknown, notMade, toComplete } from './phases.js';
import { type PartsDone, settle } from './settle.js';

/** What became of an upload: see `CompleteResult`. Each error can be thrown as it is. */
export type Finished =
  /** The receipt is written and the session removed. */
  | { kind: 'completed'; receipt: Receipt }
  /** The session is in `completing` until ListParts knows the upload. */
  | { kind: 'refused'; error: GlacierUpError }
  /** The session is in `uploading`: it was not completed. */
  | { kind: 'gone'; error: GlacierUpError }
  /** `completion-unknown`, the session in `completing`. */
  | { kind: 'unknown'; error: GlacierUpError };

/** The receipt of a session's upload, which an earlier run has completed then; null without one. */
export function receiptOfUpload(
  { receipts }: Pick<UploadDeps, 'receipts'>,
  session: UploadSession | null,
): KnownReceipt | null {
  // In `intent` the upload ID is that of an upload before.
  return session === null || session.phase === 'intent' ? null : receipts.byUploadId(session.uploadId);
}

/** The same; the session, which that run could not remove, is removed. */
export function alreadyFinished(deps: UploadDeps, open: OpenSession): KnownReceipt | null {
  const receipt = receiptOfUpload(deps, open.session);
  if (receipt) open.remove();
  return receipt;
}

/**
 * Sends the first Complete of an upload whose parts the service has just confirmed.
 * @throws GlacierUpError of a Complete that failed, the session in `completing`; `state-unusable`
 */
export async function complete(
  deps: UploadDeps,
  open: OpenSession,
  {
    session,
    completion,
    parts,
  }: { session: UploadingSession; completion: Completion; parts: PartsDone | null },
): Promise<Finished> {
  await toComplete(open, session, completion);
  const result = await sendAsNoted(deps, open);
  if (result.kind !== 'gone') return finished(deps, open, result, parts);
  notMade(open, session);
  return result;
}

/**
 * Sends Complete for a session that an earlier run left in `completing`.
 * @throws GlacierUpError of a Complete that failed; `state-unusable`
 */
export async function completeAgain(
  deps: UploadDeps,
  open: OpenSession,
): Promise<Exclude<Finished, { kind: 'gone' }>> {
  const result = await sendAsNoted(deps, open);
  if (result.kind === 'gone') return { kind: 'unknown', error: unknownSince(deps, open, result.error) };
  return finished(deps, open, result, null);
}

/**
 * Asks by one Complete whether an upload that ListParts does not know was completed by somebody else. It cannot
 * make an archive that is not there already, so the session stays as it is until the answer is known.
 */
export async function askWhetherCompleted(
  deps: UploadDeps,
  open: OpenSession,
  session: UploadingSession,
  completion: Completion,
): Promise<Finished> {
  const result = await askByComplete(deps, { uploadId: session.uploadId, ...completion });
  if (result.kind === 'gone' || result.kind === 'refused') return result;
  await toComplete(open, session, completion);
  return finished(deps, open, result, null);
}

function sendAsNoted(deps: UploadDeps, open: OpenSession): Promise<CompleteResult> {
  const session = completing(open);
  deps.emit({ kind: 'completing', file: sessionName(session) });
  return sendComplete(deps, { uploadId: session.uploadId, ...session.completion });
}

/** @param result of a Complete for the session, which is in `completing` */
async function finished(
  deps: UploadDeps,
  open: OpenSession,
  result: Exclude<CompleteResult, { kind: 'gone' }>,
  parts: PartsDone | null,
): Promise<Exclude<Finished, { kind: 'gone' }>> {
  switch (result.kind) {
    case 'completed':
      return { kind: 'completed', receipt: await settle(deps, open, result.archive, parts) };
    case 'refused':
      return result;
    case 'unknown': {
      const isNotKnown = result.error.service?.httpStatus === 404;
      const error = isNotKnown
        ? unknownSince(deps, open, result.error)
        : unknownOutcome(completing(open), result.error);
      return { kind: 'unknown', error };
    }
  }
}

/**
 * For a session in `completing` whose upload the service does not know: the time is noted, so that an inventory can settle it.
 * @param cause the answer
 */
export function unknownSince(deps: UploadDeps, open: OpenSession, cause: GlacierUpError): GlacierUpError {
  return unknownOutcome(noteUnknown(deps, open), cause);
}

function unknownOutcome(
  { id, uploadId, completion }: CompletingSession,
  cause: GlacierUpError,
): GlacierUpError {
  const message =
    `the outcome of upload ${uploadId} is unknown: Complete was sent, and the service does not say which archive it made ` +
    `(${cause.message})`;
  return new GlacierUpError('completion-unknown', message, {
    hint: hint`run ${step('reconcile', id)}: it asks again, and looks in the vault's inventory for tree hash ${completion.treeHash}, ${completion.sizeBytes} bytes; do not upload it again before that`,
    cause,
    ...(cause.service ? { service: cause.service } : {}),
  });
}
