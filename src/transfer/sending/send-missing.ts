/** Sends those parts of a file that its upload does not have. */
import type { ArchiveFile } from '../../archive/archive-file.js';
import type { OpenSession } from '../../session/open-session.js';
import type { UploadDiff } from '../compare-with-service.js';
import { bytesOf, isSmall } from '../plan.js';
import type { UploadDeps } from '../upload-deps.js';
import { fileParts } from './part-source.js';
import { sendParts } from './send-parts.js';

/**
 * Resolves once every part is stored.
 * @throws GlacierUpError as `sendParts` does; what is stored by then is noted in the session
 */
export async function sendMissing(
  deps: UploadDeps,
  open: OpenSession,
  file: ArchiveFile,
  { session, plan, hashes, toSend, isNew }: UploadDiff,
): Promise<void> {
  deps.emit({
    kind: 'sending',
    file: file.name,
    uploadId: session.uploadId,
    plan,
    keptParts: plan.partCount - toSend.length,
    keptBytes: plan.sizeBytes - bytesOf(plan, toSend),
    isNew,
  });
  await sendParts(deps, {
    uploadId: session.uploadId,
    ...plan,
    parts: () => fileParts(file, plan, toSend, isNew && isSmall(plan) ? hashes : undefined),
    onStored: (index, rawTreeHash) => {
      hashes.set(index, rawTreeHash);
      open.noteProgress();
    },
  });
}
