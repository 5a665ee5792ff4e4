import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile, sessionFiles } from '../../command/files.js';
import { reconcileOptions } from './options.js';

export const reconcileCommand: CommandBody<typeof reconcileOptions> = {
  operands: '[operand...]',
  operandHelp: 'files, or session IDs (default: all with unknown outcome)',
  description: [
    'After exit code 6 it is not known whether the upload became an archive. This command asks the service once more, then searches the inventory of the vault for an archive with the same tree hash, size and description that was created since the upload started and has no receipt. If there is one, its receipt is written and its archive ID printed, also when the command is run again.',
    'When it is not there, and the inventory is young enough to have it, there is no archive: the session is dropped, and the file may be uploaded again. Else the exit code is 5, and the message says when to look again. Inventory jobs are found, started and waited for as by the inventory command.',
  ],
  options: reconcileOptions,
  examples: [
    { command: 'reconcile', does: 'check all uploads with unknown outcome' },
    { command: 'reconcile backup.tar --wait', does: 'check one, and wait for the inventory' },
  ],
  iamActions: [
    'glacier:CompleteMultipartUpload',
    'glacier:ListParts',
    'glacier:AbortMultipartUpload',
    'glacier:DescribeVault',
    'glacier:ListJobs',
    'glacier:InitiateJob',
    'glacier:DescribeJob',
    'glacier:GetJobOutput',
  ],
  exitCodes: [3, 4, 5, 6, 7, 8, 9, 11],
  seeAlso: ['complete', 'inventory', 'sessions', 'receipts'],
  files: [sessionFiles, receiptsFile],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
