import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseSize, parseTreeHash } from '../../options/option-values.js';
import {
  networkOptions,
  uploadIdOption,
  verifyOption,
  waitLockOption,
  whereOptions,
} from '../../options/shared-options.js';
import { threadsOption } from '../../options/threads-option.js';

export const completeOptions = [
  ...whereOptions,
  uploadIdOption,
  {
    flags: '--tree-hash <hex>',
    help: 'tree hash of the archive, without its file',
    parse: parseTreeHash,
    onlyWith: ['--size'],
  },
  {
    flags: '--size <size>',
    help: 'size of the archive, without its file',
    parse: parseSize,
    onlyWith: ['--tree-hash'],
  },
  { ...verifyOption, notWith: ['--tree-hash'] },
  { ...threadsOption, notWith: ['--tree-hash'] },
  ...networkOptions,
  waitLockOption,
] as const satisfies readonly OptionSpec[];

export type CompleteRun = CommandRun<typeof completeOptions>;
