import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import {
  parseAmount,
  parseConcurrency,
  parseName,
  parseRate,
  parseTimeout,
} from '../../options/option-values.js';
import { filterOptions, planOptions } from '../../options/plan-options.js';
import { pricesOption } from '../../options/prices.js';
import { maxAgeOption, networkOptions, waitLockOption, whereOptions } from '../../options/shared-options.js';
import { threadsOption } from '../../options/threads-option.js';

/** This command has more options than its help has room for. */
function seldom<Specs extends readonly OptionSpec[]>(options: Specs, ...flags: string[]): Specs {
  const some: readonly OptionSpec[] = options.map((option) =>
    flags.some((flag) => option.flags.startsWith(flag)) ? { ...option, rare: true } : option,
  );
  return some as Specs;
}

export const restoreOptions = [
  { flags: '--to <dir>', help: 'the folder that the archives are restored into', parse: parseName },
  { flags: '-n, --dry-run', help: 'show the plan; ask for nothing' },
  ...seldom(filterOptions, '--older-than'),
  {
    flags: '--names <file>',
    help: 'names of archives: lines ARCHIVE-ID NAME',
    detail:
      'Between them are blanks, a tab or a comma; after a comma the name may be in double quotes. Empty lines and lines that begin with # are ignored.',
    parse: parseName,
  },
  {
    flags: '--each <command>',
    help: 'hand each proved file to a command, then remove it',
    detail:
      'The command runs in a shell, with GLACIER_UP_FILE, GLACIER_UP_NAME, GLACIER_UP_ARCHIVE_ID, GLACIER_UP_TREE_HASH, GLACIER_UP_SIZE and GLACIER_UP_MODIFIED_AT in its environment. If it exits 0, the archive is done and its file is removed. Otherwise the archive has failed, its file is kept, and the next run hands it over again. After a crash a command may be run twice for one archive. --to is where the files are on their way.',
    parse: parseName,
  },
  {
    flags: '--tier <tier>',
    help: 'Expedited, Standard or Bulk: speed and price',
    detail: 'Expedited takes 1 to 5 minutes, Standard 3 to 5 hours, Bulk 5 to 12 hours.',
    values: ['Expedited', 'Standard', 'Bulk'],
    defaultText: 'Bulk',
  },
  {
    flags: '--budget <amount>',
    help: 'ask for no more than this costs, by the estimate',
    detail:
      'Counts requests, retrieved bytes and transfer out of AWS, over all runs of the plan, in the currency of the prices. What is asked for is downloaded; then the exit code is 12.',
    parse: parseAmount,
  },
  {
    flags: '--link-rate <size>',
    help: 'bytes per second of your line; else measured',
    detail: 'So much as it downloads in 20 hours is asked for ahead; 4 GiB as long as nothing is known.',
    parse: parseRate,
  },
  {
    rare: true,
    flags: '--max-duration <duration>',
    help: 'end the run after this time, with exit code 12',
    parse: parseTimeout,
  },
  ...seldom(planOptions, '--new-plan', '--max-rate'),
  { flags: '--wait', help: 'wait until all is restored' },
  { ...maxAgeOption, help: 'fetch a new inventory if that kept here is older', rare: true },
  ...whereOptions,
  {
    group: 'How',
    rare: true,
    flags: '--concurrency <n>',
    help: 'number of downloads at a time',
    parse: parseConcurrency,
    defaultText: '16',
  },
  {
    group: 'How',
    rare: true,
    flags: '--limit-rate <size>',
    help: 'bytes per second over all downloads, for example 2M',
    parse: parseRate,
  },
  pricesOption,
  threadsOption,
  waitLockOption,
  ...networkOptions,
] as const satisfies readonly OptionSpec[];

export type RestoreRun = CommandRun<typeof restoreOptions>;
