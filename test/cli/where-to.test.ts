import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { makePlace, sha256Of } from '../helpers/place.js';

describe('IDs that begin with a hyphen or an underscore', () => {
  test.each([
    ['--upload-id', '-abc'],
    ['--upload-id=-abc'],
    ['--upload-id', '_abc'],
    ['--upload-id', '--abc'],
  ])('are taken as values: %s %s', async (...words) => {
    const { run } = makePlace();
    const upload = words.filter(Boolean);
    // Gone, which only the service can say: it was asked about the very ID.
    expect(await run(['list-parts', ...upload])).toMatchObject({
      code: 8,
      stderr: expect.stringMatching(/The upload ID was not found: [-_]+abc/),
    });
    expect(await run(['abort', '--yes', ...upload])).toMatchObject({ code: 0 });
  });

  test('are taken as operands behind --', async () => {
    const { plain } = makePlace();
    const { code, stderr } = await plain(['list-parts', '--', '-abcdef']);
    expect(code).toBe(4);
    expect(stderr).toContain('list-parts: no unfinished upload of this file, and no session of this ID');
  });
});

describe('--local', () => {
  test('waits for a folder that another command has open, and says so', async () => {
    const { run, file, vaultFolder, archives } = makePlace();
    const server = await startVaultServer({ dir: vaultFolder, role: 'command' });
    let said = '';
    const onStderr = (text: string): void => {
      said += text;
      if (said.includes('waiting for')) void server.close();
    };
    const { code } = await run(['upload', file], { onStderr });
    expect(code).toBe(0);
    expect(said).toContain(`has the embedded vault in ${vaultFolder} open`);
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('does not wait for ever: --wait-lock says how long for, else --retry-for: exit 11', async () => {
    const { run, file, vaultFolder } = makePlace();
    const server = await startVaultServer({ dir: vaultFolder, role: 'command' });
    onTestFinished(() => server.close());
    for (const more of [
      ['--wait-lock', '1s'],
      ['--retry-for', '1s'],
      ['--wait-lock', '0', '--retry-for', '1d'],
    ]) {
      const { code, stderr } = await run(['upload', '-q', file, ...more]);
      expect(code, stderr).toBe(11);
      expect(stderr).toContain(`${vaultFolder} is in use by process ${process.pid}`);
    }
  });

  test('does not wait for a server, which ends when it is stopped: exit 11, unless --wait-lock is given', async () => {
    const { run, file, vaultFolder, archives } = makePlace();
    const server = await startVaultServer({ dir: vaultFolder });
    const { code, stderr } = await run(['upload', '-q', file]);
    expect(code, stderr).toBe(11);
    expect(stderr).toContain('glacier-up serve');
    expect(stderr).toContain('--endpoint-url');
    expect(await run(['inventory'])).toMatchObject({ code: 11 });
    const onStderr = (text: string): void => {
      if (text.includes('waiting for')) void server.close();
    };
    expect(await run(['upload', file, '--wait-lock', '1d'], { onStderr })).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('refuses a folder that is no vault folder, and leaves it as it is', async () => {
    const { plain, file, folder } = makePlace();
    writeFileSync(join(folder, 'precious'), 'text');
    const { code, stderr } = await plain(['upload', file, '--vault', 'demo', '--local', folder]);
    expect({ code, stderr }).toMatchObject({ code: 9 });
    expect(readdirSync(folder).sort()).toEqual(['backup.tar', 'precious']);
  });

  test('goes without region, profile, account and endpoint', async () => {
    const { run, file } = makePlace();
    const { code, stderr } = await run(['upload', file, '--region', 'eu-west-1']);
    expect(code).toBe(2);
    expect(stderr).toContain('--local goes without --region');
  });
});

describe('a vault at an endpoint', () => {
  // The SDK's own chain looks for credentials, and reads the process's environment.
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
  });
  afterEach(() => void vi.unstubAllEnvs());

  test('is found through options of ours, then AWS variables, AWS_DEFAULT_REGION among them', async () => {
    const { plain, run, file, vaultFolder, archives } = makePlace();
    // Makes the vault.
    await run(['list-uploads']);
    const server = await startVaultServer({ dir: vaultFolder });
    try {
      const env = { AWS_DEFAULT_REGION: 'eu-west-1', AWS_ENDPOINT_URL_GLACIER: server.url };
      const { code, stdout } = await plain(['upload', file, '--json'], {
        env: { ...env, GLACIER_UP_VAULT: 'demo' },
      });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ region: 'eu-west-1', vault: 'demo' });
      expect(archives()).toEqual([sha256Of(file)]);
    } finally {
      await server.close();
    }
  });

  test('that does not exist is never made: exit 8, and no session is left in its way', async () => {
    const { plain, file, vaultFolder } = makePlace();
    const server = await startVaultServer({ dir: vaultFolder });
    try {
      const words = [
        'upload',
        file,
        '--vault',
        'nowhere',
        '--endpoint-url',
        server.url,
        '--region',
        'us-east-1',
      ];
      const { code, stderr } = await plain(words);
      expect(code).toBe(8);
      expect(stderr).toContain('vault nowhere was not found');
      expect(existsSync(join(vaultFolder, 'vaults/1'))).toBe(false);
    } finally {
      await server.close();
    }
  });

  test('without a region is refused before anything is sent, naming where it was looked for', async () => {
    const { plain, file, folder } = makePlace();
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'no-config'));
    vi.stubEnv('AWS_REGION', undefined);
    const { code, stderr } = await plain(['upload', file, '--vault', 'demo']);
    expect({ code, stderr }).toMatchObject({ code: 7 });
    expect(stderr).toContain('AWS_DEFAULT_REGION');
  });

  test('without a name is a usage error', async () => {
    const { plain, file } = makePlace();
    const { code, stderr } = await plain(['upload', file, '--region', 'us-east-1']);
    expect(code).toBe(2);
    expect(stderr).toContain('give --vault NAME, or set GLACIER_UP_VAULT');
  });
});
