/** One content, one archive: what is asked of the receipts before an upload begins, and once more before it ends. */
import type { ArchiveFile } from '../archive/archive-file.js';
import type { KnownReceipt } from '../session/receipts/receipt.js';
import type { UploadSession } from '../session/session.js';
import { type ArchivedContent, findArchived, findContent } from './find-archived.js';
import { planParts } from './plan.js';
import type { TransferRequest } from './transfer-request.js';
import type { UploadDeps } from './upload-deps.js';

/**
 * The archive of this very content in this vault.
 * @param settled that of the earlier upload of this file, if it has just come to its end
 * @param isOnlyLook note nothing: for `--dry-run`
 */
export async function lookForArchive(
  deps: UploadDeps,
  file: ArchiveFile,
  request: TransferRequest,
  settled: KnownReceipt | null,
  { isOnlyLook = false }: { isOnlyLook?: boolean } = {},
): Promise<ArchivedContent> {
  const plan = planParts(file.identity.sizeBytes, request.partSizeBytes, deps.limitRate);
  const verify = request.verify ?? false;
  const found = await findArchived(deps, file, { plan, verify, isOnlyLook });
  // An archive that is to be made again is not the one that was there before.
  const counts = !request.again || found.receipt?.archiveId === settled?.archiveId;
  if (settled && !(found.receipt && counts)) {
    const message = `the earlier upload of ${file.name} is archive ${settled.archiveId}; the file has changed since and is archived again`;
    deps.emit({ kind: 'note', message });
  }
  return counts ? found : { ...found, receipt: null };
}

/**
 * An archive of this content that another run made since this upload was begun, or that an earlier run made and this
 * upload does not know of: the last moment at which a second one can be avoided.
 */
export async function madeMeanwhile(
  deps: UploadDeps,
  file: ArchiveFile,
  session: UploadSession,
  completion: { sizeBytes: number; treeHash: string },
): Promise<KnownReceipt | null> {
  // Who names an upload, or asks for another archive, means it.
  if (session.again || session.origin === 'elsewhere') return null;
  const { path, identity } = file;
  const archive = await findContent(deps, completion, { path });
  if (archive === null || archive.uploadId === session.uploadId) return null;
  await deps.receipts.bind(archive.archiveId, { path, identity });
  const message = `${file.name}: this content is in the vault already, as archive ${archive.archiveId}; the upload is dropped`;
  deps.emit({ kind: 'note', message });
  return archive;
}
