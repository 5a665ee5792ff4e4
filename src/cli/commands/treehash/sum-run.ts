import type { Hasher } from './hash-named.js';
import type { TreehashRun } from './options.js';
import type { SumOutput } from './sum-output.js';

/** What each job needs at hand. */
export interface SumRun {
  command: TreehashRun;
  hasher: Hasher;
  output: SumOutput;
}
