import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseJobId, parseName } from '../../options/option-values.js';
import { maxAgeOption, networkOptions, waitLockOption, whereOptions } from '../../options/shared-options.js';
import { withRules } from '../../options/with-rules.js';

export const inventoryOptions = [
  {
    flags: '--request',
    help: 'start a job, print its ID, and end',
    notWith: ['--kept', '--file', '--wait', '--job', '--max-age'],
  },
  { flags: '--wait', help: 'wait until the job is done', notWith: ['--kept', '--file'] },
  {
    flags: '--job <id>',
    help: 'print the output of this job',
    detail:
      'An ID may begin with a hyphen. The inventory is not kept if it is older than the one kept here, or not of the whole vault.',
    parse: parseJobId,
    notWith: ['--kept', '--file'],
  },
  maxAgeOption,
  { flags: '--kept', help: 'print the last inventory kept here, and ask nobody', notWith: ['--file'] },
  {
    flags: '--file <file>',
    help: 'print this inventory; - is standard input',
    parse: parseName,
  },
  {
    flags: '--raw',
    help: 'show descriptions as they are, not the names in them',
  },
  ...whereOptions,
  {
    ...waitLockOption,
    help: 'how long to wait for another process that downloads it',
    detail: 'Also for one that has the --local folder open. What the other process has downloaded is used.',
    defaultText: 'as --retry-for',
    notWith: ['--file'],
  },
  ...withRules(networkOptions, { notWith: ['--file'] }),
] as const satisfies readonly OptionSpec[];

export type InventoryRun = CommandRun<typeof inventoryOptions>;
