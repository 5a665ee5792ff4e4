import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { networkOptions, whereOptions } from '../../options/shared-options.js';

export const listUploadsOptions = [
  ...whereOptions,
  ...networkOptions,
] as const satisfies readonly OptionSpec[];

export type ListUploadsRun = CommandRun<typeof listUploadsOptions>;
