/** What can be found wrong with a file is said before anything is asked of the service. */
import { archiveSize } from '../archive/archive-file.js';
import { planParts } from './plan.js';
import type { TransferRequest } from './transfer-request.js';
import type { UploadDeps } from './upload-deps.js';

/**
 * @param path the file's real path
 * @throws GlacierUpError `archive-unusable`, or `usage` for a part size that cannot hold it
 */
export async function assertArchivable(
  { sessions, limitRate, isProven }: UploadDeps,
  { file, mode, partSizeBytes }: TransferRequest,
  path: string,
): Promise<void> {
  // Once the service has been asked for others, it is early enough when the file is opened.
  if (mode !== 'upload' || isProven) return;
  try {
    planParts(await archiveSize(file), partSizeBytes, limitRate);
  } catch (error) {
    // An unfinished upload may have been completed already, wherever the file is now, and has its own part size.
    if (!sessions.list().sessions.some((session) => session.path === path)) throw error;
  }
}
