/** The very end of an upload: its archive is known, the receipt is written, the session is removed. */
import { GlacierUpError, hasCode } from '../../errors.js';
import type { CompletedArchive } from '../../glacier/vault.js';
import type { OpenSession } from '../../session/open-session.js';
import { type Receipt, receiptSchemaVersion } from '../../session/receipts/receipt.js';
import type { UploadDeps } from '../upload-deps.js';
import { completing } from './phases.js';

/** Of the parts of an archive, those that this run has sent, and those that were there. */
export interface PartsDone {
  sent: number;
  kept: number;
}

/**
 * Writes the receipt of a session's archive, and removes the session.
 * @param parts null when none was sent
 */
export async function settle(
  { destination, receipts, clock, emit }: UploadDeps,
  open: OpenSession,
  archive: CompletedArchive,
  parts: PartsDone | null,
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
    parts: { total, ...(parts ?? { sent: 0, kept: total }) },
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

/** An error for credentials of another account than the one the upload is in. @returns code `upload-foreign` */
export function foreignAccount(expected: string, found: string, detail = ''): GlacierUpError {
  return new GlacierUpError(
    'upload-foreign',
    `the upload was begun in account ${expected}, and these credentials belong to account ${found}${detail}`,
    { hint: 'use the profile it was begun with' },
  );
}
