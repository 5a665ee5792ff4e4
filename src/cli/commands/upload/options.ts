import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { pricesOption } from '../../options/prices.js';
import {
  concurrencyOption,
  limitRateOption,
  networkOptions,
  replacePartsOption,
  verifyOption,
  waitLockOption,
  whereOptions,
} from '../../options/shared-options.js';
import { threadsOption } from '../../options/threads-option.js';
import { listOptions, pipeOptions, shardOptions, uploadOptions } from './option-groups.js';

export const uploadCommandOptions = [
  ...whereOptions,
  ...uploadOptions,
  ...listOptions,
  { ...concurrencyOption, notWith: ['--begin'] },
  limitRateOption,
  { ...verifyOption, notWith: ['-', '--begin', '--shard'] },
  threadsOption,
  { ...replacePartsOption, notWith: ['-', '--begin'] },
  ...pipeOptions,
  ...shardOptions,
  { ...pricesOption, onlyWith: ['--dry-run'] },
  ...networkOptions,
  waitLockOption,
] as const satisfies readonly OptionSpec[];

export type UploadRun = CommandRun<typeof uploadCommandOptions>;
