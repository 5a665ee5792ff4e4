/**
 * How far a plan to restore is. Beside `done` and `failed` the journal says, each time of many archives, `asking`: their
 * jobs are about to be asked for; `asked`: they have jobs; `unasked`: they have none after all; `gone`: the job is over.
 * InitiateJob costs and is not idempotent: what was `asking` when a run ended is looked for in the list of jobs.
 */
import { type OtherLine, type Progress, readJournal } from '../journal.js';

export interface AskedJob {
  /** null: it was about to be asked for, and nobody knows whether it was. */
  jobId: string | null;
  /** When that was written down, ms since 1970. */
  atMs: number;
}

export interface Ledger {
  progress: Progress;
  /** Archives of the plan, by number, that have a job and are not done. */
  asked: Map<number, AskedJob>;
  /** Estimated cost of the jobs asked for. */
  spent: number;
  /** How fast the line was, as far as an earlier run measured it. */
  bytesPerSecond: number | null;
}

/** So many archives may be remembered that are done. */
const fewestToPrune = 65_536;

/**
 * @param total how many archives the plan has
 * @throws GlacierUpError `state-unusable`
 */
export function readLedger(file: string, total: number): Ledger {
  const asked = new Map<number, AskedJob>();
  const ledger = { asked, spent: 0, bytesPerSecond: null as number | null };
  let progressSoFar: Progress | null = null;
  let pruneAt = fewestToPrune;
  const prune = (): void => {
    for (const n of asked.keys()) if (progressSoFar?.isDone(n)) asked.delete(n);
    pruneAt = Math.max(fewestToPrune, 2 * asked.size);
  };
  const progress = readJournal(file, total, (line, soFar) => {
    progressSoFar = soFar;
    take(ledger, line);
    if (asked.size > pruneAt) prune();
  });
  progressSoFar = progress;
  prune();
  return { ...ledger, progress };
}

function take(ledger: Pick<Ledger, 'asked' | 'spent' | 'bytesPerSecond'>, line: OtherLine): void {
  const { asked } = ledger;
  switch (line.s) {
    case 'asking':
      ledger.spent += numberOr(line.cost, 0);
      for (const n of numbersIn(line.n)) asked.set(n, { jobId: null, atMs: numberOr(line.at, 0) });
      break;
    case 'unasked':
      ledger.spent -= numberOr(line.cost, 0);
      for (const n of numbersIn(line.n)) asked.delete(n);
      break;
    case 'asked':
      for (const one of Array.isArray(line.jobs) ? line.jobs : []) {
        const [n, jobId, atMs] = Array.isArray(one) ? one : [];
        if (typeof n !== 'number' || typeof jobId !== 'string') continue;
        asked.set(n, { jobId, atMs: numberOr(atMs, 0) });
      }
      break;
    case 'gone':
      for (const n of numbersIn(line.n)) asked.delete(n);
      break;
    case 'link':
      ledger.bytesPerSecond = numberOr(line.bytesPerSecond, 0) || null;
      break;
    default:
  }
}

function numbersIn(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((n) => typeof n === 'number') : [];
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}
