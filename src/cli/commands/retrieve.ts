import type { CommandBody } from '../command-run.js';
import { parseConcurrency, parseName, parseRange, parseRate } from '../option-values.js';
import { networkOptions, waitLockOption, whereOptions } from '../options.js';
import { pricesOption } from '../prices.js';
import { threadsOption } from '../threads-option.js';

export const retrieveCommand: CommandBody = {
  operands: '<archive>',
  operandHelp: 'an archive ID, a file that has a receipt, or a name',
  description: [
    'Finds the retrieval job of the archive, or starts one, which takes hours and is paid for; while it is not done the exit code is 5, and the message says when to come back. --wait waits instead. Then it downloads the archive by ranges, several at a time.',
    'The bytes are kept in OUT.part, and each range is proved from the disk by the tree hash that the service names. Only when the whole has the tree hash of the archive does the file get its name. An interrupted download is carried on by the same command: what is proved stays. A file that is there is never overwritten without --force; if it has the tree hash of the archive already, nothing is fetched.',
    'A name is that of an archive in the inventory that is kept here or in the receipts, as "glacier-up inventory" shows it. If several archives have it, the exit code is 2 and the message lists their IDs and dates. Without -o the file gets the last part of the name, in the working folder. An archive that another tool compressed or encrypted is brought back as it is.',
    'An ID that begins with "-" is written after "--".',
  ],
  options: [
    {
      flags: '-o, --output <file>',
      help: 'where to; default for a file or a name: its own name',
      parse: parseName,
    },
    {
      flags: '--tier <tier>',
      help: 'how fast, and how dear: Expedited, Standard or Bulk',
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
    { flags: '--wait', help: 'wait until the job is done, and download' },
    {
      flags: '-n, --dry-run',
      help: 'say what would be asked for and what it costs, and start nothing',
    },
    { flags: '--force', help: 'overwrite the file that is there' },
    ...whereOptions,
    {
      group: 'How',
      flags: '--concurrency <n>',
      help: 'ranges fetched at a time',
      parse: parseConcurrency,
      defaultText: '4',
    },
    {
      group: 'How',
      flags: '--limit-rate <size>',
      help: 'bytes a second over all ranges, for example 2M',
      parse: parseRate,
    },
    pricesOption,
    threadsOption,
    ...networkOptions,
    waitLockOption,
  ],
  examples: [
    { command: 'retrieve backup.tar --vault photos', does: 'bring back a file that was archived from here' },
    { command: 'retrieve dir/a.jpg --vault photos', does: 'bring back an archive by its name' },
    { command: 'retrieve ID --vault photos -o backup.tar --wait', does: 'wait for hours, then download' },
    { command: 'retrieve --vault photos --tier Bulk -o backup.tar -- -ID', does: 'slow and cheap' },
  ],
  iamActions: ['glacier:InitiateJob', 'glacier:ListJobs', 'glacier:DescribeJob', 'glacier:GetJobOutput'],
  exitCodes: [3, 4, 5, 7, 8, 9, 10, 11],
  seeAlso: ['inventory', 'receipts', 'treehash'],
  run: async (command, operands) => (await import('./run/retrieve.js')).run(command, operands),
};
