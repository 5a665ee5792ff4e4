/** What the sweeps share: how much to try, a few cases at a time, and the count at the end. */
import { availableParallelism } from 'node:os';

/** All of it, as `npm run test:faults` does, or a part that covers every kind. */
export const isWhole = process.env.GLACIER_UP_TEST_SWEEP === 'all';

/** What strace does at a call, in the words of its `--inject`. */
export const callFaults = { KILL: 'signal=KILL', ENOSPC: 'error=ENOSPC', EIO: 'error=EIO' };

export type CallFault = keyof typeof callFaults;

/** With what the index-th kind of call is tried. A sample has each kind killed, and failing in one of the two ways in turn. */
export function faultsAt(index: number): CallFault[] {
  if (isWhole) return ['KILL', 'ENOSPC', 'EIO'];
  return ['KILL', index % 2 === 0 ? 'ENOSPC' : 'EIO'];
}

/** Spread evenly, the ends among them: there something is made, and there it is settled. One: from the middle. */
export function sample(turns: readonly number[], count: number): number[] {
  const at = (index: number): number => {
    const share = count === 1 ? 0.5 : index / (count - 1);
    return turns[Math.round(share * (turns.length - 1))] as number;
  };
  return [...new Set(Array.from({ length: count }, (_, index) => at(index)))];
}

/** Tries each, a few at a time. The first failure is thrown once those under way have ended. */
export async function inLanes<T>(cases: readonly T[], attempt: (one: T) => Promise<unknown>): Promise<void> {
  const line = cases.values();
  const lane = async (): Promise<void> => {
    for (const one of line) await attempt(one);
  };
  const ends = await Promise.allSettled(Array.from({ length: availableParallelism() }, lane));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

export interface CaseCount {
  add(hasFired: boolean): void;
  print(): void;
}

export function countCases(what: string): CaseCount {
  let tried = 0;
  let fired = 0;
  return {
    add: (hasFired) => {
      tried += 1;
      if (hasFired) fired += 1;
    },
    print: () => {
      const extent = isWhole ? 'the whole sweep' : 'a sample; npm run test:faults tries all';
      process.stderr.write(`\nfaults, ${what}: ${tried} cases, the fault fired in ${fired} (${extent})\n`);
    },
  };
}
