/** Tree hashes of a file's parts, for comparing with what the service lists. Known ones are not computed again. */
import type { ArchiveFile } from '../archive/archive-file.js';
import { forEachConcurrent } from '../for-each-concurrent.js';
import type { PartHashes } from '../session/part-hashes.js';
import { hashHere } from '../treehash/hash-here.js';
import { rangeHashesOf } from '../treehash/range-hashes.js';
import { leafSizeBytes } from '../treehash/tree-hash.js';
import { bytesOf, isSmall, type Plan, partRange } from './plan.js';
import type { UploadDeps } from './upload-deps.js';

/** Enough to keep every thread busy. */
const window = 16;

/**
 * Fills in the hashes of the parts named that are not known yet.
 * @param onHashed told after each, so that the session can be saved now and then
 * @throws GlacierUpError `archive-changed`, `archive-unusable`
 */
export async function hashParts(
  { pool, signal, emit }: Pick<UploadDeps, 'pool' | 'signal' | 'emit'>,
  file: ArchiveFile,
  { plan, hashes, indexes }: { plan: Plan; hashes: PartHashes; indexes: Iterable<number> },
  onHashed: () => void = () => {},
): Promise<void> {
  const unknown = [...indexes].filter((index) => hashes.get(index) === null);
  if (unknown.length === 0) return;
  if (isSmall(plan)) {
    const range = { fd: file.fd, ...partRange(plan, 0), leafBytes: leafSizeBytes };
    const { rawTreeHash } = rangeHashesOf(await hashHere({ ...range, tree: true, linear: false }));
    hashes.set(0, rawTreeHash);
    onHashed();
    await file.assertUnchanged();
    return;
  }
  emit({ kind: 'hashing', file: file.name, totalBytes: bytesOf(plan, unknown) });
  // When it ends, nothing reads the descriptor, which is closed then, and perhaps opened again for another file.
  await forEachConcurrent(unknown, { concurrency: window, signal }, async (index) => {
    const { rawTreeHash } = await pool.hashRange({ fd: file.fd, ...partRange(plan, index) });
    hashes.set(index, rawTreeHash);
    emit({ kind: 'hashed', sizeBytes: bytesOf(plan, [index]) });
    onHashed();
  });
  await file.assertUnchanged();
}

/** Every index of the plan. */
export function* allIndexes({ partCount }: Plan): Generator<number> {
  for (let index = 0; index < partCount; index += 1) yield index;
}
