import type { CommandSpec } from '../command.js';
import { parseVaultName } from '../option-values.js';

export const receiptsCommand: CommandSpec = {
  name: 'receipts',
  summary: 'list the archives uploaded from this machine',
  operands: '[file...]',
  operandHelp: 'only receipts of these files',
  description: [
    'Lists the receipts: one for each archive, with its ID, when it was completed, its vault, size and file. They are kept in receipts.jsonl, one JSON object a line, only ever appended. Keep a copy of that file elsewhere: an archive can be retrieved only by its ID.',
  ],
  options: [{ flags: '--vault <name>', help: 'only those of this vault', parse: parseVaultName }],
  examples: [
    { command: 'receipts', does: 'list every archive' },
    { command: 'receipts --json backup.tar', does: 'all that is known of the archives of one file' },
  ],
  exitCodes: [4, 9],
  seeAlso: ['upload', 'sessions'],
  run: async (command, operands) => (await import('./run/receipts.js')).run(command, operands),
};
