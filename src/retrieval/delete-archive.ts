/** An archive deleted, and the deletion noted beside its receipt. */

import { GlacierUpError, hasCode } from '../errors.js';
import type { RetryingVault } from '../glacier/retry/retrying-vault.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';

/**
 * Deletes first and notes afterwards: a crash between leaves a receipt of an archive that is gone, and the same command
 * again, which is no error to the service, notes it. The other way round a file could be taken for not archived.
 * @throws GlacierUpError `state-unusable` when the archive is deleted and that could not be noted
 */
export async function deleteArchive(
  { vault, receipts, signal }: { vault: RetryingVault; receipts: ReceiptLog; signal: AbortSignal },
  archiveId: string,
): Promise<void> {
  receipts.assertWritable();
  await vault.deleteArchive(archiveId, signal);
  try {
    await receipts.noteDeleted(archiveId);
  } catch (error) {
    if (!hasCode(error, 'state-unusable', 'locked')) throw error;
    throw new GlacierUpError(
      'state-unusable',
      `archive ${archiveId} is deleted, but that could not be noted: ${error.message}`,
      {
        hint: 'make room, then run the same command again: it notes the deletion',
        cause: error,
      },
    );
  }
}
