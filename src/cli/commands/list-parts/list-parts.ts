import type { CommandBody } from '../../command/command-run.js';
import { sessionFiles } from '../../command/files.js';
import { listPartsOptions } from './options.js';

export const listPartsCommand: CommandBody<typeof listPartsOptions> = {
  operands: '[operand]',
  operandHelp: 'a file, or a session ID',
  operandKinds: ['file', 'session'],
  description: [
    'Lists the stored parts with ListParts, and shows for each byte range whether it is matching, missing, different, or unexpected (a range that no part of this file has). Without the file, parts are shown as unknown.',
    'It changes nothing, and exits 0 also if parts are missing or different.',
  ],
  options: listPartsOptions,
  examples: [
    { command: 'list-parts backup.tar', does: 'which parts are stored, which are missing' },
    { command: 'list-parts --json backup.tar', does: 'the same for a script, one part per line' },
    { command: 'list-parts --vault photos --upload-id ID', does: 'the parts of an upload started elsewhere' },
  ],
  iamActions: ['glacier:ListParts'],
  exitCodes: [3, 4, 5, 7, 8, 9, 11],
  seeAlso: ['resume', 'complete', 'list-uploads'],
  files: [sessionFiles],
  notes: ['After an upload is completed, the service no longer lists its parts.'],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
