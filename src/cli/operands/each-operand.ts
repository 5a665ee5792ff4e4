/** Does the same for each operand of a command, and says at the end what came of them all. */
import { GlacierUpError, hasCode } from '../../errors.js';
import { isTemporary } from '../../glacier/retry/retry.js';
import { UnsavedReceiptError } from '../../transfer/lifecycle/settle.js';
import type { CommandRun } from '../command/command-run.js';
import { placeKey, type VaultSelector, vaultPlaceKey } from '../open/vault-selector.js';
import { OperandWindow, oneByOne, type Stay } from './operand-window.js';
import { ResultsInOrder } from './results-in-order.js';
import { type Fate, type Outcome, Tally, tellSummary, type Work } from './summary.js';

/** What ended an earlier operand would end this one too. */
class NotTried extends Error {}

/** Told where an operand is, before anything is sent there. */
export type At = (selector: VaultSelector) => void;

/** What an action is given for one operand, beside the operand. */
export interface Turn {
  /** Where operands may be in several places, must be called; else they are all in the same one. */
  at: At;
  /** Writes a result once those of the operands before it are written. */
  print(write: () => void): void;
  /** So many bytes are archived, for the summary. */
  count(sizeBytes: number): void;
  stay: Stay;
}

/** Results wait for an operand that takes longer. A run with a huge file among small ones goes so far ahead. */
const mostAhead = 10_000;

/**
 * Does the same for each operand. A failure is reported and the next one is tried, but for what would meet the next
 * one too: local state that cannot be used (exit 9), refused credentials (exit 7), a vault that does not exist, and a
 * service that gave no answer at all to what was asked for an operand. All but the first concern one place: operands
 * elsewhere are still tried. Those under way that meet the same are not reported one by one.
 * @param window says which operands are under way at the same time; without it, one
 */
export async function forEachOperand(
  run: CommandRun,
  operands: Iterable<string> | AsyncIterable<string>,
  work: Work,
  action: (operand: string, turn: Turn) => Promise<Outcome>,
  window = new OperandWindow(oneByOne),
): Promise<void> {
  const tally = new Tally(operands, run.context.clock.monotonicMs());
  const closed = new Set<string>();
  const results = new ResultsInOrder();
  const underWay = new Set<Promise<void>>();
  let isOver = false;

  const count: Turn['count'] = (sizeBytes) => tally.count(sizeBytes);
  const perform = async (operand: string, stay: Stay, print: Turn['print']): Promise<Fate> => {
    const places: VaultSelector[] = [];
    const isClosed = (selector: VaultSelector): boolean =>
      closed.has(placeKey(selector)) || closed.has(vaultPlaceKey(selector));
    const at: At = (selector) => {
      if (isClosed(selector)) throw new NotTried();
      places.push(selector);
    };
    const answersBefore = run.patience.answers;
    try {
      return await action(operand, { at, print, count, stay });
    } catch (error) {
      if (run.signal.aborted) return 'interrupted';
      if (error instanceof NotTried) return 'notTried';
      const reach = reachOf(error, run.patience.answers > answersBefore);
      const isToldAlready = isOver || places.some(isClosed);
      if (reach !== null && isToldAlready && !(error instanceof UnsavedReceiptError)) return 'interrupted';
      run.fail(error, operand, places.at(-1));
      if (reach === null) return 'failed';
      const [place] = places;
      if (reach === 'everywhere' || !place) isOver = true;
      else closed.add(reach === 'place' ? placeKey(place) : vaultPlaceKey(place));
      return 'failed';
    }
  };

  const begin = (operand: string, index: number, stay: Stay): void => {
    const writes: (() => void)[] = [];
    const done = perform(operand, stay, (write) => writes.push(write)).then((fate) => {
      tally.ended(index, operand, fate);
      results.done(index, writes);
      underWay.delete(done);
      stay.leave();
    });
    underWay.add(done);
  };

  const mayGoOn = (): boolean => !isOver && !run.signal.aborted;
  try {
    let index = 0;
    for await (const operand of operands) {
      while (results.ahead(index) >= mostAhead) await Promise.race(underWay);
      const stay = mayGoOn() ? await window.enter(operand, mayGoOn) : null;
      if (stay === null) {
        tally.stoppedAt(index);
        break;
      }
      begin(operand, index, stay);
      index += 1;
    }
  } finally {
    await Promise.all(underWay);
    work.conclude?.();
    tellSummary(run, work, tally);
  }
  run.signal.throwIfAborted();
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
