/** The line at the end of a run with several operands: how many came to which end. */
import { counted } from '../../counted.js';
import type { CommandRun } from '../command/command-run.js';
import { durationText, sizeText } from '../output/units.js';
import { visibleLine } from '../output/visible.js';

/** What can come of an operand, with the words that follow the number. */
const fates = {
  archived: 'archived',
  archivedAlready: 'archived already',
  skipped: 'skipped',
  finishedElsewhere: 'finished by another process',
  toSend: 'to send',
  toComplete: 'to complete',
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
  /** Bytes and time are told, too. */
  isMeasured?: true;
  /** Called before the summary. */
  conclude?: () => void;
}

/** Text names so many operands that were not tried, and the last; `--verbose` and `--json` name all. */
const namesTold = 3;

/** What came of the operands so far. */
export class Tally {
  readonly #operands: Iterable<string> | AsyncIterable<string>;
  readonly #counts = new Map<Fate, number>();
  /** By their places. */
  readonly #notTried = new Map<number, string>();
  readonly startedMs: number;
  #stoppedAt: number | null = null;
  archivedBytes = 0;

  constructor(operands: Iterable<string> | AsyncIterable<string>, startedMs: number) {
    this.#operands = operands;
    this.startedMs = startedMs;
  }

  ended(index: number, operand: string, fate: Fate): void {
    this.#counts.set(fate, (this.#counts.get(fate) ?? 0) + 1);
    if (fate === 'notTried') this.#notTried.set(index, operand);
  }

  /** Neither this operand nor a later one is tried. */
  stoppedAt(index: number): void {
    this.#stoppedAt = index;
  }

  count(sizeBytes: number): void {
    this.archivedBytes += sizeBytes;
  }

  /** There may be more than were read: of a list, what follows is not read once the run is over. */
  get isRestUnread(): boolean {
    return this.#stoppedAt !== null && !Array.isArray(this.#operands);
  }

  countOf(fate: Fate): number {
    return fate === 'notTried' ? this.notTried.length : (this.#counts.get(fate) ?? 0);
  }

  /** In the order of the operands. */
  get notTried(): string[] {
    const places = [...this.#notTried.keys()].sort((one, other) => one - other);
    const names = places.map((place) => this.#notTried.get(place) ?? '');
    if (this.#stoppedAt === null || !Array.isArray(this.#operands)) return names;
    return [...names, ...this.#operands.slice(this.#stoppedAt)];
  }

  get total(): number {
    let sum = this.notTried.length;
    for (const [fate, count] of this.#counts) if (fate !== 'notTried') sum += count;
    return sum;
  }
}

/**
 * Tells how many operands came to which end, and names those that were not tried. Silent for a single operand, and under
 * `--quiet` when all went well.
 */
export function tellSummary(
  { reporter, options, context }: CommandRun,
  { command, nouns, outcomes, isMeasured }: Work,
  tally: Tally,
): void {
  const { total, notTried, isRestUnread, archivedBytes } = tally;
  if (total < 2 && !isRestUnread) return;
  const told: Fate[] = [...outcomes, 'failed', 'interrupted', 'notTried'];
  const counts = told.map((fate) => ({ fate, count: tally.countOf(fate) }));
  const elapsedMs = Math.round(context.clock.monotonicMs() - tally.startedMs);
  reporter.json({
    type: 'summary',
    command,
    total,
    ...Object.fromEntries(counts.map(({ fate, count }) => [fate, count])),
    notTriedNames: notTried,
    ...(isMeasured ? { archivedBytes, elapsedMs } : {}),
    ...(isRestUnread ? { restUnread: true } : {}),
  });
  if (reporter.isJson) return;
  const parts = counts.filter(({ count }) => count > 0).map(({ fate, count }) => `${count} ${fates[fate]}`);
  const names = notTried.length > 0 ? ` (${namesText(notTried, options.verbose === true)})` : '';
  const isAllWell =
    !isRestUnread && counts.every(({ fate, count }) => count === 0 || (outcomes as Fate[]).includes(fate));
  const tell = isAllWell ? reporter.note : reporter.urgent;
  const rest = isRestUnread ? '; the rest of the list was not read' : '';
  const measure = isMeasured ? `; ${sizeText(archivedBytes)} in ${durationText(elapsedMs)}` : '';
  tell(`${counted(total, nouns.replace(/s$/, ''))}: ${parts.join(', ')}${names}${rest}${measure}`);
}

/** As operands are done in order, the first and the last say which they are. */
function namesText(names: readonly string[], all: boolean): string {
  const shown = names.map(visibleLine);
  if (all || names.length <= namesTold + 1) return shown.join(', ');
  return `${shown.slice(0, namesTold).join(', ')} and ${names.length - namesTold} more, to ${shown.at(-1)}`;
}
