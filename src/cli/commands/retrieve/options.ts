import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseConcurrency, parseName, parseRange, parseRate } from '../../options/option-values.js';
import { pricesOption } from '../../options/prices.js';
import { networkOptions, waitLockOption, whereOptions } from '../../options/shared-options.js';
import { threadsOption } from '../../options/threads-option.js';

export const retrieveOptions = [
  {
    flags: '-o, --output <file>',
    help: 'output file (default for a file or a name: its own name)',
    parse: parseName,
  },
  {
    flags: '--tier <tier>',
    help: 'retrieval tier (speed and price): Expedited, Standard or Bulk',
    detail:
      'Expedited takes 1 to 5 minutes, for archives up to 250 MB; Standard 3 to 5 hours; Bulk 5 to 12 hours. A job that is under way already serves, unless it is of a slower tier than is given here.',
    values: ['Expedited', 'Standard', 'Bulk'],
    defaultText: 'Standard',
  },
  {
    flags: '--range <range>',
    help: 'only these bytes of the archive, for example 0-1048575',
    detail:
      'Both ends are inclusive, as Glacier writes them. The range must be tree-hash aligned, a node of the tree of hashes: nothing would prove other bytes. A power of two of MiB, from a multiple of itself, always is.',
    parse: parseRange,
  },
  { flags: '--wait', help: 'wait until the job is done, then download' },
  {
    flags: '-n, --dry-run',
    help: 'show the job and what it costs; start nothing',
  },
  { flags: '--force', help: 'overwrite an existing file' },
  ...whereOptions,
  {
    group: 'How',
    flags: '--concurrency <n>',
    help: 'number of ranges to download at a time',
    parse: parseConcurrency,
    defaultText: '4',
  },
  {
    group: 'How',
    flags: '--limit-rate <size>',
    help: 'bytes per second over all ranges, for example 2M',
    parse: parseRate,
  },
  { ...pricesOption, onlyWith: ['--dry-run'] },
  threadsOption,
  ...networkOptions,
  waitLockOption,
] as const satisfies readonly OptionSpec[];

export type RetrieveRun = CommandRun<typeof retrieveOptions>;
