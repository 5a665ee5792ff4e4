/** Does the same for each operand of a command, and says at the end what came of them all. */
import { GlacierUpError, hasCode } from '../errors.js';
import { isTemporary } from '../glacier/persistence.js';
import type { CommandRun } from './command-run.js';
import { type Fate, type Outcome, tellSummary, type Work } from './summary.js';
import { placeKey, vaultPlaceKey, type WhereTo } from './where-to.js';

/** What ended an earlier operand would end this one too. */
class NotTried extends Error {}

/** Told where an operand is, before anything is sent there. */
export type At = (whereTo: WhereTo) => void;

/**
 * Does the same for each operand. A failure is reported and the next one is tried, but for what would meet the next
 * one too: local state that cannot be used (exit 9), refused credentials (exit 7), a vault that does not exist, and a
 * service that gave no answer at all to what was asked for an operand. All but the first concern one place: operands
 * elsewhere are still tried.
 * @param action calls `at` where operands may be in several places; else they are all in the same one
 */
export async function forEachOperand(
  run: CommandRun,
  operands: readonly string[],
  work: Work,
  action: (operand: string, at: At) => Promise<Outcome>,
): Promise<void> {
  const ends: Fate[] = [];
  const closed = new Set<string>();
  try {
    for (const operand of operands) {
      run.signal.throwIfAborted();
      const places: WhereTo[] = [];
      const at: At = (whereTo) => {
        if (closed.has(placeKey(whereTo)) || closed.has(vaultPlaceKey(whereTo))) throw new NotTried();
        places.push(whereTo);
      };
      const answersBefore = run.patience.answers;
      try {
        ends.push(await action(operand, at));
      } catch (error) {
        if (run.signal.aborted) {
          ends.push('interrupted');
          throw run.signal.reason;
        }
        ends.push(error instanceof NotTried ? 'notTried' : 'failed');
        if (error instanceof NotTried) continue;
        run.fail(error, operand);
        const reach = reachOf(error, run.patience.answers > answersBefore);
        if (reach === null) continue;
        const [place] = places;
        if (reach === 'everywhere' || !place) return;
        closed.add(reach === 'place' ? placeKey(place) : vaultPlaceKey(place));
      }
    }
  } finally {
    tellSummary(run, work, operands, ends);
  }
}

/** Which other operands a failure would meet too. @param isAnswered the service has answered anything meanwhile */
function reachOf(error: unknown, isAnswered: boolean): 'everywhere' | 'place' | 'vault' | null {
  if (hasCode(error, 'internal') || hasExit(error, 9)) return 'everywhere';
  if (hasExit(error, 7) || (isTemporary(error) && !isAnswered)) return 'place';
  return hasCode(error, 'vault-gone') ? 'vault' : null;
}

function hasExit(error: unknown, exitCode: number): boolean {
  return error instanceof GlacierUpError && error.exitCode === exitCode;
}
