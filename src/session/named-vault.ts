/** Which receipts options speak of: those of the vault that they name, as far as they name one. */
import { accountOf, isSameEndpoint, type VaultReference } from './which-vault.js';

/** What is undefined fits every vault. */
export interface NamedVault {
  vault?: string | undefined;
  region?: string | undefined;
  /** `-` fits every account. */
  accountId?: string | undefined;
  /** A URL, or `local:ID`. */
  endpoint?: string | undefined;
}

/** An account whose number is not known may be the one that is named. */
export function isNamed(
  { vault, region, accountId, endpoint }: NamedVault,
  reference: VaultReference,
): boolean {
  const { destination } = reference;
  if (vault !== undefined && destination.vault !== vault) return false;
  if (region !== undefined && destination.region !== region) return false;
  if (endpoint !== undefined && !isSameEndpoint(destination.endpoint, endpoint)) return false;
  if (accountId === undefined || accountId === '-') return true;
  const account = accountOf(reference);
  return account === null || account === accountId;
}
