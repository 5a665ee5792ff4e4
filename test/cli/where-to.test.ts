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
    const { run, makeVault } = makePlace();
    await makeVault();
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
    const { run, plain, file, vaultFolder, archives } = makePlace();
    const server = await startVaultServer({ dir: vaultFolder });
    const { code, stderr } = await run(['upload', '-q', file]);
    expect(code, stderr).toBe(11);
    expect(stderr).toContain('glacier-up serve');
    expect(stderr).toContain('--endpoint-url');
    expect(await run(['inventory'])).toMatchObject({ code: 11 });
    const second = await plain(['serve', '--dir', vaultFolder, '--port', '0']);
    expect(second).toMatchObject({
      code: 11,
      stderr: expect.stringContaining('stop that one first, or use another --dir'),
    });
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

  const id = 'a'.repeat(138);
  test.each<[string, (file: string) => string[]]>([
    ['list-uploads', () => ['list-uploads']],
    ['inventory', () => ['inventory']],
    ['inventory --request', () => ['inventory', '--request']],
    ['inventory --kept', () => ['inventory', '--kept']],
    ['list-parts', (file) => ['list-parts', file, '--upload-id', 'abc']],
    ['resume', (file) => ['resume', file, '--upload-id', 'abc']],
    ['complete', (file) => ['complete', file, '--upload-id', 'abc']],
    ['abort', () => ['abort', '--yes', '--upload-id', 'abc']],
    ['upload --shard', (file) => ['upload', file, '--shard', '0/2', '--upload-id', 'abc']],
    ['retrieve', (file) => ['retrieve', id, '-o', `${file}.back`]],
    ['delete', () => ['delete', '--yes', '--force', id]],
  ])('makes no vault and no folder for %s: exit 8', async (name, words) => {
    const place = makePlace(1000);
    const refused = await place.run(words(place.file));
    expect(refused, refused.stderr).toMatchObject({ code: 8, stdout: '' });
    expect(refused.stderr).toContain(`there is no embedded vault in ${place.vaultFolder}`);
    expect(existsSync(place.vaultFolder)).toBe(false);
    const local = ['--local', place.vaultFolder];
    await place.plain(['vaults', 'create', 'photos', ...local]);
    // What is kept here needs no vault that still exists.
    const code = name === 'inventory --kept' ? 4 : 8;
    expect(await place.run(words(place.file))).toMatchObject({ code });
    expect((await place.plain(['vaults', ...local])).stdout).toMatch(/^photos {2}[^\n]*\n$/);
  });

  test.each<[string, (file: string, vaultFolder: string) => string[]]>([
    ['upload', (file) => ['upload', file, '--vault', 'demo']],
    ['upload --begin', (file) => ['upload', file, '--begin', '--vault', 'demo']],
    ['upload -', () => ['upload', '-', '--name', 'x', '--eof-completes', '--vault', 'demo']],
    ['vaults create', () => ['vaults', 'create', 'demo']],
  ])('makes folder and vault for %s', async (_, words) => {
    const { plain, file, vaultFolder } = makePlace(1000);
    const local = ['--local', vaultFolder];
    expect(await plain([...words(file, vaultFolder), ...local], { stdin: 'text' })).toMatchObject({
      code: 0,
    });
    expect((await plain(['vaults', ...local])).stdout).toMatch(/^demo {2}/);
  });

  test('goes without region, profile, account and endpoint', async () => {
    const { run, file } = makePlace();
    const { code, stderr } = await run(['upload', file, '--region', 'eu-west-1']);
    expect(code).toBe(2);
    expect(stderr).toContain('--region does not go with --local');
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
    const { plain, makeVault, file, vaultFolder, archives } = makePlace();
    await makeVault();
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
