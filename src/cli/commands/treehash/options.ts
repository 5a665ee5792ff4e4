import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseName, parsePartSize } from '../../options/option-values.js';
import { threadsOption } from '../../options/threads-option.js';

/** Each reads hashes, and prints none. */
const jobs = ['--check', '--receipts', '--inventory'] as const;

export const treehashOptions = [
  {
    flags: '-c, --check',
    help: 'check the files named in lists of tree hashes',
    notWith: ['--receipts', '--inventory'],
  },
  {
    flags: '--tag',
    help: 'print SHA256-TREE (NAME) = HEX, which cannot be taken for a plain SHA-256',
    notWith: [...jobs, { with: '--parts', hint: 'the lines of --parts have no tag' }],
  },
  { flags: '-z, --zero', help: 'end each line with NUL, and do not escape names', notWith: jobs },
  {
    flags: '--parts <size>',
    help: 'print the range and tree hash of each part of this size too',
    parse: parsePartSize,
    notWith: jobs,
  },
  {
    flags: '--receipts',
    help: 'check the files archived from this machine, or these, against their receipts',
    notWith: ['--inventory'],
  },
  {
    flags: '--inventory <file>',
    help: "look for the files in a vault's inventory, JSON or CSV",
    parse: parseName,
  },
  threadsOption,
  { flags: '--ignore-missing', help: 'when checking, say nothing of files that are missing', onlyWith: jobs },
  { flags: '--status', help: 'when checking, print nothing: the exit code tells', onlyWith: jobs },
  {
    flags: '--strict',
    help: 'with --check, exit 1 for improperly formatted lines too',
    onlyWith: ['--check'],
  },
  {
    flags: '-w, --warn',
    help: 'with --check, warn of each improperly formatted line',
    onlyWith: ['--check'],
  },
] as const satisfies readonly OptionSpec[];

export type TreehashRun = CommandRun<typeof treehashOptions>;
