import { counted } from '../../../counted.js';
import { GlacierUpError, hasCode } from '../../../errors.js';
import type { RetryingVault } from '../../../glacier/retry/retrying-vault.js';
import type { DescribedVault } from '../../../glacier/vaults.js';
import { hint, type NextStep } from '../../../hint.js';
import { assertConfirmable, confirmVault } from '../../command/ask.js';
import { withVaultConnection } from '../../open/connect-vault.js';
import { parseVaultName } from '../../options/option-values.js';
import { sizeText } from '../../output/units.js';
import { InvalidValue } from '../../parser/invalid-value.js';
import type { VaultsRun } from './options.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: VaultsRun, operands: string[]): Promise<void> {
  const { options, reporter, signal } = command;
  const [action = 'list', ...names] = operands;
  switch (action) {
    case 'list': {
      if (names.length > 0) throw misused('list takes no name');
      await withVaultConnection(command, options, 'none', async ({ vault }) => {
        const vaults = await vault.listVaults(signal);
        for (const described of vaults) print(command, described);
        if (vaults.length === 0) reporter.note('no vaults');
      });
      return;
    }
    case 'create': {
      const name = oneName(action, names);
      await withVaultConnection(command, { ...options, vault: name }, 'made', async ({ vault }) => {
        const { location } = await vault.createVault(signal);
        if (reporter.isJson) print(command, await vault.describeVault(signal));
        else reporter.line(location);
      });
      return;
    }
    case 'describe': {
      const name = oneName(action, names);
      await withVaultConnection(command, { ...options, vault: name }, 'there', async ({ vault }) =>
        print(command, await vault.describeVault(signal)),
      );
      return;
    }
    case 'delete': {
      const name = oneName(action, names);
      assertConfirmable(command, name, 'deleting a vault');
      await withVaultConnection(command, { ...options, vault: name }, 'there', async ({ vault }) => {
        await confirmVault(command, name, `This deletes the vault ${name}.`);
        await deleteVault(vault, name, signal);
        reporter.note(`deleted vault ${name}`);
        reporter.json({ type: 'vault-deletion', vault: name });
      });
      return;
    }
    default:
      throw misused(`${action} is nothing that can be done with vaults`);
  }
}

/**
 * @throws GlacierUpError `vault-uncounted` when it may be deleted later as it is; `vault-not-empty` when its last inventory
 * lists archives
 */
async function deleteVault(vault: RetryingVault, name: string, signal: AbortSignal): Promise<void> {
  try {
    await vault.deleteVault(signal);
  } catch (error) {
    if (!hasCode(error, 'vault-not-empty')) throw error;
    const { archiveCount, inventoriedAt } = await vault.describeVault(signal);
    const details = { cause: error, ...(error.service ? { service: error.service } : {}) };
    if (inventoriedAt !== null && archiveCount > 0) {
      const empty: NextStep = { words: ['empty', '--vault', name], needs: 'account' };
      const listed = counted(archiveCount, 'archive');
      const message = `vault ${name} cannot be deleted: its last inventory, of ${inventoriedAt}, lists ${listed}`;
      throw new GlacierUpError('vault-not-empty', message, {
        ...details,
        hint: hint`${empty} deletes them; if you did that since, try again in a day: Glacier counts about once a day`,
      });
    }
    const counts =
      inventoriedAt === null ? 'it has no inventory yet' : `its last inventory is of ${inventoriedAt}`;
    throw new GlacierUpError(
      'vault-uncounted',
      `vault ${name} cannot be deleted yet: ${counts}, and something was written or deleted since`,
      { ...details, hint: 'try again in a day: Glacier counts a vault about once a day' },
    );
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
    hint: 'write "glacier-up vaults", "vaults create NAME", "vaults describe NAME" or "vaults delete NAME"',
  });
}

function print({ reporter }: VaultsRun, vault: DescribedVault): void {
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
