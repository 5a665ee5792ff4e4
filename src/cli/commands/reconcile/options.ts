import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseName } from '../../options/option-values.js';
import { networkOptions, waitLockOption, whereOptions } from '../../options/shared-options.js';

export const reconcileOptions = [
  { flags: '--wait', help: 'wait for an inventory job', notWith: ['--file'] },
  { flags: '--file <inventory>', help: 'search this inventory; - for standard input', parse: parseName },
  ...whereOptions,
  ...networkOptions,
  waitLockOption,
] as const satisfies readonly OptionSpec[];

export type ReconcileRun = CommandRun<typeof reconcileOptions>;
