import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile, sessionFiles } from '../../command/files.js';
import { completeOptions } from './options.js';

export const completeCommand: CommandBody<typeof completeOptions> = {
  operands: '[operand]',
  operandHelp: 'a file, or a session ID',
  operandKinds: ['file', 'session'],
  description: [
    'Checks that every part is stored and equal to the file, combines the part hashes, sends CompleteMultipartUpload, writes the receipt and prints the archive ID. It sends no part. It is safe to repeat: the ID stays the same.',
    'Without the file, give --vault, --upload-id, --tree-hash and --size; hash and size are checked against the listed parts.',
  ],
  options: completeOptions,
  examples: [
    { command: 'complete backup.tar', does: 'finish the upload of this file' },
    { command: 'complete 3f2a91', does: 'ask again whether it was completed' },
    {
      command: 'complete --vault photos --upload-id ID --tree-hash HEX --size 5G',
      does: 'finish an upload on a machine without its file',
    },
  ],
  iamActions: ['glacier:ListParts', 'glacier:CompleteMultipartUpload', 'glacier:DescribeVault'],
  exitCodes: [3, 4, 5, 6, 7, 8, 9, 10, 11],
  seeAlso: ['list-parts', 'resume', 'treehash'],
  files: [sessionFiles, receiptsFile],
  notes: [
    'Exit code 6 means that the archive may be in the vault although its ID did not arrive. Run this command again to ask once more; after that only the inventory of the vault shows it (see reconcile). Glacier takes an inventory about once a day.',
  ],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
