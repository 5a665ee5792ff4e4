/** The parts that the service lists, beside the parts that the file should have. */
import type { ByteRange } from '../glacier/byte-range.js';
import type { ListedPart } from '../glacier/vault.js';
import { type Plan, partRange } from './plan.js';

/**
 * `matching`: there, and equal to the file. `missing`: not there. `different`: there, with other bytes.
 * `unexpected`: there, but no part of this file has that range. `unknown`: there, and no local hash to compare with.
 */
export type PartState = 'matching' | 'missing' | 'different' | 'unexpected' | 'unknown';

export interface ComparedPart {
  /** In the plan, from 0; null for an unexpected part. */
  index: number | null;
  range: ByteRange;
  state: PartState;
  /** Hex, of the local file; null where it is not known. */
  treeHash: string | null;
  /** Hex, as listed; null where the part is missing. */
  serverTreeHash: string | null;
}

export type PartCounts = Record<PartState, number>;

/**
 * @param rawLocalTreeHash the tree hash of part `index` of the file, or null when it is not known
 * @returns every part of the plan and every listed part, in the order of their bytes
 */
export function compareParts(
  plan: Plan,
  listed: readonly ListedPart[],
  rawLocalTreeHash: (index: number) => Buffer | null,
): ComparedPart[] {
  const byIndex = new Map<number, ListedPart>();
  const compared: ComparedPart[] = [];
  for (const part of listed) {
    const index = part.range.start / plan.partSizeBytes;
    const fits =
      Number.isInteger(index) && index < plan.partCount && part.range.end === partRange(plan, index).end;
    if (fits) byIndex.set(index, part);
    else
      compared.push({
        index: null,
        range: part.range,
        state: 'unexpected',
        treeHash: null,
        serverTreeHash: part.treeHash,
      });
  }
  for (let index = 0; index < plan.partCount; index += 1) {
    const treeHash = rawLocalTreeHash(index)?.toString('hex') ?? null;
    const serverTreeHash = byIndex.get(index)?.treeHash ?? null;
    compared.push({
      index,
      range: partRange(plan, index),
      state: stateOf(treeHash, serverTreeHash),
      treeHash,
      serverTreeHash,
    });
  }
  return compared.sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
}

function stateOf(treeHash: string | null, serverTreeHash: string | null): PartState {
  if (serverTreeHash === null) return 'missing';
  if (treeHash === null) return 'unknown';
  return treeHash === serverTreeHash ? 'matching' : 'different';
}

/** How many parts are in each state. */
export function countParts(parts: readonly ComparedPart[]): PartCounts {
  const counts: PartCounts = { matching: 0, missing: 0, different: 0, unexpected: 0, unknown: 0 };
  for (const { state } of parts) counts[state] += 1;
  return counts;
}

/** The first range of the file that the service does not have; null when it has all. */
export function firstGap(parts: readonly ComparedPart[]): ByteRange | null {
  return parts.find(({ state }) => state === 'missing')?.range ?? null;
}
