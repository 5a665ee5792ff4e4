/** Which vault it is, however it was spelled: by a profile, by keys, by `-` or the account's number, by a host's name. */
import type { Destination } from './destination.js';

/** A vault as something here refers to it: a session, a receipt, or what the service said. */
export interface VaultReference {
  destination: Destination;
  /** The account's number; null or empty where it is not known. */
  accountId: string | null;
}

/** A vault as this run has found it. */
export interface WhichVault extends VaultReference {
  /** CreationDate; null where the service did not say. A vault that was deleted and created again has another. */
  createdAt: string | null;
}

/**
 * True when both refer to one vault. Where an account's number is not known, profile and account must have been
 * spelled in the same way.
 */
export function isSameVault(one: VaultReference, other: VaultReference): boolean {
  const [a, b] = [one.destination, other.destination];
  if (a.vault !== b.vault || a.region !== b.region) return false;
  if (!isSameEndpoint(a.endpoint, b.endpoint)) return false;
  const [accountA, accountB] = [accountOf(one), accountOf(other)];
  if (accountA !== null && accountB !== null) return accountA === accountB;
  return a.profile === b.profile && a.accountOption === b.accountOption;
}

/** One text for each vault, however it was spelled, as far as the account is known. */
export function vaultKey(reference: VaultReference): string {
  const { profile, accountOption, region, endpoint, vault } = reference.destination;
  const account = accountOf(reference) ?? { profile, accountOption };
  return JSON.stringify([account, region, endpointKey(endpoint), vault]);
}

/** The account's number, from the service or as it was given. */
export function accountOf({ accountId, destination }: VaultReference): string | null {
  if (accountId) return accountId;
  return /^\d{12}$/.test(destination.accountOption) ? destination.accountOption : null;
}

/** True when both lead to one service, however they are spelled. */
export function isSameEndpoint(one: string | null, other: string | null): boolean {
  return endpointKey(one) === endpointKey(other);
}

/** Amazon's own hosts, which account and region lead to: public, FIPS, dual stack, and VPC endpoints. */
const amazonHost = /(^|\.)glacier(-fips)?\.[a-z0-9-]+\.((vpce\.)?amazonaws\.com(\.cn)?|api\.aws)$/;
const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Every receipt that is looked at names one, and they are few. */
const endpointKeys = new Map<string, string | null>();

function endpointKey(endpoint: string | null): string | null {
  if (endpoint === null) return null;
  const known = endpointKeys.get(endpoint);
  if (known !== undefined) return known;
  const key = keyOf(endpoint);
  endpointKeys.set(endpoint, key);
  return key;
}

/** null for Amazon's own endpoints; else the host, port and path, of which the scheme says nothing more. */
function keyOf(endpoint: string): string | null {
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return endpoint;
  }
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  if (url.protocol === 'local:') return endpoint;
  if (amazonHost.test(host)) return null;
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  return `${loopbackHosts.has(host) ? 'localhost' : host}:${port}${url.pathname.replace(/\/+$/, '')}`;
}
