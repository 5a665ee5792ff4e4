import type { CommandBody } from '../../command/command-run.js';
import { vaultsOptions } from './options.js';

export const vaultsCommand: CommandBody<typeof vaultsOptions> = {
  operands: '[action...]',
  operandHelp: 'list (default), create NAME, describe NAME, or delete NAME',
  operandValues: ['list', 'create', 'describe', 'delete'],
  description: [
    'Lists the vaults of the account, creates one, deletes one, or describes one: when it was created, when its last inventory was taken, and how many archives and bytes it had then. Glacier takes an inventory about once a day: later uploads and deletions are not counted. The bytes include 32 KiB that Glacier adds for each archive.',
    'Creating a vault that exists succeeds. Since December 2025, AWS creates no vaults for accounts without Glacier storage.',
    'delete asks for the name of the vault, or takes it from --confirm. Glacier deletes a vault only if its last inventory shows no archive and nothing was written since. After "glacier-up empty" it refuses for a day or two: exit code 1 while the last inventory lists archives, 5 when only the count is missing. Deleting a vault that does not exist succeeds.',
  ],
  options: vaultsOptions,
  examples: [
    { command: 'vaults', does: 'list the vaults of the account' },
    { command: 'vaults create photos --region eu-west-1', does: 'create a vault' },
    { command: 'vaults delete photos', does: 'delete an empty vault, after asking' },
    { command: 'vaults describe photos --json', does: 'describe one, for a script' },
  ],
  iamActions: ['glacier:ListVaults', 'glacier:CreateVault', 'glacier:DescribeVault', 'glacier:DeleteVault'],
  exitCodes: [5, 7, 8, 9, 11],
  seeAlso: ['inventory', 'empty', 'upload', 'list-uploads'],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
