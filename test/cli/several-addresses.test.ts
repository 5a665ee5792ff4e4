/** Hosts with several addresses, some of which do not answer, or late. Real sockets; only the name server is ours. */
import dns, { type LookupAddress } from 'node:dns';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { makeAuthority } from '../helpers/authority.js';
import { startDeafRelay } from '../helpers/deaf-relay.js';
import { startProxy, tlsFront } from '../helpers/network.js';
import { makePlace } from '../helpers/place.js';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const alive: LookupAddress = { address: '127.0.0.1', family: 4 };
const deaf: LookupAddress = { address: '127.0.0.2', family: 4 };
/** This machine has no such address: the connection is refused at once, as where there is no IPv6. */
const dead: LookupAddress = { address: '2001:db8::1', family: 6 };

/** What the name server says of a host; every other name is looked up as ever. */
function resolves(hosts: Record<string, LookupAddress[]>): void {
  const real = dns.lookup;
  const lookup = (host: string, options: { all?: boolean }, done: (...answer: unknown[]) => void): void => {
    const addresses = hosts[host];
    if (addresses === undefined) real(host, options as never, done as never);
    else if (options.all) setImmediate(done, null, addresses);
    else setImmediate(done, null, addresses[0]?.address, addresses[0]?.family);
  };
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as never);
}

/** A vault behind TLS as `vault.test`, on a port that the deaf address has, too. */
async function vaultOfManyAddresses() {
  const place = makePlace();
  await place.makeVault();
  const server = await startVaultServer({ dir: place.vaultFolder });
  onTestFinished(() => server.close());
  const authority = makeAuthority(place.folder, 'DNS:vault.test');
  const port = await tlsFront(server.url, authority);
  const env = { AWS_CONFIG_FILE: join(place.folder, 'none'), AWS_CA_BUNDLE: authority.caFile };
  const ask = (words: string[] = [], more: Record<string, string> = {}) => {
    const where = [
      '--vault',
      'demo',
      '--region',
      'eu-west-1',
      '--endpoint-url',
      `https://vault.test:${port}`,
    ];
    return place.plain(['list-uploads', ...where, '--retry-for', '0', ...words], {
      env: { ...env, ...more },
    });
  };
  return { port, ask };
}

const aBit = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a host that answers after more than 250 ms', () => {
  test.each([
    ['last', [deaf, dead]],
    ['first', [dead, deaf]],
  ])('and whose other address is dead, %s in its list, is reached', async (_where, addresses) => {
    const { port, ask } = await vaultOfManyAddresses();
    const relay = await startDeafRelay(deaf.address, port, port);
    resolves({ 'vault.test': addresses });
    const asking = ask();
    await aBit(500);
    relay.hear();
    expect(await asking).toMatchObject({ code: 0 });
  });

  test('is not waited for longer than --connect-timeout says', async () => {
    const { port, ask } = await vaultOfManyAddresses();
    await startDeafRelay(deaf.address, port, port);
    resolves({ 'vault.test': [deaf, dead] });
    const { code, stderr } = await ask(['--connect-timeout', '600ms']);
    expect(stderr).toContain('no connection came about in time (no connection within 0.6 s)');
    expect(code).toBe(5);
  });

  test('and is a proxy, is reached', async () => {
    const { ask } = await vaultOfManyAddresses();
    const proxy = await startProxy();
    const port = Number(new URL(proxy.url).port);
    const relay = await startDeafRelay(deaf.address, port, port);
    resolves({ 'proxy.test': [deaf, dead], 'vault.test': [alive] });
    const asking = ask([], { HTTPS_PROXY: `http://proxy.test:${port}` });
    await aBit(500);
    relay.hear();
    expect(await asking).toMatchObject({ code: 0 });
    expect(proxy.asked).toHaveLength(1);
  });
});

describe('an address that never answers', () => {
  test('is not waited for when another one does', async () => {
    const { port, ask } = await vaultOfManyAddresses();
    await startDeafRelay(deaf.address, port, port);
    resolves({ 'vault.test': [deaf, alive] });
    // Much shorter than the ten seconds of a connect timeout, and long enough for a machine that is busy.
    expect(await ask(['--connect-timeout', '10s'])).toMatchObject({ code: 0 });
  });

  test('beside one that refuses, is told as the refusal', async () => {
    const { ask } = await vaultOfManyAddresses();
    resolves({ 'vault.test': [dead, { address: '127.0.0.3', family: 4 }] });
    const { code, stderr } = await ask();
    expect(stderr).toContain('nothing listens there');
    expect(code).toBe(5);
  });
});
