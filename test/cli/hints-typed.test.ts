/** A hint names a command as it must be typed: with the state folder and the vault of the command that failed. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePlace } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const lines = (stderr: string): Record<string, unknown>[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

describe('a command in a hint', () => {
  test('gets the state folder and the vault that were typed', async () => {
    const { run, file, folder, vaultFolder } = makePlace();
    const stateDir = join(folder, 'a state');
    await run(['upload', file]);
    const id = 'a'.repeat(138);
    const { stderr } = await run(['retrieve', id, '-o', join(folder, 'out'), '--state-dir', stateDir]);
    expect(stderr).toContain(
      `"glacier-up inventory --vault demo --local ${vaultFolder} --state-dir '${stateDir}'" lists what a vault has`,
    );
  });

  test('is left alone where the environment says it', async () => {
    const { plain, run, file, folder, vaultFolder } = makePlace();
    await run(['upload', file]);
    const env = {
      GLACIER_UP_STATE_DIR: join(folder, 'state'),
      GLACIER_UP_VAULT: 'demo',
      GLACIER_UP_LOCAL: vaultFolder,
    };
    const { stderr } = await plain(['retrieve', 'a'.repeat(138), '-o', join(folder, 'out')], { env });
    expect(stderr).toContain('"glacier-up inventory" lists what a vault has');
  });

  test('gets the place, and no vault, where it takes none', async () => {
    const { plain, url } = await makeServedPlace();
    const where = ['--region', 'eu-west-1', '--endpoint-url', url()];
    const { stderr } = await plain(['inventory', '--request', '--vault', 'other', ...where]);
    expect(stderr).toContain(`"glacier-up vaults ${where.join(' ')}" lists those there`);
  });

  test('gets no vault where it finds its way by a session', async () => {
    const { plain, folder } = makePlace();
    const stateDir = join(folder, 'state');
    const { stderr } = await plain(['abort', 'f'.repeat(20), '--yes', '--state-dir', stateDir]);
    expect(stderr).toContain(`"glacier-up sessions --state-dir ${stateDir}"`);
  });

  test('stands in JSON by itself, ready for a shell', async () => {
    const { plain, folder } = makePlace();
    const stateDir = join(folder, 'state');
    const { stderr } = await plain(['abort', 'f'.repeat(20), '--yes', '--json', '--state-dir', stateDir]);
    expect(lines(stderr)).toMatchObject([
      {
        type: 'error',
        next: [`glacier-up sessions --state-dir ${stateDir}`, `glacier-up receipts --state-dir ${stateDir}`],
      },
    ]);
  });
});
