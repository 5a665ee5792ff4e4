/** The mutants that may survive, each with its reason: `test/mutants/reasons.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutant, mutantKey } from './mutant.js';

/** An entry names its mutant as the tool prints it; a missing occurrence is the first. */
export type Reason = Pick<Mutant, 'file' | 'lineText' | 'from' | 'to'> & {
  occurrence?: number;
  reason: string;
};

export interface Reasons {
  /** Why the mutant may survive, or `undefined` when it may not. */
  of(mutant: Mutant): string | undefined;
  /** Entries that name no mutant any more. */
  stale: readonly Reason[];
}

/** @param mutants all that there are */
export function readReasons(checkout: string, mutants: readonly Mutant[]): Reasons {
  const entries: Reason[] = JSON.parse(readFileSync(join(checkout, 'test/mutants/reasons.json'), 'utf8'));
  const keyOf = (entry: Reason) => mutantKey({ occurrence: 1, line: 0, operator: '', id: '', ...entry });
  const reasonOf = new Map(entries.map((entry) => [keyOf(entry), entry.reason]));
  const keys = new Set(mutants.map(mutantKey));
  return {
    of: (mutant) => reasonOf.get(mutantKey(mutant)),
    stale: entries.filter((entry) => !keys.has(keyOf(entry))),
  };
}
