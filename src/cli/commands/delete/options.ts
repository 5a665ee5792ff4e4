import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { pricesOption } from '../../options/prices.js';
import { networkOptions, whereOptions } from '../../options/shared-options.js';

export const deleteOptions = [
  { flags: '-y, --yes', help: 'do not ask' },
  { flags: '-n, --dry-run', help: 'show what would be deleted and what it costs; delete nothing' },
  {
    flags: '--force',
    help: 'delete an archive that is not known on this machine',
    detail:
      'Glacier answers "deleted" to any ID that an archive could have. So an ID that is in no receipt and in no inventory kept here, and may be mistyped, is refused without this option.',
  },
  ...whereOptions,
  pricesOption,
  ...networkOptions,
] as const satisfies readonly OptionSpec[];

export type DeleteRun = CommandRun<typeof deleteOptions>;
