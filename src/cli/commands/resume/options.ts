import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import {
  networkOptions,
  onChangeOption,
  sendOptions,
  uploadIdOption,
  waitLockOption,
  whereOptions,
} from '../../options/shared-options.js';

export const resumeOptions = [
  {
    flags: '--all',
    help: 'resume all unfinished uploads of this machine',
    operands: [0, 0],
    notWith: ['--upload-id'],
  },
  ...whereOptions,
  { ...uploadIdOption, operands: [1, 1] },
  onChangeOption,
  ...sendOptions,
  ...networkOptions,
  waitLockOption,
] as const satisfies readonly OptionSpec[];

export type ResumeRun = CommandRun<typeof resumeOptions>;
