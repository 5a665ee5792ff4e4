import type { CommandBody } from '../command-run.js';
import { receiptsFile, sessionFiles } from '../files.js';
import { forceOption, networkOptions, uploadIdOption, waitLockOption, whereOptions } from '../options.js';

export const abortCommand: CommandBody = {
  operands: '[operand...]',
  operandHelp: 'files, or session IDs',
  operandKinds: ['file', 'session'],
  description: [
    'Drops an upload and the parts stored for it. It says what would be lost and asks; without a terminal it needs --yes. Aborting what is gone already is no error.',
    'An upload that may have been completed is completed first, since its session may be the only trace of an archive.',
  ],
  options: [
    { flags: '-y, --yes', help: 'do not ask' },
    ...whereOptions,
    uploadIdOption,
    forceOption,
    ...networkOptions,
    waitLockOption,
  ],
  examples: [
    { command: 'abort backup.tar', does: 'drop the unfinished upload of this file' },
    { command: 'abort --vault photos --upload-id ID --yes', does: 'drop an upload begun elsewhere' },
  ],
  iamActions: ['glacier:ListParts', 'glacier:AbortMultipartUpload', 'glacier:CompleteMultipartUpload'],
  exitCodes: [4, 5, 6, 7, 8, 9, 11],
  seeAlso: ['sessions', 'list-uploads', 'list-parts'],
  files: [sessionFiles, receiptsFile],
  notes: [
    'This is the only command that drops an upload, but for upload --start-over. It never deletes an archive.',
  ],
  run: async (command, operands) => (await import('./run/abort.js')).run(command, operands),
};
