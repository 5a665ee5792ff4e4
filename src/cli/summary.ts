/** The line at the end of a run with several operands: how many came to which end. */
import type { CommandRun } from './command-run.js';
import { visibleLine } from './output/visible.js';

/** What can come of an operand, with the words that follow the number. */
const fates = {
  archived: 'archived',
  archivedAlready: 'archived already',
  finishedElsewhere: 'finished by another process',
  toSend: 'to send',
  deleted: 'deleted',
  toDelete: 'to delete',
  dropped: 'dropped',
  completed: 'completed before it could be dropped',
  nothingToDrop: 'with nothing to drop',
  notArchived: 'not archived',
  unfinished: 'still unfinished',
  declined: 'left alone',
  failed: 'failed',
  interrupted: 'interrupted',
  notTried: 'not tried',
} as const;

export type Fate = keyof typeof fates;
/** What a command itself can do with an operand. */
export type Outcome = Exclude<Fate, 'failed' | 'interrupted' | 'notTried'>;

/** What a command does with its operands. */
export interface Work {
  command: string;
  /** What an operand stands for, in the plural. */
  nouns: string;
  /** All that can come of it, beside failing: `--json` has a number for each. */
  outcomes: readonly Outcome[];
}

/** Text names so many operands that were not tried, and the last; `--verbose` and `--json` name all. */
const namesTold = 3;

/**
 * Tells how many operands came to which end, and names those that were not tried. Silent for a single operand, and under
 * `--quiet` when all went well.
 * @param ends in the order of the operands; those that have none were not reached
 */
export function tellSummary(
  { reporter, options }: CommandRun,
  { command, nouns, outcomes }: Work,
  operands: readonly string[],
  ends: readonly Fate[],
): void {
  if (operands.length < 2) return;
  const fateOf = (index: number): Fate => ends[index] ?? 'notTried';
  const notTried = operands.filter((_, index) => fateOf(index) === 'notTried');
  const told: Fate[] = [...outcomes, 'failed', 'interrupted', 'notTried'];
  const counts = told.map((fate) => ({
    fate,
    count: operands.filter((_, index) => fateOf(index) === fate).length,
  }));
  reporter.json({
    type: 'summary',
    command,
    total: operands.length,
    ...Object.fromEntries(counts.map(({ fate, count }) => [fate, count])),
    notTriedNames: notTried,
  });
  if (reporter.isJson) return;
  const parts = counts.filter(({ count }) => count > 0).map(({ fate, count }) => `${count} ${fates[fate]}`);
  const names = notTried.length > 0 ? ` (${namesText(notTried, options.verbose === true)})` : '';
  const isAllWell = counts.every(({ fate, count }) => count === 0 || (outcomes as Fate[]).includes(fate));
  const tell = isAllWell ? reporter.note : reporter.urgent;
  tell(`${operands.length} ${nouns}: ${parts.join(', ')}${names}`);
}

/** As operands are done in order, the first and the last say which they are. */
function namesText(names: readonly string[], all: boolean): string {
  const shown = names.map(visibleLine);
  if (all || names.length <= namesTold + 1) return shown.join(', ');
  return `${shown.slice(0, namesTold).join(', ')} and ${names.length - namesTold} more, to ${shown.at(-1)}`;
}
