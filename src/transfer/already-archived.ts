/** Whether this very content was archived before from this path, so that the same command twice makes one archive. */
import type { ArchiveFile } from '../archive/archive-file.js';
import { provesSame } from '../archive/identity.js';
import { PartHashes } from '../session/part-hashes.js';
import type { Receipt } from '../session/receipts.js';
import { joinTreeHashes } from '../treehash/tree-hash.js';
import { allIndexes, hashParts } from './hash-parts.js';
import type { Plan } from './plan.js';
import type { Surroundings } from './surroundings.js';

export interface AlreadyArchived {
  receipt: Receipt | null;
  /** The part hashes of the plan, when the file had to be read; an upload that follows need not compute them. */
  hashes: PartHashes | null;
}

/**
 * @param candidates receipts of this path and destination, oldest first
 * @param verify read the file even when its identity is unchanged
 */
export async function findArchived(
  surroundings: Surroundings,
  file: ArchiveFile,
  { plan, candidates, verify }: { plan: Plan; candidates: Receipt[]; verify: boolean },
): Promise<AlreadyArchived> {
  const newestFirst = candidates.toReversed().filter(({ sizeBytes }) => sizeBytes === plan.sizeBytes);
  const unchanged = newestFirst.find(({ identity }) => identity && provesSame(identity, file.identity));
  if (unchanged && !verify) return { receipt: unchanged, hashes: null };
  if (newestFirst.length === 0) return { receipt: null, hashes: null };
  const hashes = new PartHashes(plan.partCount);
  await hashParts(surroundings, file, { plan, hashes, indexes: allIndexes(plan) });
  const treeHash = joinTreeHashes(hashes.all() ?? []).toString('hex');
  return { receipt: newestFirst.find((receipt) => receipt.treeHash === treeHash) ?? null, hashes };
}
