/**
 * Begins an upload whose parts many machines will send. Nothing of it is kept here: its ID and the vault's own part
 * list are all that the machines share, and a session would lock them out on this one.
 */
import { openArchive } from '../archive/archive-file.js';
import { provesSame } from '../archive/identity.js';
import { GlacierUpError } from '../errors.js';
import { sessionId } from '../session/session.js';
import { describeArchive } from './description.js';
import { type Plan, planParts } from './plan.js';
import type { Surroundings } from './surroundings.js';

export interface BegunUpload {
  uploadId: string;
  accountId: string;
  plan: Plan;
  description: string;
}

/**
 * An answer that is lost leaves an empty upload behind, which costs nothing and which the service drops in a day.
 * @throws GlacierUpError `usage` while this machine has an upload of the file under way: it could not complete another
 */
export async function beginForShards(
  surroundings: Surroundings,
  request: { file: string; partSizeBytes?: number; description?: string },
): Promise<BegunUpload> {
  const { vault, destination, sessions, receipts, clock, signal, emit } = surroundings;
  const file = await openArchive(request.file, clock);
  await file.close();
  const id = sessionId(destination, file.path);
  const session = sessions.peek(id);
  if (session) {
    const message = `an upload of this file into vault ${destination.vault} is unfinished here: session ${id}`;
    throw new GlacierUpError('usage', message, {
      hint: `finish it with "glacier-up resume ${id}", or drop it with "glacier-up abort ${id}"`,
    });
  }
  const archived = receipts
    .all()
    .findLast(
      (receipt) =>
        receipt.path === file.path &&
        receipt.deletedAt === undefined &&
        receipt.identity !== null &&
        provesSame(receipt.identity, file.identity) &&
        sessionId(receipt.destination, file.path) === id,
    );
  if (archived) {
    const message = `${file.name} is archived already as ${archived.archiveId}: this upload archives it once more`;
    emit({ kind: 'note', message });
  }
  const plan = planParts(file.identity.sizeBytes, request.partSizeBytes, surroundings.limitRate);
  const description = describeArchive(file, request.description);
  const { partSizeBytes } = plan;
  const { uploadId, accountId } = await vault.initiateUpload({ partSizeBytes, description }, signal);
  return { uploadId, accountId, plan, description };
}
