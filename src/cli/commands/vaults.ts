import type { CommandBody } from '../command-run.js';
import { networkOptions, whereOptions } from '../options.js';

export const vaultsCommand: CommandBody = {
  operands: '[action...]',
  operandHelp: 'list (when nothing is said), create NAME, or describe NAME',
  operandValues: ['list', 'create', 'describe'],
  description: [
    'Lists the vaults of the account, makes one, or tells of one when it was made, when its last inventory was taken, and how many archives and bytes it had then. Glacier takes an inventory about once a day: what was archived or deleted since is not counted. The bytes include 32 KiB that Glacier adds for each archive.',
    'Making a vault that is there already is no error. AWS makes no vaults for accounts without any Glacier storage since December 2025.',
  ],
  options: [...whereOptions.filter(({ flags }) => !flags.startsWith('--vault ')), ...networkOptions],
  examples: [
    { command: 'vaults', does: 'list the vaults of the account' },
    { command: 'vaults create photos --region eu-west-1', does: 'make a vault' },
    { command: 'vaults describe photos --json', does: 'what is known of one, for a script' },
  ],
  iamActions: ['glacier:ListVaults', 'glacier:CreateVault', 'glacier:DescribeVault'],
  exitCodes: [5, 7, 8, 9],
  seeAlso: ['inventory', 'upload', 'list-uploads'],
  run: async (command, operands) => (await import('./run/vaults.js')).run(command, operands),
};
