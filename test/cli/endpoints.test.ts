/** Where Glacier is: options, variables and configuration files, in their order. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { interruptWhen, PART_STORED } from '../helpers/interrupt.js';
import { makePlace, type Place, sha256Of } from '../helpers/place.js';

/** Nothing listens there. */
const bad = 'http://127.0.0.1:1';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
});
afterEach(() => void vi.unstubAllEnvs());

/** A place whose vault is served, and its configuration file. The SDK reads the process's environment. */
async function served(
  config: (good: string) => string,
  env: (good: string) => Record<string, string> = () => ({}),
) {
  const place = makePlace();
  await place.makeVault();
  const server = await startVaultServer({ dir: place.vaultFolder });
  onTestFinished(() => server.close());
  const file = join(place.folder, 'aws-config');
  writeFileSync(file, config(server.url));
  const all = {
    AWS_CONFIG_FILE: file,
    AWS_SHARED_CREDENTIALS_FILE: join(place.folder, 'none'),
    ...env(server.url),
  };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const ask = (words: string[], more: Partial<Parameters<Place['plain']>[1]> = {}) =>
    place.plain([...words, '--vault', 'demo', '--retry-for', '0'], { env: all, ...more });
  return { ...place, url: server.url, ask, env: all };
}

const region = 'region = eu-west-1\n';
const byServices = (of: string, profile: string) =>
  `[default]\n${region}services = mine\nendpoint_url = ${profile}\n[services mine]\nglacier =\n  endpoint_url = ${of}\n`;

describe('the endpoint', () => {
  test.each<
    [string, (good: string) => string, (good: string) => Record<string, string>, (good: string) => string[]]
  >([
    [
      'is that of the option before GLACIER_UP_ENDPOINT_URL',
      () => `[default]\n${region}`,
      () => ({ GLACIER_UP_ENDPOINT_URL: bad }),
      (good) => ['--endpoint-url', good],
    ],
    [
      'is that of GLACIER_UP_ENDPOINT_URL before AWS_ENDPOINT_URL_GLACIER',
      () => `[default]\n${region}`,
      (good) => ({ GLACIER_UP_ENDPOINT_URL: good, AWS_ENDPOINT_URL_GLACIER: bad }),
      () => [],
    ],
    [
      'is that of AWS_ENDPOINT_URL_GLACIER before AWS_ENDPOINT_URL',
      () => `[default]\n${region}`,
      (good) => ({ AWS_ENDPOINT_URL_GLACIER: good, AWS_ENDPOINT_URL: bad }),
      () => [],
    ],
    [
      'is that of AWS_ENDPOINT_URL before the services section',
      () => byServices(bad, bad),
      (good) => ({ AWS_ENDPOINT_URL: good }),
      () => [],
    ],
    [
      'is that of the services section before the profile itself',
      (good) => byServices(good, bad),
      () => ({}),
      () => [],
    ],
    [
      'is that of the profile',
      (good) => `[default]\n${region}endpoint_url = ${good}\n`,
      () => ({}),
      () => [],
    ],
    [
      'is that of the profile of --profile, not of AWS_PROFILE',
      (good) =>
        `[profile a]\n${region}endpoint_url = ${bad}\n[profile b]\n${region}endpoint_url = ${good}\naws_access_key_id = k\naws_secret_access_key = s\n`,
      () => ({ AWS_PROFILE: 'a' }),
      () => ['--profile', 'b'],
    ],
    [
      'is that of the option also when configured ones are ignored',
      () => `[default]\n${region}endpoint_url = ${bad}\n`,
      () => ({ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL: bad }),
      (good) => ['--endpoint-url', good],
    ],
  ])('%s', async (_what, config, env, words) => {
    const { ask, url } = await served(config, env);
    expect(await ask(['list-uploads', ...words(url)])).toMatchObject({ code: 0 });
  });

  test.each<[string, string, Record<string, string>]>([
    ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', '', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }],
    ['ignore_configured_endpoint_urls', 'ignore_configured_endpoint_urls = true\n', {}],
    ["another profile's being none", '', { AWS_PROFILE: 'other' }],
  ])('is AWS itself with %s', async (_what, line, env) => {
    const { ask } = await served(
      (good) =>
        `[default]\n${region}endpoint_url = ${good}\n${line}[profile other]\n${region}aws_access_key_id = k\naws_secret_access_key = s\n`,
      // Towards AWS, but not beyond this machine.
      () => ({ ...env, HTTPS_PROXY: bad }),
    );
    const { code, stderr } = await ask(['list-uploads']);
    expect(stderr).toContain(`through the proxy ${bad} (HTTPS_PROXY)`);
    expect(stderr).not.toContain(' at http');
    expect(code).toBe(5);
  });

  test.each([
    ['the profile', `endpoint_url = http://example.com\n`, 'profile default of the AWS configuration'],
    ['AWS_ENDPOINT_URL', '', 'AWS_ENDPOINT_URL'],
  ])('over plain HTTP to another machine is refused when it comes from %s', async (_what, line, source) => {
    const { ask } = await served(
      () => `[default]\n${region}${line}`,
      (): Record<string, string> => (line === '' ? { AWS_ENDPOINT_URL: 'http://example.com' } : {}),
    );
    const { code, stderr } = await ask(['list-uploads']);
    expect(stderr).toContain(`the endpoint of ${source}, "http://example.com": Only https:// is taken`);
    expect(code).toBe(2);
  });

  test('of a services section that is not there is refused, naming it', async () => {
    const { ask } = await served(() => `[default]\n${region}services = gone\n`);
    const { code, stderr } = await ask(['list-uploads']);
    expect(stderr).toContain('names the services section "gone", which is not there');
    expect(code).toBe(2);
  });

  test('of a configuration file is part of the destination, to which a session leads again without it', async () => {
    const { ask, plain, file, url, folder, sessions, archives, env } = await served(
      (good) => `[default]\n${region}endpoint_url = ${good}\n`,
    );
    const words = ['upload', file, '--part-size', '1M', '--concurrency', '1', '--verbose'];
    expect(await ask(words, interruptWhen(PART_STORED))).toMatchObject({ signal: 'SIGINT' });
    expect(sessions()).toMatchObject([{ destination: { endpoint: url, region: 'eu-west-1' } }]);
    const other = join(folder, 'aws-config-2');
    writeFileSync(other, `[default]\n${region}endpoint_url = ${bad}\n`);
    const [session] = sessions();
    const resumed = await plain(['resume', String(session?.id)], { env: { ...env, AWS_CONFIG_FILE: other } });
    expect(resumed).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
  });
});
