import type { CommandBody } from '../../command/command-run.js';
import { receiptsFile } from '../../command/files.js';
import { receiptsOptions } from './options.js';

export const receiptsCommand: CommandBody<typeof receiptsOptions> = {
  operands: '[file...]',
  operandHelp: 'only receipts of these files',
  description: [
    'Lists the receipts: one for each archive, with its ID, when it was completed, its vault, size and file. They are kept in receipts.jsonl, one JSON object a line, only ever appended. Keep a copy of that file elsewhere: an archive can be retrieved only by its ID.',
    '--against INVENTORY says of each receipt whether the inventory has it: confirmed, different (another tree hash or size), unproved (the entry lacks one of them), missing, replaced (missing, but another archive of the same content and file is there, as after upload --again), or young: made less than a day before the inventory, which need not have it yet. Archives in the inventory without a receipt are unknown. The exit code is 1 when one is missing or different. --quiet leaves out what is confirmed, and the totals when all of it is. "kept" stands for the inventories that the inventory command has kept here. --vault, --region, --account-id, --endpoint-url and --local say which vault is meant, here and when receipts are listed; if there are receipts of several vaults that the inventory may be of, the exit code is 2.',
    'With a file, or the --name of an archive from a pipe, lists each archive that it was uploaded as. The last one is the one that upload named for it last: retrieve and treehash --receipts go by that one.',
    'A receipt no longer counts when something contradicts it: the archive was deleted from here, its vault was deleted and created again, retrieve could not find it, an inventory that must list it does not, or --forget. The listing says so. When a later inventory that is certain about that time lists the archive, it counts again, but for one that was forgotten.',
    '--rebuild INVENTORY writes a receipt for each archive of the inventory that has none, for a machine that lost its own. --vault and the options beside it say where the archives are, as for upload. Such a receipt knows no file; when upload meets a file of the same content for the same vault, it makes no second archive, prints the ID, and the receipt is that of this file from then on.',
    '--import FILE writes a receipt, with name and time of the file, for each archive that another tool has recorded for the vault; deletions are noted. What a record lacks (size, tree hash or date) comes from the inventory that is kept here. A record that cannot be used is reported by its number with the reason, and the exit code is 1; the others are imported. The same import again adds nothing. A time without a zone is taken for local time.',
  ],
  options: receiptsOptions,
  examples: [
    { command: 'receipts', does: 'list every archive' },
    { command: 'receipts --json backup.tar', does: 'all that is known of the archives of one file' },
    { command: 'receipts --against kept', does: 'is everything there that was archived?' },
    { command: 'receipts --rebuild inventory.json --vault photos', does: 'receipts for a new machine' },
    { command: 'receipts --import journal.log --vault photos', does: 'take over what mtglacier recorded' },
  ],
  iamActions: [],
  exitCodes: [3, 4, 8, 9, 11],
  seeAlso: ['upload', 'inventory', 'sessions'],
  files: [receiptsFile],
  notes: ['A cut last line, as a crash leaves it, is told of and left out; what follows is not lost.'],
  run: async (command, operands) => (await import('./run.js')).run(command, operands),
};
