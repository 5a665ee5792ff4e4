import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type Conf from 'conf';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { leftOutOf } from '../../../scripts/left-out.mjs';

/** Bundles this source as `dist` is bundled, and loads it. */
async function load(name: 'conf' | 'commander', source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const entry = fileURLToPath(new URL('entry.mjs', import.meta.url));
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    plugins: [
      leftOutOf(name),
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
    const { folder, exported } = await load('conf', `export { default } from 'conf';`);
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
    await expect(load('conf', 'export default 1;')).rejects.toThrow(
      'conf does not import ajv/dist/2020.js, ajv-formats, semver any more',
    );
  });
});

test('what is left out of commander is missed only by subcommands that are programs of their own', async () => {
  const { exported } = await load('commander', `export { Command } from 'commander';`);
  const made: Command = new exported.Command();
  const seen: string[] = [];
  made.command('here').action(() => void seen.push('here'));
  made.command('elsewhere', 'a program of its own', { executableFile: '/bin/true' });
  await made.parseAsync(['here'], { from: 'user' });
  expect(seen).toEqual(['here']);
  await expect(made.parseAsync(['elsewhere'], { from: 'user' })).rejects.toThrow(
    'node:child_process is left out of the bundle',
  );
});
