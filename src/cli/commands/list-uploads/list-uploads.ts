import type { CommandBody } from '../../command/command-run.js';
import { sessionFiles } from '../../command/files.js';
import { listUploadsOptions } from './options.js';

export const listUploadsCommand: CommandBody<typeof listUploadsOptions> = {
  operands: '',
  operandHelp: '',
  description: [
    'Lists the open uploads of the vault with ListMultipartUploads: upload ID, start time, part size, description, and the session on this machine if there is one. Completed uploads are not listed.',
  ],
  options: listUploadsOptions,
  examples: [{ command: 'list-uploads --vault photos', does: 'list open uploads, also of other machines' }],
  iamActions: ['glacier:ListMultipartUploads'],
  exitCodes: [5, 7, 8, 9, 11],
  seeAlso: ['sessions', 'resume', 'abort'],
  files: [sessionFiles],
  run: async (command) => (await import('./run.js')).run(command),
};
