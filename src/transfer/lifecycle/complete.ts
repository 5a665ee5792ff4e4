/** CompleteMultipartUpload, with all that can come of it as a result: only a failure of the request is an exception. */
import { type GlacierUpError, hasCode } from '../../errors.js';
import type { CompletedArchive, CompleteRequest } from '../../glacier/vault.js';
import type { UploadDeps } from '../upload-deps.js';

export type CompleteResult =
  | { kind: 'completed'; archive: CompletedArchive }
  /**
   * A 400: size, hash or parts are not as the service has them. Whether the upload is open still, only ListParts tells.
   */
  | { kind: 'refused'; error: GlacierUpError }
  /** A 404: the service does not know the upload, and nothing that was sent here can have made an archive of it. */
  | { kind: 'gone'; error: GlacierUpError }
  /** There may be an archive, and the service does not say which. */
  | { kind: 'unknown'; error: GlacierUpError };

/** A reply that names another hash than the one sent is asked for again this often before it is believed. */
const mostHashMismatches = 3;

/**
 * Completes an upload.
 * @throws GlacierUpError of a request that failed: Complete may have worked all the same
 */
export function sendComplete(
  { vault, signal }: Pick<UploadDeps, 'vault' | 'signal'>,
  request: CompleteRequest,
): Promise<CompleteResult> {
  return resultOf(() => vault.completeUpload(request, signal));
}

/**
 * Asks by Complete whether somebody completed an upload that ListParts does not know. It makes no archive that is not
 * there already; so `unknown` is only what the service said to have completed, without naming the archive.
 * @throws GlacierUpError of a request that failed
 */
export function askByComplete(
  { vault, signal }: Pick<UploadDeps, 'vault' | 'signal'>,
  request: CompleteRequest,
): Promise<CompleteResult> {
  return resultOf(() => vault.askWhetherCompleted(request, signal));
}

async function resultOf(complete: () => Promise<CompletedArchive>): Promise<CompleteResult> {
  for (let mismatches = 1; ; mismatches += 1) {
    try {
      return { kind: 'completed', archive: await complete() };
    } catch (error) {
      if (isRefusal(error)) return { kind: 'refused', error };
      if (hasCode(error, 'upload-gone')) return { kind: 'gone', error };
      if (hasCode(error, 'completion-unknown')) return { kind: 'unknown', error };
      if (!hasCode(error, 'hash-mismatch') || mismatches === mostHashMismatches) throw error;
    }
  }
}

function isRefusal(error: unknown): error is GlacierUpError {
  return hasCode(error, 'request-invalid', 'hash-mismatch') && error.service?.httpStatus === 400;
}
