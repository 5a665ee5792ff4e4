/** Machines without a home folder, and folders that cannot be written: told before anything is sent. */
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeMachine } from './helpers/machine.js';
import { serveHere } from './helpers/served-vault.js';

const isRoot = process.getuid?.() === 0;
/** A number that no password file knows. */
const nobody = 54_321;
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

async function stage() {
  const machine = makeMachine();
  const server = await serveHere();
  await server.createVault('demo');
  const words = ['upload', machine.file, '--part-size', '1M', ...server.words('demo')];
  const uploadsBegun = (): string[] => readdirSync(join(server.folder, 'vaults/1/uploads'));
  return { machine, words, uploadsBegun };
}

describe('without HOME', () => {
  const bare = ['env', '-u', 'HOME'];

  test('an upload is refused before anything is sent: exit 9, naming what would help', async () => {
    const { machine, words, uploadsBegun } = await stage();
    const refused = await machine.run(words, { prefix: bare });
    expect(refused, refused.stderr).toMatchObject({ exitCode: 9, stdout: '' });
    expect(refused.stderr).toMatch(/HOME.*\n.*--state-dir/);
    expect(uploadsBegun()).toEqual([]);
  });

  test('an upload with --state-dir, and what needs no state, work', async () => {
    const { machine, words } = await stage();
    const stateDir = ['--state-dir', join(machine.folder, 'home/.local/state/glacier-up')];
    expect(await machine.run([...words, ...stateDir], { prefix: bare })).toMatchObject({ exitCode: 0 });
    for (const needless of [['treehash', machine.file], ['--help'], ['--version']]) {
      expect(await machine.run(needless, { prefix: bare })).toMatchObject({ exitCode: 0 });
    }
  });

  test.skipIf(!isRoot)(
    'and without an entry in the password file (needs root) it is told the same',
    async () => {
      const { machine, words, uploadsBegun } = await stage();
      chmodSync(machine.folder, 0o755);
      const refused = await machine.run(words, { prefix: [...asNobody, ...bare] });
      expect(refused, refused.stderr).toMatchObject({ exitCode: 9, stdout: '' });
      expect(uploadsBegun()).toEqual([]);
      const hashed = await machine.run(['treehash', machine.file], { prefix: [...asNobody, ...bare] });
      expect(hashed, hashed.stderr).toMatchObject({ exitCode: 0 });
    },
  );
});

describe.skipIf(!isRoot)('as a user who may not write there (needs root)', () => {
  test.each([
    ['state', 'state/glacier-up/sessions'],
    ['receipts', 'share/glacier-up'],
  ])('the folder for %s: exit 9 before anything is sent', async (_, readOnly) => {
    const { machine, words, uploadsBegun } = await stage();
    chmodSync(machine.folder, 0o755);
    for (const folder of ['state/glacier-up/sessions', 'share/glacier-up']) {
      mkdirSync(join(machine.home, '.local', folder), { recursive: true, mode: 0o700 });
      chownSync(join(machine.home, '.local', folder), nobody, nobody);
    }
    chmodSync(join(machine.home, '.local', readOnly), 0o500);
    for (const path of ['state/glacier-up', 'state', 'share'])
      chmodSync(join(machine.home, '.local', path), 0o755);
    for (const path of [machine.home, join(machine.home, '.local')]) chmodSync(path, 0o755);
    chmodSync(join(machine.folder, 'cwd'), 0o755);
    const refused = await machine.run(words, { prefix: asNobody });
    expect(refused, refused.stderr).toMatchObject({ exitCode: 9, stdout: '' });
    expect(refused.stderr).toContain('permission denied');
    expect(uploadsBegun()).toEqual([]);
    rmSync(join(machine.home, '.local'), { recursive: true });
  });
});
