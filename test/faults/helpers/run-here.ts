import { main } from '../../../src/cli/main.js';
import { realClock } from '../../../src/clock.js';
import { makeContext } from '../../helpers/cli.js';
import { type Machine, type Outcome, untilDone } from './machine.js';
import './sdk-environment.js';

/**
 * Runs a command on a machine within the process of the tests, which costs a quarter of a process: for what only prepares a
 * scene, or brings to its end what a fault has left. @returns how it ended; it is noted among the machine's outcomes
 */
export async function runHere(machine: Machine, words: readonly string[]): Promise<Outcome> {
  const { folder, env, outcomes } = machine;
  const { context, stdout, stderr } = makeContext({ folder, env, clock: realClock });
  const ending = await main(words, context);
  const outcome: Outcome = {
    words,
    exitCode: 'code' in ending ? ending.code : null,
    signal: 'signal' in ending ? ending.signal : null,
    stdout: stdout(),
    stderr: stderr(),
  };
  outcomes.push(outcome);
  return outcome;
}

/** Runs the same command here until it exits 0: what the promise asks of its user. */
export function runHereUntilDone(machine: Machine, words: readonly string[]): Promise<Outcome> {
  return untilDone(() => runHere(machine, words));
}
