import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile, sessionFiles } from '../../command/files.js';
import { abortOptions } from './options.js';

export const abortCommand: CommandBody<typeof abortOptions> = {
  operands: '[operand...]',
  operandHelp: 'files, or session IDs',
  operandKinds: ['file', 'session'],
  description: [
    'Drops an upload and its stored parts. It shows what would be lost and asks; without a terminal it needs --yes. Aborting a missing upload succeeds.',
    'If the upload may have been completed, Complete is sent first, since its session may be the only record of an archive.',
  ],
  options: abortOptions,
  examples: [
    { command: 'abort backup.tar', does: 'drop the unfinished upload of this file' },
    { command: 'abort --vault photos --upload-id ID --yes', does: 'drop an upload started elsewhere' },
  ],
  iamActions: ['glacier:ListParts', 'glacier:AbortMultipartUpload', 'glacier:CompleteMultipartUpload'],
  exitCodes: [3, 4, 5, 6, 7, 8, 9, 11],
  seeAlso: ['sessions', 'list-uploads', 'list-parts'],
  files: [sessionFiles, receiptsFile],
  notes: ['Only this command and upload --start-over drop an upload. They never delete an archive.'],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
