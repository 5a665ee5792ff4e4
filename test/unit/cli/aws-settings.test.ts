import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { awsSettings, profileOf } from '../../../src/cli/open/aws-settings.js';
import type { VaultSelector } from '../../../src/cli/open/vault-selector.js';
import { tempFolder } from '../../helpers/temp-folder.js';

type Env = Record<string, string>;

/** What the configuration of a machine says. */
function settingsOf(env: Env, { config = '', ...selector }: VaultSelector & { config?: string } = {}) {
  const folder = tempFolder();
  const file = join(folder, 'config');
  writeFileSync(file, config);
  const files = { AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') };
  return awsSettings(selector, { ...files, ...env });
}

const url = (name: string) => `https://${name}.example`;
const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
const configured = `[default]
region = default-region
[profile work]
region = work-region
endpoint_url = ${url('work')}
ca_bundle = /work.pem
`;

describe('the region', () => {
  test.each<[string, Env, VaultSelector, string | undefined]>([
    ['is that of an option', { AWS_REGION: 'a' }, { region: 'option' }, 'option'],
    ['is AWS_REGION', { AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' }, {}, 'a'],
    ['is AWS_DEFAULT_REGION', { AWS_DEFAULT_REGION: 'b' }, {}, 'b'],
    ['is that of the default profile', { AWS_REGION: '', AWS_DEFAULT_REGION: '' }, {}, 'default-region'],
    [
      'is that of the profile that an option names',
      { AWS_PROFILE: 'default' },
      { profile: 'work' },
      'work-region',
    ],
    ['is that of the profile that a variable names', { AWS_PROFILE: 'work' }, {}, 'work-region'],
    [
      'of no profile is that of the default one',
      { AWS_PROFILE: 'work' },
      { profile: null },
      'default-region',
    ],
  ])('%s', async (_, env, selector, region) => {
    expect((await settingsOf(env, { config: configured, ...selector })).region).toBe(region);
  });

  test('is not there where nothing names one', async () => {
    expect(await settingsOf({})).toEqual({});
  });
});

describe('the credentials', () => {
  test('are the keys of the environment, with their session token', async () => {
    expect(await settingsOf(keys)).toEqual({ credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } });
    for (const name of ['AWS_SECURITY_TOKEN', 'AWS_SESSION_TOKEN']) {
      const { credentials } = await settingsOf({ ...keys, [name]: 'token' });
      expect(credentials).toEqual({ accessKeyId: 'id', secretAccessKey: 'secret', sessionToken: 'token' });
    }
  });

  test('of the environment count before a profile of the environment, and not beside one of an option', async () => {
    const config = configured;
    expect(await settingsOf({ ...keys, AWS_PROFILE: 'work' }, { config })).toMatchObject({
      credentials: { accessKeyId: 'id' },
      region: 'work-region',
    });
    const named = await settingsOf(keys, { config, profile: 'work' });
    expect(named.profile).toBe('work');
    expect(named.credentials).toBeUndefined();
  });

  test.each([{}, { AWS_SECRET_ACCESS_KEY: '' }])('of half a key are refused (%j)', async (other) => {
    await expect(settingsOf({ AWS_ACCESS_KEY_ID: 'id', ...other })).rejects.toMatchObject({
      code: 'no-credentials',
      message: 'AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not',
    });
  });

  test('of an ID that is empty are none', async () => {
    expect(await settingsOf({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: 'secret' })).toEqual({});
  });

  test.each([{ profile: 'play' }, {}])(
    'of a profile that is not there are refused (%j)',
    async (selector) => {
      await expect(
        settingsOf({ AWS_PROFILE: 'play' }, { config: configured, ...selector }),
      ).rejects.toMatchObject({
        code: 'no-credentials',
        message: expect.stringContaining(
          'profile play of the AWS configuration was looked at, and is not there',
        ),
      });
    },
  );

  test('of AWS_DEFAULT_PROFILE count where AWS_PROFILE is empty', () => {
    expect(profileOf({ AWS_PROFILE: '', AWS_DEFAULT_PROFILE: 'b' })).toBe('b');
    expect(profileOf({ AWS_PROFILE: 'a', AWS_DEFAULT_PROFILE: 'b' })).toBe('a');
    expect(profileOf({ AWS_PROFILE: '' })).toBeUndefined();
  });
});

describe('the endpoint', () => {
  const env = { AWS_PROFILE: 'work' };
  test.each<[string, Env, VaultSelector, string | undefined]>([
    ['is that of an option', { AWS_ENDPOINT_URL: url('b') }, { endpointUrl: url('option') }, url('option')],
    ['is that of Glacier', { AWS_ENDPOINT_URL_GLACIER: url('a'), AWS_ENDPOINT_URL: url('b') }, {}, url('a')],
    ['is that of all services', { AWS_ENDPOINT_URL_GLACIER: '', AWS_ENDPOINT_URL: url('b') }, {}, url('b')],
    ['is that of the profile', {}, {}, url('work')],
    ['is not used where an option says so', { AWS_ENDPOINT_URL: url('b') }, { endpointUrl: null }, undefined],
    [
      'is not used where the environment ignores them all',
      { AWS_ENDPOINT_URL: url('b'), AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' },
      {},
      undefined,
    ],
    [
      'of an option counts also then',
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      { endpointUrl: url('o') },
      url('o'),
    ],
  ])('%s', async (_, more, selector, endpointUrl) => {
    const settings = await settingsOf({ ...env, ...more }, { config: configured, ...selector });
    expect(settings.endpointUrl).toBe(endpointUrl);
  });

  test.each([
    ['', undefined],
    ['false', url('work')],
  ])('of a profile that ignores them counts when the variable is %j: %s', async (variable, endpointUrl) => {
    const config = `${configured}ignore_configured_endpoint_urls = true\n`;
    const settings = await settingsOf({ ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: variable }, { config });
    expect(settings.endpointUrl).toBe(endpointUrl);
  });

  test.each([
    [{ AWS_ENDPOINT_URL: 'http://far' }, '', 'the endpoint of AWS_ENDPOINT_URL, "http://far": Only https://'],
    [
      {},
      'endpoint_url = far\n',
      'the endpoint of profile default of the AWS configuration, "far": Write a URL',
    ],
  ])('that cannot be one is refused, with the place where it stands (%j)', async (more, lines, message) => {
    await expect(settingsOf(more, { config: `[default]\n${lines}` })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    });
  });
});

describe('the bundle of certificates', () => {
  test('is that of the variable, else that of the profile, and says where it is from', async () => {
    const config = configured;
    expect((await settingsOf({ AWS_CA_BUNDLE: '/env.pem' }, { config, profile: 'work' })).caBundle).toEqual({
      path: '/env.pem',
      source: 'AWS_CA_BUNDLE',
    });
    expect((await settingsOf({}, { config, profile: 'work' })).caBundle).toEqual({
      path: '/work.pem',
      source: 'ca_bundle of profile work of the AWS configuration',
    });
    expect((await settingsOf({}, { config })).caBundle).toBeUndefined();
  });
});
