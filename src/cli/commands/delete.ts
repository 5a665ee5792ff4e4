import type { CommandBody } from '../command.js';
import { receiptsFile } from '../files.js';
import { networkOptions, whereOptions } from '../options.js';
import { pricesOption } from '../prices.js';

export const deleteCommand: CommandBody = {
  operands: '<archive-id...>',
  operandHelp: 'archive IDs; one that begins with "-" is written after "--"',
  description: [
    'Deletes archives. It says what is known of each, and what it costs to delete it before it is 90 days old, and asks; without a terminal it needs --yes. Deleting what is deleted already is no error.',
    'The receipt stays, with the deletion noted. The upload command archives the file anew if it is run again.',
  ],
  options: [
    { flags: '-y, --yes', help: 'do not ask' },
    { flags: '-n, --dry-run', help: 'say what would be deleted and what it costs, and delete nothing' },
    ...whereOptions,
    pricesOption,
    ...networkOptions,
  ],
  examples: [
    { command: 'delete ID --vault photos', does: 'delete one, after asking' },
    { command: 'delete --vault photos --dry-run -- -ID', does: 'what would that cost?' },
  ],
  iamActions: ['glacier:DeleteArchive'],
  exitCodes: [4, 5, 7, 8, 9],
  seeAlso: ['receipts', 'inventory', 'retrieve'],
  files: [receiptsFile],
  run: async (command, operands) => (await import('./run/delete.js')).run(command, operands),
};
