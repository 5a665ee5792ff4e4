import type { CommandBody } from '../command-run.js';
import { sessionFiles } from '../files.js';
import { networkOptions, uploadIdOption, verifyOption, whereOptions } from '../options.js';
import { threadsOption } from '../threads-option.js';

export const listPartsCommand: CommandBody = {
  operands: '[operand]',
  operandHelp: 'a file, or a session ID',
  operandKinds: ['file', 'session'],
  description: [
    'Asks ListParts for every part that the service has, and shows for each byte range whether it is matching, missing, different, or unexpected: a range that no part of this file has. Without the file at hand, parts are shown as unknown.',
    'It changes nothing, and exits 0 whatever it finds.',
  ],
  options: [...whereOptions, uploadIdOption, verifyOption, threadsOption, ...networkOptions],
  examples: [
    { command: 'list-parts backup.tar', does: 'what is there, what is missing' },
    { command: 'list-parts --json backup.tar', does: 'the same for a script, one part a line' },
    { command: 'list-parts --vault photos --upload-id ID', does: 'the parts of an upload begun elsewhere' },
  ],
  iamActions: ['glacier:ListParts'],
  exitCodes: [3, 4, 5, 7, 8, 9],
  seeAlso: ['resume', 'complete', 'list-uploads'],
  files: [sessionFiles],
  notes: ['After an upload was completed the service knows nothing of its parts any more.'],
  run: async (command, operands) => (await import('./run/list-parts.js')).run(command, operands),
};
