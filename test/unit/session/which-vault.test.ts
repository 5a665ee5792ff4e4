/** Which vault it is, however it was spelled. */
import { describe, expect, test } from 'vitest';
import type { Destination } from '../../../src/session/destination.js';
import {
  accountOf,
  isSameEndpoint,
  isSameVault,
  type VaultReference,
  vaultKey,
} from '../../../src/session/which-vault.js';

const demo: Destination = {
  profile: null,
  accountOption: '-',
  region: 'eu-west-1',
  endpoint: null,
  vault: 'demo',
};
const account = '111122223333';

function vault(changes: Partial<Destination> = {}, accountId: string | null = account): VaultReference {
  return { destination: { ...demo, ...changes }, accountId };
}

/** Both ways of telling whether two references lead to one vault. */
function isOne(a: VaultReference, b: VaultReference): boolean {
  const answer = isSameVault(a, b);
  expect(isSameVault(b, a)).toBe(answer);
  expect(vaultKey(a) === vaultKey(b)).toBe(answer);
  return answer;
}

describe('one vault', () => {
  test('is reached by any profile, by keys, by "-" and by the number of its account', () => {
    expect(isOne(vault(), vault({ profile: 'backup' }))).toBe(true);
    expect(isOne(vault(), vault({ accountOption: account }, null))).toBe(true);
  });

  test.each([
    ['name', vault({ vault: 'other' })],
    ['region', vault({ region: 'us-east-1' })],
    ['account', vault({}, '999999999999')],
    ['endpoint', vault({ endpoint: 'http://127.0.0.1:8080' })],
  ])('has one %s', (_, other) => {
    expect(isOne(vault(), other)).toBe(false);
  });

  test('of an unknown account is one that was spelled in the same way', () => {
    expect(isOne(vault({}, null), vault({}, null))).toBe(true);
    expect(isOne(vault({}, ''), vault({}, null))).toBe(true);
    expect(isOne(vault({}, null), vault({ profile: 'backup' }, null))).toBe(false);
    expect(isOne(vault({}, null), vault({ accountOption: account }, null))).toBe(false);
    expect(isSameVault(vault({}, null), vault())).toBe(true);
    expect(isSameVault(vault({}, null), vault({ profile: 'backup' }))).toBe(false);
  });
});

test('the account is what the service said, or the number that was given', () => {
  expect(accountOf(vault({ accountOption: '999999999999' }))).toBe(account);
  expect(accountOf(vault({ accountOption: account }, null))).toBe(account);
  expect(accountOf(vault({}, null))).toBe(null);
  for (const accountOption of ['11112222333', '1111222233334', 'x111122223333']) {
    expect(accountOf(vault({ accountOption }, ''))).toBe(null);
  }
});

describe('one service', () => {
  test.each([
    'https://glacier.eu-west-1.amazonaws.com',
    'https://GLACIER.eu-west-1.amazonaws.com./',
    'https://glacier-fips.us-east-1.amazonaws.com',
    'https://glacier.cn-north-1.amazonaws.com.cn',
    'https://glacier.eu-west-1.api.aws',
    'https://vpce-1234.glacier.eu-west-1.vpce.amazonaws.com',
  ])('is reached by %s as without an endpoint', (url) => {
    expect(isSameEndpoint(url, null)).toBe(true);
  });

  test.each([
    'https://myglacier.eu-west-1.amazonaws.com',
    'https://glacier.eu-west-1.amazonaws.com.example.org',
    'https://s3.eu-west-1.amazonaws.com',
    'local:1234',
    'no address',
  ])('is not reached by %s', (url) => {
    expect(isSameEndpoint(url, null)).toBe(false);
    expect(isSameEndpoint(url, url)).toBe(true);
    expect(isSameEndpoint(url, 'http://127.0.0.1:8080')).toBe(false);
  });

  test.each([
    ['http://localhost:8080', 'http://127.0.0.1:8080/', true],
    ['http://[::1]:8080', 'http://127.0.0.1:8080', true],
    ['http://localhost', 'http://localhost:80', true],
    ['https://localhost', 'https://localhost:443', true],
    ['https://localhost', 'http://localhost', false],
    ['http://localhost:8080', 'http://localhost:8081', false],
    ['http://host:8080/a', 'http://host:8080/a//', true],
    ['http://host:8080/a', 'http://host:8080/b', false],
    ['http://host:8080', 'http://localhost:8080', false],
    ['local:1234', 'local:5678', false],
  ])('%s and %s: %s', (one, other, isSame) => {
    expect(isSameEndpoint(one, other)).toBe(isSame);
  });
});
