import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Conf from 'conf';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { leftOutOfConf } from '../../../scripts/left-out-of-conf.mjs';

/** Bundles this source as `dist` is bundled, and loads it. */
async function load(source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const entry = fileURLToPath(new URL('entry.mjs', import.meta.url));
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    plugins: [
      leftOutOfConf(),
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? source : null),
      },
    ],
  });
  await bundle.write({ file: join(folder, 'bundle.cjs'), format: 'cjs' });
  return { folder, exported: createRequire(import.meta.url)(join(folder, 'bundle.cjs')) };
}

describe('what is left out of conf', () => {
  test('is not missed by a store without a schema, and refuses one with it by name', async () => {
    const { folder, exported } = await load(`export { default } from 'conf';`);
    const Store: typeof Conf = exported;
    const store = new Store({ cwd: folder, configName: 'plain' });
    store.set('key', 'value');
    expect(new Store({ cwd: folder, configName: 'plain' }).get('key')).toBe('value');
    expect(
      () => new Store({ cwd: folder, configName: 'checked', schema: { key: { type: 'string' } } }),
    ).toThrow(/ajv.* is left out of the bundle/);
    expect(
      () =>
        new Store({
          cwd: folder,
          configName: 'moved',
          projectVersion: '1.0.0',
          migrations: { '1.0.0': () => {} },
        }),
    ).toThrow('semver is left out of the bundle');
  });

  test('fails the build when conf no longer imports it', async () => {
    await expect(load('export default 1;')).rejects.toThrow(
      'conf does not import ajv/dist/2020.js, ajv-formats, semver any more',
    );
  });
});
