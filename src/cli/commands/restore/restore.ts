import type { CommandBody } from '../../command/command-run.js';
import { planFiles, receiptsFile } from '../../command/files.js';
import { restoreOptions } from './options.js';

export const restoreCommand: CommandBody<typeof restoreOptions> = {
  operands: '',
  operandHelp: '',
  description: [
    'Brings the archives of a vault back into a folder, all of them or those that filters choose, each under its name and with the time of its file, each proved by its tree hash.',
    'It goes by the inventory of the vault that is kept here; without one it asks for one as "glacier-up inventory" does, which takes hours: exit code 5 until then. From the inventory it makes a plan, and shows it: how many archives and bytes, where the names are from, what it costs by tier, and how long it takes. --dry-run ends there, and nothing is paid for.',
    'Then it asks for the archives, in the order in which they were created: no more ahead than the line can download while their output lives, which is 24 hours, and than fits on the disk. While jobs are not done the exit code is 5, and the message says when to run the same command again; --wait waits instead. If it is interrupted, or killed, run the same command again: it resumes the plan. No archive is asked for twice: before each request it is written down, and after a crash the list of jobs is read.',
    'The name of an archive is the one of its receipt, else that of --names, else what its description says; without a name it is unnamed/ID. A name is made safe: it never leads out of the folder. If several archives have one name, the newest keeps it, and the others get the time of their creation: photo~20140512T101500Z.jpg. An archive is downloaded beside its place and gets its name when it is proved. Nothing is overwritten, and no symbolic link in the folder is followed. A file that is there already and has the tree hash of the archive counts as restored, and is not asked for; a file with other content is a failure of that archive.',
    'The report (report.jsonl in the folder of the plan) lists every archive of the plan as done, failed or skipped, with the reason. The last line printed counts them. The exit code is 0 when all are restored, 1 when some cannot be, 5 when the rest may work later, 12 when --budget or --max-duration ended the run.',
  ],
  options: restoreOptions,
  examples: [
    { command: 'restore --vault photos --to ./photos --dry-run', does: 'show what it would cost and take' },
    { command: 'restore --vault photos --to ./photos --wait', does: 'restore everything; takes hours' },
    { command: 'restore --vault photos --to ./2019 --match "2019/**"', does: 'restore some, by name' },
    {
      command: `restore --vault photos --to ./work --wait --each 'aws s3 cp "$GLACIER_UP_FILE" "s3://bucket/$GLACIER_UP_NAME"'`,
      does: 'move everything to S3',
    },
  ],
  iamActions: ['glacier:ListJobs', 'glacier:InitiateJob', 'glacier:DescribeJob', 'glacier:GetJobOutput'],
  exitCodes: [3, 5, 7, 8, 9, 11, 12],
  seeAlso: ['inventory', 'retrieve', 'empty', 'sessions'],
  files: [planFiles, receiptsFile],
  run: async (command) => (await import('./run.js')).run(command),
};
