/** Which mutants have been killed by earlier runs on this machine: `build/mutants/killed.json`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Mutant, mutantKey } from './mutant.js';
import type { Outcome } from './try-mutant.js';

export interface Outcomes {
  isKilled(mutant: Mutant): boolean;
  /** Written at once: a run may be interrupted. */
  note(mutant: Mutant, outcome: Outcome): void;
}

export function openOutcomes(checkout: string): Outcomes {
  const file = join(checkout, 'build/mutants/killed.json');
  const killed = new Set<string>(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
  return {
    isKilled: (mutant) => killed.has(mutantKey(mutant)),
    note: (mutant, { is }) => {
      if (is === 'killed' || is === 'timeout') killed.add(mutantKey(mutant));
      else killed.delete(mutantKey(mutant));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify([...killed], null, 1));
    },
  };
}
