import type { CommandBody } from '../../command/command-run.js';
import { retrieveOptions } from './options.js';

export const retrieveCommand: CommandBody<typeof retrieveOptions> = {
  operands: '<archive>',
  operandHelp: 'an archive ID, a file that has a receipt, or a name',
  description: [
    'Finds the retrieval job of the archive, or starts one. A job takes hours and costs money. Until it is done, the exit code is 5 and the message says when to run the command again; --wait waits instead. Then the archive is downloaded in ranges, several at a time.',
    'The bytes are written to OUT.part. Each range is read back from the disk and checked with its tree hash. The file gets its name only when the whole has the tree hash of the archive. To resume an interrupted download, run the same command again: checked ranges are kept. An existing file is never overwritten without --force; if it has the tree hash of the archive already, nothing is downloaded.',
    'A name is that of an archive in the inventory that is kept here or in the receipts, as "glacier-up inventory" shows it. If several archives have it, the exit code is 2 and the message lists their IDs and dates. Without -o the file gets the last part of the name, in the working folder. An archive that another tool compressed or encrypted is brought back as it is.',
    'Write an ID that starts with "-" after "--".',
  ],
  options: retrieveOptions,
  examples: [
    { command: 'retrieve backup.tar --vault photos', does: 'download a file that was uploaded from here' },
    { command: 'retrieve dir/a.jpg --vault photos', does: 'download an archive by its name' },
    { command: 'retrieve ID --vault photos -o backup.tar --wait', does: 'wait for hours, then download' },
    { command: 'retrieve --vault photos --tier Bulk -o backup.tar -- -ID', does: 'slow and cheap' },
  ],
  iamActions: ['glacier:InitiateJob', 'glacier:ListJobs', 'glacier:DescribeJob', 'glacier:GetJobOutput'],
  exitCodes: [3, 4, 5, 7, 8, 9, 10, 11],
  seeAlso: ['inventory', 'receipts', 'treehash'],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
