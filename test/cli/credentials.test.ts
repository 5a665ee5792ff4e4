/** Credentials from every source of the chain, proved by a server that verifies the signature. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { assertJsonContract } from '../helpers/json-contract.js';
import { serveHttp } from '../helpers/network.js';
import { makePlace, type Place } from '../helpers/place.js';

const keys = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'example-secret' };
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const keyLines = `aws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\n`;
const roleArn = 'arn:aws:iam::111122223333:role/backup';

afterEach(() => void vi.unstubAllEnvs());

interface Source {
  config?: string;
  credentials?: string;
  env?: Record<string, string>;
  words?: string[];
}

interface Question {
  place: Place;
  words: string[];
  env: Record<string, string>;
}

/** What asks a vault that takes `keys` alone. */
async function questionOf(source: (folder: string) => Source | Promise<Source>): Promise<Question> {
  const place = makePlace();
  await place.makeVault();
  const server = await startVaultServer({ dir: place.vaultFolder, credentials: keys });
  onTestFinished(() => server.close());
  const { config = '', credentials = '', env = {}, words = [] } = await source(place.folder);
  const files = { config: join(place.folder, 'config'), credentials: join(place.folder, 'credentials') };
  writeFileSync(files.config, config);
  writeFileSync(files.credentials, credentials);
  const where = ['--vault', 'demo', '--endpoint-url', server.url, '--retry-for', '0'];
  return {
    place,
    words: ['list-uploads', ...where, ...words],
    env: {
      HOME: place.folder,
      AWS_CONFIG_FILE: files.config,
      AWS_SHARED_CREDENTIALS_FILE: files.credentials,
      AWS_REGION: 'eu-west-1',
      ...env,
    },
  };
}

/** In this process, whose environment, which the SDK reads, has nothing else of AWS meanwhile. */
async function askWith(
  source: (folder: string) => Source | Promise<Source>,
  onStderr?: (text: string) => void,
) {
  const { place, words, env } = await questionOf(source);
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return place.plain(words, { env, ...(onStderr ? { onStderr } : {}) });
}

const bin = fileURLToPath(new URL('../../bin/glacier-up.js', import.meta.url));

const jsonReply =
  (value: () => unknown): RequestListener =>
  (request, reply) => {
    request.resume();
    reply.setHeader('Content-Type', 'application/json').end(JSON.stringify(value()));
  };

/** Security Token Service: both ways to a role. */
function startSts(): Promise<string> {
  return serveHttp((request, reply) => {
    let form = '';
    request.setEncoding('utf8');
    request.on('data', (text) => {
      form += text;
    });
    request.on('end', () => {
      const action = new URLSearchParams(form).get('Action');
      reply.setHeader('Content-Type', 'text/xml');
      reply.end(
        `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>` +
          `<AccessKeyId>${keys.accessKeyId}</AccessKeyId><SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey>` +
          `<SessionToken>token</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials>` +
          `</${action}Result></${action}Response>`,
      );
    });
  });
}

/** What a container's agent answers. */
const containerReply = () => ({
  AccessKeyId: keys.accessKeyId,
  SecretAccessKey: keys.secretAccessKey,
  Token: 'token',
  Expiration: inAnHour(),
});

const ssoConfig = `[profile s]
region = eu-west-1
sso_session = corp
sso_account_id = 111122223333
sso_role_name = backup
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.awsapps.com/start
sso_registration_scopes = sso:account:access
`;

/** Where "aws sso login" keeps its token. */
function noteSsoToken(folder: string, expiresAt: string): void {
  const cache = join(folder, '.aws/sso/cache');
  mkdirSync(cache, { recursive: true });
  const name = createHash('sha1').update('corp').digest('hex');
  const token = {
    accessToken: 'a',
    expiresAt,
    region: 'eu-west-1',
    startUrl: 'https://corp.awsapps.com/start',
  };
  writeFileSync(join(cache, `${name}.json`), JSON.stringify(token));
}

describe('credentials are found in', () => {
  test.each<[string, (folder: string) => Source | Promise<Source>]>([
    [
      'variables',
      () => ({ env: { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey } }),
    ],
    ['the default profile', () => ({ credentials: `[default]\n${keyLines}` })],
    ['the profile of AWS_PROFILE', () => ({ config: `[profile p]\n${keyLines}`, env: { AWS_PROFILE: 'p' } })],
    [
      'the profile of --profile, before variables',
      () => ({
        credentials: `[p]\n${keyLines}`,
        env: { AWS_ACCESS_KEY_ID: 'other', AWS_SECRET_ACCESS_KEY: 'other', AWS_PROFILE: 'q' },
        words: ['--profile', 'p'],
      }),
    ],
    [
      'what credential_process prints',
      (folder) => {
        const { Token: _token, ...rest } = containerReply();
        writeFileSync(join(folder, 'printed.json'), JSON.stringify({ Version: 1, ...rest }));
        return { config: `[default]\ncredential_process = cat ${join(folder, 'printed.json')}\n` };
      },
    ],
    [
      'a role that a profile assumes',
      async () => ({
        config: `[profile r]\nrole_arn = ${roleArn}\nsource_profile = base\n[profile base]\naws_access_key_id = b\naws_secret_access_key = b\n`,
        env: { AWS_ENDPOINT_URL_STS: await startSts() },
        words: ['--profile', 'r'],
      }),
    ],
    [
      'a role of a web identity',
      async (folder) => {
        writeFileSync(join(folder, 'web-token'), 'jwt');
        return {
          env: {
            AWS_ENDPOINT_URL_STS: await startSts(),
            AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'web-token'),
            AWS_ROLE_ARN: roleArn,
          },
        };
      },
    ],
    [
      'single sign-on',
      async (folder) => {
        noteSsoToken(folder, inAnHour());
        const { accessKeyId, secretAccessKey } = keys;
        const roleCredentials = {
          accessKeyId,
          secretAccessKey,
          sessionToken: 't',
          expiration: Date.now() + 3_600_000,
        };
        const url = await serveHttp(jsonReply(() => ({ roleCredentials })));
        return { config: ssoConfig, env: { AWS_ENDPOINT_URL_SSO: url }, words: ['--profile', 's'] };
      },
    ],
    [
      'the role of a container',
      async () => ({
        env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: await serveHttp(jsonReply(containerReply)) },
      }),
    ],
    [
      'the role of an EC2 instance',
      async () => {
        const url = await serveHttp((request, reply) => {
          request.resume();
          if (request.method === 'PUT') reply.end('metadata-token');
          else if (request.url?.endsWith('/security-credentials/')) reply.end('backup');
          else reply.end(JSON.stringify({ Code: 'Success', ...containerReply() }));
        });
        return { env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url } };
      },
    ],
  ])('%s, by the shipped program', async (_what, source) => {
    const { words, env } = await questionOf(source);
    const { exitCode, stderr } = await execa(process.execPath, [bin, ...words], {
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      // For "cat".
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: 'glacier-up: no open uploads' });
  });
});

test('when credentials take long, the run says what it is waiting for', async () => {
  let answer = (): void => {};
  const said = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { code, stderr } = await askWith(
    async () => ({
      env: {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: await serveHttp((request, reply) => {
          // Not before the note.
          void said.then(() => jsonReply(containerReply)(request, reply));
        }),
      },
    }),
    (text) => {
      if (text.includes('looking for credentials')) answer();
    },
  );
  expect(stderr).toContain(
    'looking for credentials: the environment, the AWS configuration, roles of a container',
  );
  expect(stderr).toContain('AWS_EC2_METADATA_DISABLED=true');
  expect(code).toBe(0);
});

test('the shipped program says nothing else meanwhile, as the SDK would on the console', async () => {
  const place = makePlace();
  let answer = (): void => {};
  const said = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const slow = await serveHttp((request, reply) => {
    void said.then(() => jsonReply(containerReply)(request, reply));
  });
  await place.plain(['vaults', 'create', 'demo', '--local', place.vaultFolder]);
  const server = await startVaultServer({ dir: place.vaultFolder, credentials: keys });
  onTestFinished(() => server.close());
  const child = execa(process.execPath, [bin, 'list-uploads', '--json', '--vault', 'demo'], {
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: {
      HOME: place.folder,
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_GLACIER: server.url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: slow,
    },
  });
  child.stderr.on('data', (text) => {
    // Both of what may be said: by us after a second, and by the SDK's own client after another.
    if (String(text).includes('looking for credentials')) setTimeout(answer, 500);
  });
  const { exitCode, stderr } = await child;
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  assertJsonContract(['--json'], {}, stderr);
  expect(stderr.split('\n')).toHaveLength(2);
});

describe('credentials that cannot be had', () => {
  const role = (more: string): string =>
    `[profile r]\nrole_arn = ${roleArn}\nsource_profile = base\n${more}\n[profile base]\naws_access_key_id = b\naws_secret_access_key = b\n`;
  const stsError = (status: number, code: string, message: string): Promise<string> =>
    serveHttp((request, reply) => {
      request.resume();
      reply.writeHead(status, { 'Content-Type': 'text/xml' });
      reply.end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    });

  test('without a code of multi-factor authentication say how to have them with one', async () => {
    const config = role('mfa_serial = arn:aws:iam::111122223333:mfa/me');
    const { code, stderr } = await askWith(() => ({ config, words: ['--profile', 'r'] }));
    expect(stderr).toContain('profile r needs an MFA code, which is not asked for here');
    expect(stderr).toContain('eval "$(aws configure export-credentials --profile r --format env)"');
    expect(stderr).not.toContain('sso');
    expect(code).toBe(7);
  });

  test('since nobody answers where they are given, are not the endpoint’s fault: exit 5', async () => {
    const env = { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1' };
    const { code, stderr } = await askWith(() => ({ config: role(''), env, words: ['--profile', 'r'] }));
    expect(stderr).toContain('the credentials of profile r could not be fetched: nothing listens there');
    expect(stderr).not.toContain('Glacier');
    expect(code).toBe(5);
  });

  test('since the role may not be assumed, name that, not an action of Glacier', async () => {
    const says = 'User: b is not authorized to perform: sts:AssumeRole on resource: backup';
    const url = await stsError(403, 'AccessDenied', says);
    const { code, stderr } = await askWith(() => ({
      config: role(''),
      env: { AWS_ENDPOINT_URL_STS: url },
      words: ['--profile', 'r'],
    }));
    expect(stderr).toContain(`the credentials of profile r could not be had: ${says} (AccessDenied)`);
    expect(stderr).not.toContain('glacier:');
    expect(code).toBe(7);
  });
});

describe('without credentials', () => {
  test('the error names what was looked at', async () => {
    const { code, stderr } = await askWith(() => ({ env: { AWS_EC2_METADATA_DISABLED: 'true' } }));
    expect(stderr).toContain(
      'no credentials were found: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, profile default',
    );
    expect(stderr).toContain('hint: configure them with "aws configure"');
    expect(code).toBe(7);
  });

  test('AWS_EC2_METADATA_DISABLED is respected: the instance is not asked', async () => {
    let asked = 0;
    const url = await serveHttp((_request, reply) => {
      asked += 1;
      reply.end();
    });
    const env = { AWS_EC2_METADATA_DISABLED: 'true', AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
    expect(await askWith(() => ({ env }))).toMatchObject({ code: 7 });
    expect(asked).toBe(0);
  });

  test('a profile that is not there is named', async () => {
    const { code, stderr } = await askWith(() => ({ words: ['--profile', 'typo'] }));
    expect(stderr).toContain(
      'no credentials were found: profile typo of the AWS configuration was looked at',
    );
    expect(stderr).toContain('hint: is the profile spelled so');
    expect(code).toBe(7);
  });

  test('an SSO session that has expired says how to renew it', async () => {
    const { code, stderr } = await askWith((folder) => {
      noteSsoToken(folder, '2026-01-01T00:00:00Z');
      return { config: ssoConfig, words: ['--profile', 's'] };
    });
    expect(stderr).toContain('the credentials have expired');
    expect(stderr).toContain('"aws sso login --profile s"');
    expect(code).toBe(7);
  });
});

test('the region of the profile counts when none is given', async () => {
  const { code, stderr } = await askWith(() => ({
    config: `[profile p]\nregion = ap-south-1\n${keyLines}`,
    env: { AWS_REGION: '' },
    words: ['--profile', 'p', '--vault', 'missing'],
  }));
  expect(stderr).toContain(
    'vault missing was not found in region ap-south-1, account 111122223333, that of profile p',
  );
  expect(code).toBe(8);
});
