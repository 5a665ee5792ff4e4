import { GlacierUpError } from '../../../errors.js';
import type { DescribedVault } from '../../../glacier/vaults.js';
import type { CommandRun } from '../../command-run.js';
import { InvalidValue } from '../../invalid-value.js';
import { withPlace } from '../../open-place.js';
import { parseVaultName } from '../../option-values.js';
import { sizeText } from '../../output/units.js';

export async function run(command: CommandRun, operands: string[]): Promise<void> {
  const { options, reporter, signal } = command;
  const [action = 'list', ...names] = operands;
  switch (action) {
    case 'list': {
      if (names.length > 0) throw misused('list takes no name');
      await withPlace(command, options, 'none', async ({ vault }) => {
        const vaults = await vault.listVaults(signal);
        for (const described of vaults) print(command, described);
        if (vaults.length === 0) reporter.note('no vaults');
      });
      return;
    }
    case 'create': {
      const name = oneName(action, names);
      await withPlace(command, { ...options, vault: name }, 'made', async ({ vault }) => {
        const { location } = await vault.createVault(signal);
        if (reporter.isJson) print(command, await vault.describeVault(signal));
        else reporter.line(location);
      });
      return;
    }
    case 'describe': {
      const name = oneName(action, names);
      await withPlace(command, { ...options, vault: name }, 'there', async ({ vault }) =>
        print(command, await vault.describeVault(signal)),
      );
      return;
    }
    default:
      throw misused(`${action} is nothing that can be done with vaults`);
  }
}

function oneName(action: string, names: readonly string[]): string {
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) throw misused(`${action} takes the name of one vault`);
  try {
    return parseVaultName(name);
  } catch (error) {
    if (error instanceof InvalidValue) throw new GlacierUpError('usage', error.message);
    throw error;
  }
}

function misused(message: string): GlacierUpError {
  return new GlacierUpError('usage', message, {
    hint: 'write "glacier-up vaults", "vaults create NAME" or "vaults describe NAME"',
  });
}

function print({ reporter }: CommandRun, vault: DescribedVault): void {
  if (reporter.isJson) {
    reporter.json({ type: 'vault', ...vault });
    return;
  }
  const { name, createdAt, inventoriedAt, archiveCount, sizeBytes } = vault;
  const counted =
    inventoriedAt === null
      ? 'no inventory yet'
      : `${archiveCount} ${archiveCount === 1 ? 'archive' : 'archives'}, ${sizeText(sizeBytes)}, inventory of ${inventoriedAt}`;
  reporter.line([name, `made ${createdAt}`, counted].join('  '));
}
