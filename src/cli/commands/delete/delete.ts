import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile } from '../../command/files.js';
import { deleteOptions } from './options.js';

export const deleteCommand: CommandBody<typeof deleteOptions> = {
  operands: '<archive-id...>',
  operandHelp: 'archive IDs; write one that starts with "-" after "--"',
  description: [
    'Deletes archives. It says what is known of each, and what it costs to delete it before it is 90 days old, and asks; without a terminal it needs --yes. Deleting what is deleted already is no error. An archive ID that is in no receipt and in no inventory kept here is refused with exit code 4, since Glacier says "deleted" of a mistyped ID too: fetch the inventory of the vault first, or give --force. An archive of another vault is exit code 8.',
    'The receipt stays, with the deletion noted. The upload command uploads the file again if you run it.',
  ],
  options: deleteOptions,
  examples: [
    { command: 'delete ID --vault photos', does: 'delete one, after asking' },
    { command: 'delete --vault photos --dry-run -- -ID', does: 'show what it would cost' },
  ],
  iamActions: ['glacier:DeleteArchive'],
  exitCodes: [3, 4, 5, 7, 8, 9, 11],
  seeAlso: ['receipts', 'inventory', 'retrieve'],
  files: [receiptsFile],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
