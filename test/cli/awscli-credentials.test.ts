/** Which key signs, beside the AWS CLI of Debian: both are given the same environment, and a server notes who asks. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { isAwsInstalled, runAws } from '../helpers/aws-cli.js';
import { serveHttp } from '../helpers/network.js';
import { tempFolder } from '../helpers/temp-folder.js';

if (!isAwsInstalled)
  process.stderr.write('awscli-credentials.test.ts compares with nothing: awscli is not installed\n');

const bin = fileURLToPath(new URL('../../bin/glacier-up.js', import.meta.url));
const keys = { AWS_ACCESS_KEY_ID: 'KEYENV', AWS_SECRET_ACCESS_KEY: 's' };

const section = (header: string, name: string): string =>
  `[${header}]\naws_access_key_id = KEY${name}\naws_secret_access_key = s\nregion = of-${name}-1\n`;
const config = [
  section('default', 'DEFAULT'),
  section('profile p', 'P'),
  section('profile q', 'Q'),
  section('profile r', 'R'),
].join('');

/** Key, region and token of the one request, or null when nothing was asked. */
type Signer = string | null;

async function signerOf(
  run: (words: string[], env: Record<string, string>) => Promise<unknown>,
  words: string[],
  env: Record<string, string>,
): Promise<Signer> {
  const folder = tempFolder();
  writeFileSync(join(folder, 'config'), config);
  let signer: Signer = null;
  const url = await serveHttp((request, reply) => {
    request.resume();
    const [, key, region] =
      /Credential=([^/]+)\/\d+\/([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
    signer = [key, region, request.headers['x-amz-security-token']].filter(Boolean).join(' ');
    reply.setHeader('Content-Type', 'application/json').end('{"UploadsList":[],"Marker":null}');
  });
  await run([...words, '--endpoint-url', url], {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    ...env,
  });
  return signer;
}

const oursOf = (env: Record<string, string>, options: string[]): Promise<Signer> =>
  signerOf(
    (words, all) =>
      execa(process.execPath, words, { reject: false, stdin: 'ignore', extendEnv: false, env: all }),
    [bin, 'list-uploads', '--vault', 'v', '--retry-for', '0', ...options],
    env,
  );
const theirsOf = (env: Record<string, string>, options: string[]): Promise<Signer> =>
  signerOf(
    runAws,
    ['glacier', 'list-multipart-uploads', '--account-id', '-', '--vault-name', 'v', ...options],
    env,
  );

describe('the key that signs', () => {
  test.each<[string, Record<string, string>, string[], Signer]>([
    ['nothing is named', {}, [], 'KEYDEFAULT of-DEFAULT-1'],
    ['keys are in the environment', keys, [], 'KEYENV of-DEFAULT-1'],
    ['AWS_PROFILE names a profile', { AWS_PROFILE: 'p' }, [], 'KEYP of-P-1'],
    ['AWS_PROFILE names one, and keys are there', { AWS_PROFILE: 'p', ...keys }, [], 'KEYENV of-P-1'],
    [
      'and a session token',
      { AWS_PROFILE: 'p', ...keys, AWS_SESSION_TOKEN: 'token' },
      [],
      'KEYENV of-P-1 token',
    ],
    ['AWS_DEFAULT_PROFILE names a profile', { AWS_DEFAULT_PROFILE: 'q' }, [], 'KEYQ of-Q-1'],
    ['both name one', { AWS_PROFILE: 'p', AWS_DEFAULT_PROFILE: 'q' }, [], 'KEYP of-P-1'],
    [
      'both name one, and keys are there',
      { AWS_PROFILE: 'p', AWS_DEFAULT_PROFILE: 'q', ...keys },
      [],
      'KEYENV of-P-1',
    ],
    ['--profile names one', { AWS_PROFILE: 'p' }, ['--profile', 'r'], 'KEYR of-R-1'],
    ['--profile names one, and keys are there', { ...keys }, ['--profile', 'r'], 'KEYR of-R-1'],
    [
      '--profile names one, and everything else is there',
      { ...keys, AWS_PROFILE: 'p', AWS_DEFAULT_PROFILE: 'q' },
      ['--profile', 'r'],
      'KEYR of-R-1',
    ],
    [
      '--profile says default',
      { ...keys, AWS_PROFILE: 'p' },
      ['--profile', 'default'],
      'KEYDEFAULT of-DEFAULT-1',
    ],
    [
      'keys are set to nothing',
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      [],
      'KEYDEFAULT of-DEFAULT-1',
    ],
    [
      'only half of a key is there: its secret',
      { AWS_SECRET_ACCESS_KEY: 's' },
      [],
      'KEYDEFAULT of-DEFAULT-1',
    ],
    ['only half of a key is there: its ID', { AWS_ACCESS_KEY_ID: 'KEYENV' }, [], null],
    ['and a profile', { AWS_ACCESS_KEY_ID: 'KEYENV', AWS_PROFILE: 'p' }, [], null],
    ['AWS_PROFILE names one that is not there', { AWS_PROFILE: 'x' }, [], null],
    ['AWS_PROFILE names one that is not there, and keys are there', { AWS_PROFILE: 'x', ...keys }, [], null],
  ])('when %s is that of the AWS CLI', async (_when, env, options, signer) => {
    expect(await oursOf(env, options)).toBe(signer);
    if (isAwsInstalled) expect(await theirsOf(env, options)).toBe(signer);
  });

  test('when a profile is set to nothing is that of no profile, where the AWS CLI finds none', async () => {
    expect(await oursOf({ AWS_PROFILE: '' }, [])).toBe('KEYDEFAULT of-DEFAULT-1');
    if (isAwsInstalled) expect(await theirsOf({ AWS_PROFILE: '' }, [])).toBeNull();
  });
});
