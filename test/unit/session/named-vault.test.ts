import { describe, expect, test } from 'vitest';
import { isNamed, type NamedVault } from '../../../src/session/named-vault.js';
import type { VaultReference } from '../../../src/session/which-vault.js';

const receipt: VaultReference = {
  destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'photos' },
  accountId: '111122223333',
};
const served: VaultReference = {
  ...receipt,
  destination: { ...receipt.destination, endpoint: 'http://127.0.0.1:8080' },
};
const unknownAccount: VaultReference = { ...receipt, accountId: null };

describe('a vault is named by options', () => {
  test.each<[string, NamedVault, VaultReference, boolean]>([
    ['when nothing is said', {}, receipt, true],
    ['by its name', { vault: 'photos' }, receipt, true],
    ['not by another name', { vault: 'music' }, receipt, false],
    ['by its region', { region: 'eu-west-1' }, receipt, true],
    ['not by another region', { region: 'us-east-1' }, receipt, false],
    ['by its account', { accountId: '111122223333' }, receipt, true],
    ['by the account of the credentials', { accountId: '-' }, receipt, true],
    ['not by another account', { accountId: '999999999999' }, receipt, false],
    ['by an account when its own is not known', { accountId: '999999999999' }, unknownAccount, true],
    ['by an endpoint of Amazon', { endpoint: 'https://glacier.eu-west-1.amazonaws.com' }, receipt, true],
    ['not by another endpoint', { endpoint: 'http://127.0.0.1:8080' }, receipt, false],
    ['by its endpoint under another name', { endpoint: 'http://localhost:8080/' }, served, true],
    ['not by another port', { endpoint: 'http://127.0.0.1:8081' }, served, false],
    ['not by the folder of an embedded vault', { endpoint: 'local:abc' }, served, false],
  ])('%s', (_, named, reference, is) => {
    expect(isNamed(named, reference)).toBe(is);
  });
});
