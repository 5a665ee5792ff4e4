/** A file whose changes may leave no trace is read twice: what was sent counts as its content when both agree. */
import { type ArchiveFile, unattendedHint } from '../archive/archive-file.js';
import { GlacierUpError } from '../errors.js';
import { rangeText } from '../glacier/byte-range.js';
import { PartHashes } from '../session/part-hashes.js';
import { hashParts } from './hash-parts.js';
import { type Plan, partRange } from './plan.js';
import type { UploadDeps } from './upload-deps.js';

/** An indexer that touches a file all the time must not make the reading endless. */
const mostReadings = 3;

/**
 * Proves that the file still holds what these hashes are of.
 * @param indexes the parts to prove, each with a hash
 * @throws GlacierUpError `archive-changed`
 */
export async function proveUnchanged(
  deps: Pick<UploadDeps, 'pool' | 'signal' | 'emit'>,
  file: ArchiveFile,
  { plan, hashes, indexes }: { plan: Plan; hashes: PartHashes; indexes: readonly number[] },
): Promise<void> {
  await file.assertUnchanged({ flushed: true });
  for (let readings = 0; file.isDoubtful; readings += 1) {
    if (readings === mostReadings) throw changed('its status changes all the time');
    await file.lookAgain();
    const again = new PartHashes(plan.partCount);
    await hashParts(deps, file, { plan, hashes: again, indexes });
    const index = indexes.find((part) => !again.get(part)?.equals(hashes.get(part) ?? Buffer.alloc(0)));
    if (index !== undefined) throw changed(`bytes ${rangeText(partRange(plan, index))} are others now`);
    await file.assertUnchanged({ flushed: true });
    if (file.identity.unsure) return;
  }
}

function changed(how: string): GlacierUpError {
  return new GlacierUpError('archive-changed', `the file changed while it was being sent (${how})`, {
    hint: `upload it again when nothing writes to it; parts that are still the same are kept; ${unattendedHint}`,
  });
}
