import type { CommandRun } from '../../command/command-run.js';
import type { Hasher } from './hash-named.js';
import type { SumOutput } from './sum-output.js';

/** What each job needs at hand. */
export interface SumRun {
  command: CommandRun;
  hasher: Hasher;
  output: SumOutput;
}
