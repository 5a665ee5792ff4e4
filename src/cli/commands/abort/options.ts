import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import {
  forceOption,
  networkOptions,
  uploadIdOption,
  waitLockOption,
  whereOptions,
} from '../../options/shared-options.js';

export const abortOptions = [
  { flags: '-y, --yes', help: 'do not ask' },
  ...whereOptions,
  { ...uploadIdOption, operands: [0, 1] },
  forceOption,
  ...networkOptions,
  waitLockOption,
] as const satisfies readonly OptionSpec[];

export type AbortRun = CommandRun<typeof abortOptions>;
