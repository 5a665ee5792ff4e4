import type { CommandBody } from '../../command/command-run.js';
import { planFiles, receiptsFile } from '../../command/files.js';
import { emptyOptions } from './options.js';

export const emptyCommand: CommandBody<typeof emptyOptions> = {
  operands: '',
  operandHelp: '',
  description: [
    'Deletes the archives of a vault, all of them or those that filters choose. It cannot be undone.',
    'It goes by the inventory of the vault that is kept here; without one it asks for one as "glacier-up inventory" does, which takes hours: exit code 5 until then. From the inventory it makes a plan, and shows it: vault, account, region, how many archives and bytes, the oldest and the newest, the age of the inventory, what early deletion costs, what is saved a month, and how long it takes. Then it asks for the name of the vault. Without a terminal, and with --json, give --confirm NAME. --dry-run ends after the plan.',
    'Archives younger than 90 days are kept, since AWS charges for the rest of the 90 days, unless --accept-fee is given. Archives that were uploaded after the inventory was taken are not in it, and stay.',
    'If it is interrupted, or killed, run the same command again: it resumes the plan and deletes what is left. Each deletion is written down within a second. The first archive is deleted alone; if that is refused, nothing else is tried. Throttling by the service is no failure: it is what sets the pace.',
    'The report (report.jsonl in the folder of the plan) lists every archive of the plan as done, failed or skipped, with the reason. The last line printed counts them. The exit code is 0 when all are deleted, 1 when some cannot be, 5 when the rest may work later. The deletions are also noted in the receipts.',
  ],
  options: emptyOptions,
  examples: [
    { command: 'empty --vault photos --dry-run', does: 'show what would be deleted' },
    { command: 'empty --vault photos', does: 'delete every archive older than 90 days, after asking' },
    {
      command: 'empty --vault photos --match "*.tmp" --confirm photos',
      does: 'delete some, from a script',
    },
  ],
  iamActions: [
    'glacier:ListJobs',
    'glacier:InitiateJob',
    'glacier:DescribeJob',
    'glacier:GetJobOutput',
    'glacier:DeleteArchive',
  ],
  exitCodes: [5, 7, 8, 9, 11],
  seeAlso: ['vaults', 'inventory', 'delete', 'sessions'],
  files: [planFiles, receiptsFile],
  run: async (command) => (await import('./run.js')).run(command),
};
