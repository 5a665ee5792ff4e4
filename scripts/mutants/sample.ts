/** A sample that is the same for the same seed. */
import { createHash } from 'node:crypto';
import { type Mutant, mutantKey } from './mutant.js';

/**
 * Takes the mutants whose keys have the smallest hashes: a mutant stays in the sample of a seed while others come and go.
 * @param size how many at most
 */
export function sampleOf(mutants: readonly Mutant[], size: number, seed: number): Mutant[] {
  return mutants
    .map((mutant) => ({
      mutant,
      rank: createHash('sha256')
        .update(`${seed} ${mutantKey(mutant)}`)
        .digest('hex'),
    }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant);
}
