/** The check itself: it passes on a plain run, and fails on each thing that it promises to find. */
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Machine, makeMachine, markers } from './helpers/machine.js';
import { assertPromise, type Promised } from './helpers/promise.js';
import { serveHere } from './helpers/served-vault.js';

async function archived(): Promise<{ machine: Machine; promised: Promised }> {
  const machine = makeMachine();
  const vault = await serveHere();
  await vault.createVault('demo');
  await machine.run(['upload', machine.file, '--part-size', '1M', ...vault.words('demo')]);
  return { machine, promised: { vaultFolder: vault.folder, vault: 'demo' } };
}

describe('the check of the promise', () => {
  test('passes after one plain upload, and after the same with --local', async () => {
    const { machine, promised } = await archived();
    expect(assertPromise(machine, promised).description).toBe(machine.file.slice(1));
    const local = makeMachine();
    const vaultFolder = join(local.folder, 'vault');
    await local.run(['upload', local.file, '--part-size', '1M', '--vault', 'demo', '--local', vaultFolder]);
    assertPromise(local, { vaultFolder, vault: 'demo' });
  });

  test('finds a second archive, a second receipt, a secret, a stray file, a changed source and an unknown ending', async () => {
    const { machine, promised } = await archived();
    const check = (): unknown => assertPromise(machine, promised);
    check();
    const spoil = (file: string, text: string): (() => void) => {
      const before = readFileSync(file);
      appendFileSync(file, text);
      return () => writeFileSync(file, before);
    };
    const receipt = readFileSync(machine.receiptFile, 'utf8');
    const archives = join(promised.vaultFolder, 'vaults/1/archives');
    for (const [file, text] of [
      [machine.receiptFile, receipt],
      [machine.receiptFile, markers.AWS_SECRET_ACCESS_KEY],
      [join(archives, '1.archive'), 'x'],
    ] as const) {
      const mend = spoil(file, text);
      expect(check, `${file} ${text}`).toThrow();
      mend();
      check();
    }
    machine.outcomes.unshift({ words: [], exitCode: 134, signal: null, stdout: '', stderr: '' });
    expect(check).toThrow();
    machine.outcomes[0] = { words: [], exitCode: null, signal: 'SIGSEGV', stdout: '', stderr: '' };
    expect(check).toThrow(/unexpected signal/);
    machine.outcomes[0] = { words: [], exitCode: 5, signal: null, stdout: '', stderr: '' };
    check();
    machine.outcomes.push({ words: [], exitCode: 1, signal: null, stdout: '', stderr: '' });
    expect(check).toThrow();
    machine.outcomes.pop();
    copyFileSync(machine.file, join(machine.folder, 'cwd/stray'));
    expect(check).toThrow(/stray was written/);
  });

  test('finds a source that was touched', async () => {
    const { machine, promised } = await archived();
    writeFileSync(machine.file, readFileSync(machine.file));
    expect(() => assertPromise(machine, promised)).toThrow(/source changed/);
  });

  test('finds a second archive', async () => {
    const { machine, promised } = await archived();
    const archives = join(promised.vaultFolder, 'vaults/1/archives');
    copyFileSync(join(archives, '1.archive'), join(archives, '2.archive'));
    expect(() => assertPromise(machine, promised)).toThrow(/archives in the vault/);
  });
});
