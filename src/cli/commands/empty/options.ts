import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseCount, parseName, parseVaultName } from '../../options/option-values.js';
import { filterOptions, planOptions } from '../../options/plan-options.js';
import { pricesOption } from '../../options/prices.js';
import { maxAgeOption, networkOptions, waitLockOption, whereOptions } from '../../options/shared-options.js';

export const emptyOptions = [
  {
    flags: '--confirm <vault>',
    help: 'the name of the vault again, in place of the question',
    parse: parseVaultName,
  },
  { flags: '-n, --dry-run', help: 'show the plan and delete nothing' },
  ...filterOptions,
  {
    flags: '--proved-by <report>',
    help: 'only archives that a report of restore proves',
    detail:
      'The report.jsonl that "glacier-up restore" names at its end. An archive is deleted only if the report has it as restored, with the tree hash and the size that the inventory has. The restored files themselves are not looked at.',
    parse: parseName,
  },
  {
    flags: '--accept-fee',
    help: 'also archives that AWS charges for if deleted now',
    detail: 'Those younger than 90 days. The plan shows an estimate of the fee.',
  },
  {
    flags: '--max-delete <n>',
    help: 'refuse a plan of more than n archives',
    detail: 'Checked before the first request: exit code 2, and nothing is deleted.',
    parse: parseCount,
  },
  ...planOptions,
  {
    flags: '--wait',
    help: 'wait until the inventory is there',
  },
  { ...maxAgeOption, help: 'fetch a new inventory if that kept here is older', rare: true },
  {
    flags: '-y, --yes',
    help: 'not enough here: give --confirm',
    rare: true,
  },
  ...whereOptions,
  pricesOption,
  waitLockOption,
  ...networkOptions,
] as const satisfies readonly OptionSpec[];

export type EmptyRun = CommandRun<typeof emptyOptions>;
