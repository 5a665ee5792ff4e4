/** Does the same for each operand of a command, and says at the end what came of them all. */
import { GlacierUpError, hasCode } from '../errors.js';
import { isTemporary } from '../glacier/persistence.js';
import type { CommandRun } from './command-run.js';
import { type Fate, type Outcome, tellSummary, type Work } from './summary.js';

/** What ended an earlier operand would end this one too. */
class NotTried extends Error {}

/** Where an action names no place, all operands are at the same one. */
const onePlace = 'one place';

/**
 * Does the same for each operand. A failure is reported and the next one is tried, but for what would meet the next
 * one too: local state that cannot be used (exit 9), refused credentials (exit 7), and a service that gave no answer at
 * all to what was asked for an operand. The last two concern one place: operands elsewhere are still tried.
 * @param action calls `at` with its place before it sends anything there
 */
export async function forEachOperand(
  run: CommandRun,
  operands: readonly string[],
  work: Work,
  action: (operand: string, at: (place: string) => void) => Promise<Outcome>,
): Promise<void> {
  const ends: Fate[] = [];
  const closed = new Set<string>();
  try {
    for (const operand of operands) {
      run.signal.throwIfAborted();
      let place = onePlace;
      const at = (named: string): void => {
        if (closed.has(named)) throw new NotTried();
        place = named;
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
        const isUnanswered = isTemporary(error) && run.patience.answers === answersBefore;
        if (isRefused(error) || isUnanswered) closed.add(place);
        if (isStateFault(error) || closed.has(onePlace)) return;
      }
    }
  } finally {
    tellSummary(run, work, operands, ends);
  }
}

function isStateFault(error: unknown): boolean {
  return hasCode(error, 'internal') || (error instanceof GlacierUpError && error.exitCode === 9);
}

function isRefused(error: unknown): boolean {
  return error instanceof GlacierUpError && error.exitCode === 7;
}
