import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseArchiveId, parseName } from '../../options/option-values.js';
import { maxAgeOption, networkOptions, whereOptions } from '../../options/shared-options.js';
import { withRules } from '../../options/with-rules.js';

export const receiptsOptions = [
  {
    flags: '--against <inventory>',
    help: 'say which receipts this inventory confirms; kept: those kept here',
    parse: parseName,
    operands: [0, 0],
    notWith: ['--rebuild', '--import', '--forget'],
  },
  {
    flags: '--rebuild <inventory>',
    help: 'write receipts for the archives of this inventory; kept: the one kept here',
    parse: parseName,
    operands: [0, 0],
    notWith: ['--import', '--forget'],
  },
  {
    flags: '--import <file>',
    help: 'write receipts from what another tool has recorded',
    detail:
      'The file is a journal of mtglacier (versions 0, A, B and C) or glacier-interface, the Glacier.csv of SAGU, what "sqlite3 -json" exports from the database of glacier-cli, glacier-rsync or Synology Glacier Backup, or CSV whose first line names the columns, among them archiveId. Given a database, the message has the sqlite3 command that exports it.',
    parse: parseName,
    operands: [0, 0],
    notWith: ['--forget'],
  },
  { ...maxAgeOption, onlyWith: ['--against', '--rebuild'] },
  {
    flags: '--forget <archive-id>',
    help: 'count this archive as gone: upload sends its file again',
    detail:
      'Use it for an archive that was deleted by another tool. A line is appended to the receipts, none is removed. An ID may begin with a hyphen.',
    parse: parseArchiveId,
    operands: [0, 0],
  },
  ...whereOptions,
  ...withRules(networkOptions, { onlyWith: ['--rebuild', '--import'] }),
] as const satisfies readonly OptionSpec[];

export type ReceiptsRun = CommandRun<typeof receiptsOptions>;
