/** Options that were settled when an upload began, and cannot be given anew. */
import { GlacierUpError } from '../errors.js';
import type { UploadSession } from '../session/session.js';

/** @throws GlacierUpError `usage` when an option contradicts the unfinished upload */
export function assertSameOptions(
  session: UploadSession,
  { partSizeBytes, description }: { partSizeBytes?: number; description?: string },
): void {
  const hint = 'leave the option out to carry the upload on; --start-over drops what was sent';
  if (partSizeBytes !== undefined && partSizeBytes !== session.partSizeBytes) {
    const message = `--part-size is ${partSizeBytes}, the unfinished upload has parts of ${session.partSizeBytes} bytes`;
    throw new GlacierUpError('usage', message, { hint });
  }
  if (description !== undefined && description !== session.description) {
    const message = `--description is ${JSON.stringify(description)}, that of the unfinished upload ${JSON.stringify(session.description)}`;
    throw new GlacierUpError('usage', message, { hint });
  }
}
