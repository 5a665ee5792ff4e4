/** How the endpoint is reached: through a proxy, and with an authority of one's own. Real TLS, real CONNECT. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { canTrace } from '../faults/helpers/strace.js';
import { makeAuthority } from '../helpers/authority.js';
import { startProxy, tlsFront, tlsWire } from '../helpers/network.js';
import { makePlace, sha256Of } from '../helpers/place.js';

const bin = fileURLToPath(new URL('../../bin/glacier-up.js', import.meta.url));

/** Nothing listens there. */
const nobody = 'http://127.0.0.1:1';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
});
afterEach(() => void vi.unstubAllEnvs());

/** A vault behind TLS, as `vault.test`, which only a proxy finds, and on this machine itself. */
async function behindTls() {
  const place = makePlace();
  await place.makeVault();
  const server = await startVaultServer({ dir: place.vaultFolder });
  onTestFinished(() => server.close());
  const authority = makeAuthority(place.folder, 'DNS:vault.test', 'IP:127.0.0.1');
  const port = await tlsFront(server.url, authority);
  const env = { AWS_CONFIG_FILE: join(place.folder, 'none'), AWS_CA_BUNDLE: authority.caFile };
  const ask = (url: string, [command = '', ...rest]: string[], more: Record<string, string> = {}) => {
    const where = ['--vault', 'demo', '--region', 'eu-west-1', '--endpoint-url', url, '--retry-for', '0'];
    return place.plain([command, ...where, ...rest], { env: { ...env, ...more } });
  };
  return {
    ...place,
    ...authority,
    ask,
    port,
    url: `https://vault.test:${port}`,
    loopbackUrl: `https://127.0.0.1:${port}`,
  };
}

test.skipIf(!canTrace)('what is sent leaves at once (needs strace)', async () => {
  const { loopbackUrl, caFile, folder } = await behindTls();
  const traced = join(folder, 'traced');
  const where = ['--vault', 'demo', '--region', 'eu-west-1', '--endpoint-url', loopbackUrl];
  await execa(
    'strace',
    ['-f', '-qq', '-e', 'trace=setsockopt', '-o', traced, bin, 'list-uploads', ...where],
    {
      env: { HOME: folder, AWS_CA_BUNDLE: caFile, AWS_CONFIG_FILE: join(folder, 'none') },
    },
  );
  // Nagle's algorithm would hold the second of two small writes back until the first is acknowledged.
  expect(readFileSync(traced, 'utf8')).toMatch(/TCP_NODELAY, \[1\]/);
});

describe('through a proxy', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])(
    'of %s a whole upload goes, streamed parts and all',
    async (name) => {
      const { ask, url, port, file, archives } = await behindTls();
      const proxy = await startProxy();
      const upload = ['upload', file, '--part-size', '1M'];
      expect(await ask(url, upload, { [name]: proxy.url })).toMatchObject({ code: 0 });
      expect(archives()).toEqual([sha256Of(file)]);
      expect(new Set(proxy.asked)).toEqual(new Set([`vault.test:${port}`]));
    },
  );

  test('that speaks TLS itself a whole upload goes, and its certificate is checked', async () => {
    const { ask, url, port, file, archives, key, cert } = await behindTls();
    const proxy = await startProxy();
    const front = await tlsWire(Number(new URL(proxy.url).port), { key, cert });
    const HTTPS_PROXY = `https://127.0.0.1:${front}`;
    expect(await ask(url, ['upload', file, '--part-size', '1M'], { HTTPS_PROXY })).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
    expect(new Set(proxy.asked)).toEqual(new Set([`vault.test:${port}`]));
    const untrusted = await ask(url, ['list-uploads'], { HTTPS_PROXY, AWS_CA_BUNDLE: '' });
    expect(untrusted.stderr).toContain('cannot be trusted');
    expect(untrusted.code).toBe(7);
  });

  test('the lower-case name counts first, and a scheme may be left out', async () => {
    const { ask, url } = await behindTls();
    const proxy = await startProxy();
    const { host } = new URL(proxy.url);
    expect(await ask(url, ['list-uploads'], { https_proxy: host, HTTPS_PROXY: nobody })).toMatchObject({
      code: 0,
    });
  });

  test('user and password of its URL are sent to it, and shown nowhere', async () => {
    const { ask, url } = await behindTls();
    const proxy = await startProxy();
    const HTTPS_PROXY = proxy.url.replace('//', '//us%3Aer:pass@');
    expect(await ask(url, ['list-uploads'], { HTTPS_PROXY })).toMatchObject({ code: 0 });
    expect(proxy.passwords[0]).toBe(`Basic ${Buffer.from('us:er:pass').toString('base64')}`);
    const refusing = await startProxy(407);
    const secret = refusing.url.replace('//', '//user:hunter2@');
    const { stderr } = await ask(url, ['list-uploads', '--debug'], { HTTPS_PROXY: secret });
    expect(stderr).toContain(`the proxy ${refusing.url} (HTTPS_PROXY) wants a user and a password`);
    expect(stderr).not.toContain('hunter2');
  });

  test.each(['vault.test', '.test', '*.test', 'other, vault.test', '*'])(
    'goes nothing to a host that NO_PROXY=%s excepts',
    async (NO_PROXY) => {
      const { ask, url } = await behindTls();
      const proxy = await startProxy();
      const { code, stderr } = await ask(url, ['list-uploads'], { HTTPS_PROXY: proxy.url, NO_PROXY });
      // Without a proxy nobody knows the host.
      expect(stderr).toMatch(/no such host is known|the name server does not answer/);
      expect(code).toBe(5);
      expect(proxy.asked).toEqual([]);
    },
  );

  test.each(['ault.test', 'vault.test:1', 'vault.test.example', ''])(
    'goes a host that NO_PROXY=%s does not except',
    async (NO_PROXY) => {
      const { ask, url } = await behindTls();
      const proxy = await startProxy();
      expect(await ask(url, ['list-uploads'], { HTTPS_PROXY: proxy.url, NO_PROXY })).toMatchObject({
        code: 0,
      });
    },
  );

  test('goes nothing to this machine', async () => {
    const { ask, loopbackUrl } = await behindTls();
    expect(await ask(loopbackUrl, ['list-uploads'], { HTTPS_PROXY: nobody })).toMatchObject({ code: 0 });
  });

  test('goes nothing with --local, and its variable is not even read', async () => {
    const { run, makeVault } = makePlace();
    await makeVault();
    const env = { HTTPS_PROXY: 'socks5://nonsense', AWS_CA_BUNDLE: '/nowhere' };
    expect(await run(['list-uploads'], { env })).toMatchObject({ code: 0 });
  });

  test('that does not listen is named', async () => {
    const { ask, url } = await behindTls();
    const { code, stderr } = await ask(url, ['list-uploads'], { HTTPS_PROXY: nobody });
    expect(stderr).toContain(`through the proxy ${nobody} (HTTPS_PROXY): nothing listens there`);
    expect(stderr).toContain('hint: check the proxy and NO_PROXY');
    expect(code).toBe(5);
  });

  test.each<[number, number, string]>([
    [407, 7, 'wants a user and a password'],
    [403, 5, 'does not come from Glacier: a proxy'],
    [502, 5, 'HTTP 502'],
  ])('that answers CONNECT with %d is exit %d', async (status, exitCode, says) => {
    const { ask, url } = await behindTls();
    const proxy = await startProxy(status);
    const { code, stderr } = await ask(url, ['list-uploads'], { HTTPS_PROXY: proxy.url });
    expect(stderr).toContain(says);
    expect(code).toBe(exitCode);
  });

  test('that hangs up is tried again, and is exit 5 when it goes on', async () => {
    const { ask, url } = await behindTls();
    const restarted = await startProxy(undefined, 1);
    const words = ['list-uploads', '--retry-for', '1m'];
    expect(await ask(url, words, { HTTPS_PROXY: restarted.url })).toMatchObject({ code: 0 });
    const broken = await startProxy(undefined, Number.POSITIVE_INFINITY);
    const { code, stderr } = await ask(url, ['list-uploads'], { HTTPS_PROXY: broken.url });
    expect(stderr).toContain(`through the proxy ${broken.url} (HTTPS_PROXY): the connection was cut`);
    expect(code).toBe(5);
  });

  test.each(['socks5://127.0.0.1:1080', 'http://', 'a b'])(
    'that is none, %s, is a usage error',
    async (value) => {
      const { ask, url } = await behindTls();
      const { code, stderr } = await ask(url, ['list-uploads'], { HTTPS_PROXY: value });
      expect(stderr).toContain(`HTTPS_PROXY is ${JSON.stringify(value)}, which is no HTTP proxy`);
      expect(code).toBe(2);
    },
  );
});

describe('the certificate of the endpoint', () => {
  test('of an authority that is not known is refused: exit 7, and how to trust it', async () => {
    const { ask, loopbackUrl } = await behindTls();
    const { code, stderr } = await ask(loopbackUrl, ['list-uploads'], { AWS_CA_BUNDLE: '' });
    expect(stderr).toContain(`the certificate of ${loopbackUrl} cannot be trusted`);
    expect(stderr).toContain('AWS_CA_BUNDLE names a PEM file');
    expect(code).toBe(7);
  });

  test('of another name is refused', async () => {
    const place = makePlace();
    const authority = makeAuthority(place.folder, 'DNS:elsewhere.test');
    const port = await tlsFront(nobody, authority);
    const { ask } = await behindTls();
    const { code, stderr } = await ask(`https://127.0.0.1:${port}`, ['list-uploads'], {
      AWS_CA_BUNDLE: authority.caFile,
    });
    expect(stderr).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(code).toBe(7);
  });

  test('is trusted by ca_bundle of the profile too', async () => {
    const { ask, loopbackUrl, folder, caFile } = await behindTls();
    const AWS_CONFIG_FILE = join(folder, 'aws-config');
    writeFileSync(AWS_CONFIG_FILE, `[default]\nca_bundle = ${caFile}\n`);
    const env = { AWS_CONFIG_FILE, AWS_CA_BUNDLE: '' };
    expect(await ask(loopbackUrl, ['list-uploads'], env)).toMatchObject({ code: 0 });
  });

  test.each<[string, string | null, string]>([
    ['is not there', null, 'it is not there'],
    ['is empty', '', 'it has no certificate in PEM form'],
    [
      'is damaged',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'its certificate 1 is damaged',
    ],
  ])('when the bundle %s, nothing is sent: exit 2', async (_what, content, says) => {
    const { ask, loopbackUrl, folder } = await behindTls();
    const AWS_CA_BUNDLE = join(folder, 'bundle.pem');
    if (content !== null) writeFileSync(AWS_CA_BUNDLE, content);
    const { code, stderr } = await ask(loopbackUrl, ['list-uploads'], { AWS_CA_BUNDLE });
    expect(stderr).toContain(
      `the certificate file of AWS_CA_BUNDLE, ${AWS_CA_BUNDLE}, cannot be used: ${says}`,
    );
    expect(code).toBe(2);
  });
});
