import type { CommandSpec } from '../command.js';
import { receiptsFile, sessionFiles } from '../files.js';
import {
  forceOption,
  networkOptions,
  sendOptions,
  uploadOptions,
  waitLockOption,
  whereOptions,
} from '../options.js';

export const uploadCommand: CommandSpec = {
  name: 'upload',
  group: 'Archiving',
  summary: 'archive files, carrying on what was interrupted',
  operands: '<file...>',
  operandHelp: 'the files to archive',
  description: [
    'Archives each file as one archive and prints its archive ID. The archive is proved: every part, and the whole, by the SHA-256 tree hash that the service computed from the bytes it received.',
    'If an unfinished upload of the file into this vault exists, it is carried on, and parts that are there already are not sent again. If this very file is archived already, its ID is printed and nothing is sent. So the same command can be repeated until it exits 0.',
    'A file that changes while it is being sent is not archived.',
  ],
  options: [
    ...whereOptions,
    ...uploadOptions,
    ...sendOptions,
    ...networkOptions,
    waitLockOption,
    forceOption,
  ],
  examples: [
    {
      command: 'upload backup.tar --vault photos',
      does: 'archive a file; run it again if it was interrupted',
    },
    {
      command: 'upload *.tar --vault photos --limit-rate 2M',
      does: 'archive several, at most 2 MiB a second',
    },
    { command: 'upload backup.tar --vault demo --local ./vault', does: 'try it without an account' },
    { command: 'upload backup.tar --vault photos --dry-run', does: 'show part size, parts and requests' },
  ],
  iamActions: [
    'glacier:InitiateMultipartUpload',
    'glacier:UploadMultipartPart',
    'glacier:ListParts',
    'glacier:CompleteMultipartUpload',
  ],
  exitCodes: [3, 5, 6, 7, 8, 9, 10, 11],
  seeAlso: ['resume', 'list-parts', 'receipts', 'treehash'],
  files: [sessionFiles, receiptsFile],
  notes: [
    'What a run of this command may be interrupted by, a second run mends; two runs at once do not harm each other: the second ends with 11.',
    'The session of an upload is found by the real path of the file and by where it goes. A file that was moved, or another name of the same file, is a new upload; so is the same vault under another profile, region or endpoint.',
    'A part is sent again as a whole: where the line breaks often, smaller parts lose less. Each part is a request that Glacier charges for.',
  ],
  run: async (command, operands) => (await import('./run/upload.js')).run(command, operands),
};
