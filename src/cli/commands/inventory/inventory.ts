import type { CommandBody } from '../../command/command-run.js';
import { inventoryOptions } from './options.js';

export const inventoryCommand: CommandBody<typeof inventoryOptions> = {
  operands: '',
  operandHelp: '',
  description: [
    "Lists the archives of a vault: archive ID, when it was made, size, name. Glacier lists a vault only by an inventory job, which takes 3 to 5 hours, and what it lists is the vault's last inventory, which Glacier takes about once a day.",
    'Prints the output of the job that was requested on this machine. If none was requested since the last one was printed, it takes the newest job that is done, or finds the job that is under way, or starts one. While the job is not done the exit code is 5, and the message says when to come back; --wait waits instead. --request starts a new job, unless one is under way, prints its ID and ends. --job prints the output of another job.',
    "The last inventory of each vault is kept as Glacier wrote it; --kept prints it and asks nobody, --file prints one that is given, in Glacier's JSON or CSV, UTF-8 or UTF-16, also as a spreadsheet saves it.",
    'The name is what the description says: those of mtglacier, glacier-interface, FastGlacier, CloudBerry, QNAP, glacier-rsync, boto and glacier-up are decoded, any other is the name itself. In brackets: what is compressed or encrypted by the tool that wrote it, a folder, and a second reading where there is one. With --json each archive also has the time of its file.',
    'A large inventory is downloaded in ranges, several at a time. If the line breaks, or the command is killed, the next run downloads only what is missing; the part that is there lies beside the inventories kept here. If the job expires before all of it is downloaded, that part is deleted, and another job is needed: the command says so and looks for one, or starts it.',
    'An inventory is printed as it is read. If it turns out to be cut off or damaged, the exit code is 1 and the message names the byte: what was printed is then not the whole. An entry without a tree hash, or with anything else missing, is printed and marked, and the exit code is 1.',
  ],
  options: inventoryOptions,
  examples: [
    { command: 'inventory --vault photos', does: 'list what is in the vault, or begin to' },
    { command: 'inventory --vault photos --wait --json', does: 'wait for hours, then one archive a line' },
    {
      command: 'inventory --vault photos --max-age 2d',
      does: 'list it, from a job done in the last two days',
    },
    { command: 'inventory --file inventory.csv', does: 'list one that another tool fetched' },
  ],
  iamActions: ['glacier:ListJobs', 'glacier:InitiateJob', 'glacier:DescribeJob', 'glacier:GetJobOutput'],
  exitCodes: [3, 4, 5, 7, 8, 9, 11],
  seeAlso: ['vaults', 'receipts', 'reconcile', 'retrieve'],
  run: async (command) => (await import('./run.js')).run(command),
};
