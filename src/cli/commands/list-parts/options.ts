import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { networkOptions, uploadIdOption, verifyOption, whereOptions } from '../../options/shared-options.js';
import { threadsOption } from '../../options/threads-option.js';

export const listPartsOptions = [
  ...whereOptions,
  uploadIdOption,
  verifyOption,
  threadsOption,
  ...networkOptions,
] as const satisfies readonly OptionSpec[];

export type ListPartsRun = CommandRun<typeof listPartsOptions>;
