/** The vault that the options name, for commands that go by receipts and ask no service. */
import type { NamedVault } from '../../session/named-vault.js';
import type { WhereRun } from '../options/shared-options.js';

/** @throws GlacierUpError `usage`; `vault-gone` when --local names a folder without an embedded vault */
export async function vaultNamedBy(command: WhereRun): Promise<NamedVault> {
  const { vault, local, region, accountId, endpointUrl } = command.options;
  if (local === undefined) return { vault, region, accountId, endpoint: endpointUrl };
  const { existingFolderId } = await import('./connect-vault.js');
  return { vault, endpoint: `local:${await existingFolderId(local)}` };
}
