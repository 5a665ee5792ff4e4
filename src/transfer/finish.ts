/**
 * The end of an upload: Complete, and what to believe when its answer is lost. Complete may be repeated and gives
 * the same archive ID, but only "within a short period"; after it, ListParts fails and the upload is listed no more.
 * So nothing but a repeated Complete can tell what happened, and a 404 tells nothing.
 */
import { GlacierUpError, hasCode } from '../errors.js';
import type { CompletedArchive } from '../glacier/vault.js';
import type { OpenSession } from '../session/open-session.js';
import { type Receipt, receiptSchemaVersion } from '../session/receipts/receipt.js';
import { sessionName, type UploadSession } from '../session/session.js';
import type { Surroundings } from './surroundings.js';

export interface PartsDone {
  sent: number;
  kept: number;
}

/** A reply that names another hash than the one sent is asked for again this often before it is believed. */
const mostHashMismatches = 3;

/**
 * Sends Complete for a session in `completing`, writes the receipt, and removes the session.
 * @throws GlacierUpError `completion-unknown` when the service does not know the upload, the session kept;
 * one that `isRefusedCompletion` is true of when it refuses size, hash or parts
 */
export async function finish(
  surroundings: Surroundings,
  open: OpenSession,
  parts: PartsDone = { sent: 0, kept: Number.NaN },
): Promise<Receipt> {
  const { vault, signal, emit } = surroundings;
  const session = completing(open);
  emit({ kind: 'completing', file: sessionName(session) });
  for (let mismatches = 0; ; ) {
    let archive: CompletedArchive;
    try {
      archive = await vault.completeUpload({ uploadId: session.uploadId, ...session.completion }, signal);
    } catch (error) {
      if (hasCode(error, 'upload-gone')) noteUnknown(surroundings, open, session);
      if (hasCode(error, 'upload-gone', 'completion-unknown')) throw unknownOutcome(session, error);
      if (!hasCode(error, 'hash-mismatch') || isRefusedCompletion(error)) throw error;
      mismatches += 1;
      if (mismatches >= mostHashMismatches) throw error;
      continue;
    }
    return settle(surroundings, open, archive, parts);
  }
}

/**
 * True when Complete was answered with a 400: size, hash or parts are not as the service has them. That the upload is
 * open still follows only when ListParts knows it, too.
 */
export function isRefusedCompletion(error: unknown): error is GlacierUpError {
  return (
    hasCode(error, 'request-invalid', 'hash-mismatch') &&
    error.service?.operation === 'CompleteMultipartUpload' &&
    error.service.httpStatus === 400
  );
}

/**
 * Asks by one Complete whether an upload that ListParts does not know was completed by somebody else. It cannot
 * make an archive that is not there already, so the session stays as it is until the answer is known.
 * @returns null when the upload is gone
 * @throws GlacierUpError `completion-unknown`, the session then in `completing`; one that `isRefusedCompletion` is true
 * of when the upload is known and has other content
 */
export async function askWhetherCompleted(
  surroundings: Surroundings,
  open: OpenSession,
  completion: { sizeBytes: number; treeHash: string },
): Promise<Receipt | null> {
  const session = open.session;
  if (!session?.uploadId) return null;
  let archive: CompletedArchive;
  try {
    archive = await surroundings.vault.completeUpload(
      { uploadId: session.uploadId, ...completion },
      surroundings.signal,
    );
  } catch (error) {
    if (hasCode(error, 'upload-gone')) return null;
    if (!hasCode(error, 'completion-unknown')) throw error;
    open.save({ ...session, phase: 'completing', completion });
    throw unknownOutcome(completing(open), error);
  }
  open.save({ ...session, phase: 'completing', completion });
  return settle(surroundings, open, archive, { sent: 0, kept: Number.NaN });
}

/** Writes the receipt of a session's archive, and removes the session. */
export async function settle(
  { destination, receipts, clock, emit }: Surroundings,
  open: OpenSession,
  archive: CompletedArchive,
  { sent, kept }: PartsDone,
  completedAt = new Date(clock.now()).toISOString(),
): Promise<Receipt> {
  const session = completing(open);
  if (session.accountId && archive.accountId && session.accountId !== archive.accountId) {
    throw foreignAccount(session.accountId, archive.accountId, ` (it names archive ${archive.archiveId})`);
  }
  const total = Math.ceil(session.completion.sizeBytes / session.partSizeBytes);
  const receipt: Receipt = {
    schema: receiptSchemaVersion,
    archiveId: archive.archiveId,
    location: archive.location,
    accountId: archive.accountId || (session.accountId ?? ''),
    destination,
    uploadId: session.uploadId,
    sizeBytes: session.completion.sizeBytes,
    treeHash: session.completion.treeHash,
    description: session.description,
    partSizeBytes: session.partSizeBytes,
    parts: { total, sent, kept: Number.isNaN(kept) ? total : kept },
    startedAt: session.startedAt,
    completedAt,
    ...(session.vaultCreatedAt === undefined ? {} : { vaultCreatedAt: session.vaultCreatedAt }),
    path: session.path,
    ...(session.streamName === undefined ? {} : { streamName: session.streamName }),
    identity: session.identity,
  };
  try {
    const stored = await receipts.append(receipt);
    open.remove();
    return stored;
  } catch (error) {
    if (!hasCode(error, 'state-unusable', 'locked')) throw error;
    throw new UnsavedReceiptError(receipt, error);
  } finally {
    emit({ kind: 'ended' });
  }
}

/** From the first such answer on, no archive can come of the upload any more: an inventory can settle it. */
function noteUnknown({ clock }: Surroundings, open: OpenSession, session: CompletingSession): void {
  if (session.completion.unknownSince !== undefined) return;
  const unknownSince = new Date(clock.now()).toISOString();
  open.save({ ...session, completion: { ...session.completion, unknownSince } });
}

/** The archive is there and its receipt is not: the ID must be shown all the same. */
export class UnsavedReceiptError extends GlacierUpError {
  readonly receipt: Receipt;

  constructor(receipt: Receipt, cause: GlacierUpError) {
    super(
      'state-unusable',
      `archive ${receipt.archiveId} is stored, but its receipt could not be saved: ${cause.message}`,
      {
        hint: 'note the archive ID; make room, then run the same command again: it writes the receipt',
        cause,
      },
    );
    this.receipt = receipt;
  }
}

type CompletingSession = UploadSession & {
  uploadId: string;
  completion: NonNullable<UploadSession['completion']>;
};

function completing({ session }: OpenSession): CompletingSession {
  if (session?.uploadId && session.completion) return session as CompletingSession;
  throw new GlacierUpError('internal', 'there is nothing to complete');
}

/** For a session in `completing` of which the service does not say what became. */
export function outcomeUnknown(open: OpenSession, cause: GlacierUpError): GlacierUpError {
  return unknownOutcome(completing(open), cause);
}

function unknownOutcome(
  { id, uploadId, completion }: CompletingSession,
  cause: GlacierUpError,
): GlacierUpError {
  const message =
    `the outcome of upload ${uploadId} is unknown: Complete was sent, and the service does not say which archive it made ` +
    `(${cause.message})`;
  return new GlacierUpError('completion-unknown', message, {
    hint:
      `run "glacier-up reconcile ${id}": it asks again, and looks in the vault's inventory for tree hash ` +
      `${completion.treeHash}, ${completion.sizeBytes} bytes; do not upload it again before that`,
    cause,
    ...(cause.service ? { service: cause.service } : {}),
  });
}

export function foreignAccount(expected: string, found: string, detail = ''): GlacierUpError {
  return new GlacierUpError(
    'upload-foreign',
    `the upload was begun in account ${expected}, and these credentials belong to account ${found}${detail}`,
    { hint: 'use the profile it was begun with' },
  );
}
