/** Runs the tests that reach a mutant while it is on. */
import { type ChosenTests, chooseTests, type KnownKeys } from './choose-tests.js';
import type { MutatedCopy } from './copy.js';
import type { Reach } from './coverage.js';
import type { Mutant } from './mutant.js';
import { runVitest } from './run-vitest.js';

export type Outcome =
  | { is: 'killed'; tookMs: number }
  /** It made the tests take too long, which would be noticed too. */
  | { is: 'timeout'; tookMs: number }
  | { is: 'survived'; tookMs: number; testCount: number }
  | { is: 'unreached'; tookMs: 0 };

/** A first, cheap look ends most of them. What survives it meets more tests. */
const defaultBudgetsMs = [10_000, 30_000];
/** The machine may be busier than when the tests were measured. */
const slackFactor = 4;
const slackMs = 45_000;

const asPattern = (name: string) => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Words of a vitest run that runs these tests alone and ends with the first that fails. */
function vitestWords(chosen: readonly ChosenTests[]): string[] {
  const names = new Set(chosen.flatMap((tests) => tests.names));
  const pattern = `^(${[...names].map(asPattern).join('|')})$`;
  return [...chosen.map(({ testFile }) => testFile), '--bail=1', '--reporter=dot', '-t', pattern];
}

/** The copy is left with the mutant on. */
export async function tryMutant(
  copy: MutatedCopy,
  reaches: readonly Reach[],
  known: KnownKeys,
  mutant: Mutant,
  budgetsMs: readonly number[] = defaultBudgetsMs,
): Promise<Outcome> {
  copy.activate(mutant);
  const tried: ChosenTests[] = [];
  let tookMs = 0;
  for (const budgetMs of budgetsMs) {
    const chosen = chooseTests(reaches, known, mutant, budgetMs, tried);
    if (chosen.length === 0) break;
    const expectedMs = chosen.reduce((sum, { costMs }) => sum + costMs, 0);
    const run = await runVitest(copy.folder, vitestWords(chosen), slackFactor * expectedMs + slackMs);
    tookMs += run.tookMs;
    if (run.exitCode === undefined) return { is: 'timeout', tookMs };
    if (run.exitCode !== 0 && !/\bfailed\b|Unhandled/.test(run.output)) throw new Error(run.output);
    if (run.exitCode !== 0) return { is: 'killed', tookMs };
    tried.push(...chosen);
  }
  if (tried.length === 0) return { is: 'unreached', tookMs: 0 };
  return { is: 'survived', tookMs, testCount: tried.reduce((sum, { names }) => sum + names.length, 0) };
}
