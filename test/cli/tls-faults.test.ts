/** What goes wrong in TLS itself, on real connections: a record damaged on its way, and hosts that are not the one meant. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { makeAuthority } from '../helpers/authority.js';
import { type Route, serveHttp, startWire, tlsFront } from '../helpers/network.js';
import { makePlace, sha256Of } from '../helpers/place.js';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
});
afterEach(() => void vi.unstubAllEnvs());

type Hosts = Record<'vault' | 'stranger' | 'portal', number>;

/**
 * A vault behind TLS at the end of a wire; a host with a certificate that nobody trusts; and a captive portal, which
 * answers in plain HTTP.
 */
async function atTheEndOfAWire(route: (connection: number, hosts: Hosts) => Route) {
  const place = makePlace();
  await place.makeVault();
  const server = await startVaultServer({ dir: place.vaultFolder });
  onTestFinished(() => server.close());
  const elsewhere = join(place.folder, 'elsewhere');
  mkdirSync(elsewhere);
  const authority = makeAuthority(place.folder, 'IP:127.0.0.1');
  const hosts: Hosts = {
    vault: await tlsFront(server.url, authority),
    stranger: await tlsFront(server.url, makeAuthority(elsewhere, 'IP:127.0.0.1')),
    portal: Number(new URL(await serveHttp((_request, reply) => void reply.end('log in'))).port),
  };
  const port = await startWire((connection) => route(connection, hosts));
  const env = { AWS_CONFIG_FILE: join(place.folder, 'none'), AWS_CA_BUNDLE: authority.caFile };
  const where = ['--vault', 'demo', '--region', 'eu-west-1', '--endpoint-url', `https://127.0.0.1:${port}`];
  const upload = (...words: string[]) =>
    place.plain(['upload', place.file, '--part-size', '1M', '--concurrency', '1', ...where, ...words], {
      env,
    });
  return { ...place, upload };
}

/** Enough for the requests before the first part, and not for the part. */
const withinThePart = 300_000;

describe('a TLS record that is damaged in the middle of a part', () => {
  test.each(['sent', 'received'] as const)(
    'on what is %s, is tried again, and the archive is made once',
    async (direction) => {
      const afterBytes = direction === 'sent' ? withinThePart : 3000;
      const { upload, archives, file } = await atTheEndOfAWire((connection, { vault }) =>
        connection === 1 ? { port: vault, damages: { direction, afterBytes } } : { port: vault },
      );
      const { code, stderr } = await upload('--verbose');
      expect(stderr).toMatch(/the encrypted connection failed|the connection was cut/);
      expect(code).toBe(0);
      expect(archives()).toEqual([sha256Of(file)]);
    },
  );

  test('every time, is exit 5: the certificate is not to blame', async () => {
    const { upload } = await atTheEndOfAWire((_connection, { vault }) => ({
      port: vault,
      damages: { direction: 'received', afterBytes: 100 },
    }));
    const { code, stderr } = await upload('--retry-for', '1m');
    expect(stderr).toContain('the encrypted connection failed');
    expect(stderr).not.toContain('certificate');
    expect(code).toBe(5);
  });
});

/** The first connection leads to the vault, and breaks within the first part. */
const breaking = ({ vault }: Hosts): Route => ({
  port: vault,
  damages: { direction: 'sent', afterBytes: withinThePart },
});

describe.each<[keyof Hosts, string]>([
  ['stranger', 'its certificate is not the one that it showed before'],
  ['portal', 'what answers there does not speak TLS'],
])('a %s that takes the place of the host in the middle of an upload', (who, says) => {
  test('is waited out', async () => {
    const { upload, archives, file } = await atTheEndOfAWire((connection, hosts) =>
      connection === 1 ? breaking(hosts) : { port: connection < 4 ? hosts[who] : hosts.vault },
    );
    const { code, stderr } = await upload('--verbose');
    expect(stderr).toContain(says);
    expect(code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('and stays, is exit 5 when the time without progress is spent', async () => {
    const { upload } = await atTheEndOfAWire((connection, hosts) =>
      connection === 1 ? breaking(hosts) : { port: hosts[who] },
    );
    const { code, stderr } = await upload('--retry-for', '5m');
    expect(stderr).toContain(says);
    expect(stderr).toContain('run the same command again');
    expect(code).toBe(5);
  });
});

describe('before anything has answered', () => {
  test('a certificate that nobody trusts is exit 7, at once', async () => {
    let connections = 0;
    const { upload } = await atTheEndOfAWire((connection, { stranger }) => {
      connections = connection;
      return { port: stranger };
    });
    const { code, stderr } = await upload();
    expect(stderr).toContain('cannot be trusted');
    expect(code).toBe(7);
    expect(connections).toBe(1);
  });

  test('a host that does not speak TLS is tried again, and is exit 5', async () => {
    const { upload } = await atTheEndOfAWire((_connection, { portal }) => ({ port: portal }));
    const { code, stderr } = await upload('--retry-for', '1m');
    expect(stderr).toContain('what answers there does not speak TLS');
    expect(code).toBe(5);
  });
});
