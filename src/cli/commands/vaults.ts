import type { CommandBody } from '../command-run.js';
import { networkOptions, whereOptions } from '../options.js';

export const vaultsCommand: CommandBody = {
  operands: '[action...]',
  operandHelp: 'list (default), create NAME, or describe NAME',
  operandValues: ['list', 'create', 'describe'],
  description: [
    'Lists the vaults of the account, creates one, or describes one: when it was created, when its last inventory was taken, and how many archives and bytes it had then. Glacier takes an inventory about once a day: later uploads and deletions are not counted. The bytes include 32 KiB that Glacier adds for each archive.',
    'Creating a vault that exists succeeds. Since December 2025, AWS creates no vaults for accounts without Glacier storage.',
  ],
  options: [...whereOptions.filter(({ flags }) => !flags.startsWith('--vault ')), ...networkOptions],
  examples: [
    { command: 'vaults', does: 'list the vaults of the account' },
    { command: 'vaults create photos --region eu-west-1', does: 'create a vault' },
    { command: 'vaults describe photos --json', does: 'describe one, for a script' },
  ],
  iamActions: ['glacier:ListVaults', 'glacier:CreateVault', 'glacier:DescribeVault'],
  exitCodes: [5, 7, 8, 9],
  seeAlso: ['inventory', 'upload', 'list-uploads'],
  run: async (command, operands) => (await import('./run/vaults.js')).run(command, operands),
};
