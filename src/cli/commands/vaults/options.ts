import type { OptionSpec } from '../../command/command.js';
import type { CommandRun } from '../../command/command-run.js';
import { parseVaultName } from '../../options/option-values.js';
import { networkOptions, placeOptions } from '../../options/shared-options.js';

export const vaultsOptions = [
  {
    flags: '--confirm <vault>',
    help: 'with delete: the name of the vault again, in place of the question',
    parse: parseVaultName,
    onlyWith: ['delete'],
  },
  {
    flags: '-y, --yes',
    help: 'not enough to delete a vault: give --confirm',
    rare: true,
    onlyWith: ['delete'],
  },
  ...placeOptions,
  ...networkOptions,
] as const satisfies readonly OptionSpec[];

export type VaultsRun = CommandRun<typeof vaultsOptions>;
