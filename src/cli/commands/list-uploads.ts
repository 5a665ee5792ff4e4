import type { CommandBody } from '../command-run.js';
import { sessionFiles } from '../files.js';
import { networkOptions, whereOptions } from '../options.js';

export const listUploadsCommand: CommandBody = {
  operands: '',
  operandHelp: '',
  description: [
    'Asks ListMultipartUploads and shows each open upload of the vault: upload ID, when it was begun, part size, description, and the session of this machine if there is one. Completed uploads are not listed.',
  ],
  options: [...whereOptions, ...networkOptions],
  examples: [{ command: 'list-uploads --vault photos', does: 'list what is open, also from other machines' }],
  iamActions: ['glacier:ListMultipartUploads'],
  exitCodes: [5, 7, 8, 9],
  seeAlso: ['sessions', 'resume', 'abort'],
  files: [sessionFiles],
  run: async (command) => (await import('./run/list-uploads.js')).run(command),
};
