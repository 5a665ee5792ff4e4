/** What `empty` and `restore` say of their plans and their ends, and to whom. */
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../src/session/lock.js';
import type { CliOptions } from '../helpers/cli.js';
import { makeSeededVault } from '../helpers/seeded-vault.js';
import type { ServeOptions } from '../helpers/served-place.js';

async function seeded(command: 'empty' | 'restore', seeds: string[], options: ServeOptions = {}) {
  const vault = await makeSeededVault(command, seeds, options);
  const words = command === 'restore' ? ['--to', `${vault.folder}/out`] : [];
  const run = (more: string[] = [], how: Partial<CliOptions> = {}) =>
    vault.plain([command, '--vault', 'demo', ...words, ...more], how);
  return { ...vault, run };
}

const nextStep =
  /Glacier counts a vault about once a day; then "glacier-up vaults delete demo[^"]*" deletes the vault if it is empty\n$/;

describe('empty', () => {
  test('shows its plan on stderr, says how it ended, and what to do next', async () => {
    const { run } = await seeded('empty', ['demo=3']);
    const { code, stdout, stderr } = await run(['--confirm', 'demo']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('to delete: 3 archives');
    expect(stderr).toMatch(/3 archives: 3 deleted; report: \S+report\.jsonl\n/);
    expect(stderr).toMatch(nextStep);
  });

  test('says nothing under --quiet when all went well', async () => {
    const { run } = await seeded('empty', ['demo=3']);
    expect(await run(['--confirm', 'demo', '--quiet'])).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
  });

  test('shows under --quiet what it asks about, and how many are left', async () => {
    const { run } = await seeded('empty', ['demo=3'], {
      faults: ['delete-archive#2:error=ResourceNotFoundException'],
    });
    const { code, stderr } = await run(['--quiet'], { columns: 100, stdin: new PassThrough().end('demo\n') });
    expect(stderr).toContain('to delete: 3 archives');
    expect(code).toBe(8);
    expect(stderr).toMatch(/3 archives: \d deleted, .*; report: /);
  });

  test('asks nothing when all is done already', async () => {
    const { run } = await seeded('empty', ['demo=3']);
    expect((await run(['--confirm', 'demo'])).code).toBe(0);
    const again = await run([], { columns: 100 });
    expect(again.code).toBe(0);
    expect(again.stderr).not.toContain('Type the name');
  });

  test('does not offer to delete a vault in which it leaves archives', async () => {
    const { run } = await seeded('empty', ['demo=3']);
    const { code, stderr } = await run(['--confirm', 'demo', '--match', '*001']);
    expect(code).toBe(0);
    expect(stderr).not.toContain('once a day');
  });

  test('takes a list from standard input only with --confirm, for the answer would be there, too', async () => {
    const { run } = await seeded('empty', ['demo=3']);
    const words = ['--files-from', '-'];
    const refused = await run(words, { columns: 100, stdin: 'seeded/1\n' });
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('standard input is the list, and cannot answer the question, too'),
    });
    const shown = await run([...words, '--dry-run'], { stdin: 'nothing\n' });
    expect(shown.stdout).toContain('to delete: 0 archives');
  });
});

describe('restore', () => {
  test('shows its plan on stderr and how it ended; with --dry-run the plan on stdout alone', async () => {
    const { run } = await seeded('restore', ['demo=3']);
    const dry = await run(['--dry-run']);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('to restore: 3 archives') });
    expect(dry.stderr).not.toContain('to restore');
    const done = await run(['--wait']);
    expect(done).toMatchObject({ code: 0, stdout: '' });
    expect(done.stderr).toContain('to restore: 3 archives');
    expect(done.stderr).toMatch(/3 archives: 3 restored; report: \S+report\.jsonl\n$/);
  });

  test('says nothing under --quiet when all went well, and else how many are left', async () => {
    const { run, plain, clock } = await seeded('restore', ['demo=3'], { jobDelayMs: 3_600_000 });
    expect((await plain(['inventory', '--vault', 'demo', '--wait'])).code).toBe(0);
    const pending = await run(['--quiet']);
    expect(pending.code).toBe(5);
    expect(pending.stderr).toMatch(/3 archives: 0 restored, 3 left; report: /);
    clock.pass(3_600_000);
    expect(await run(['--quiet'])).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('needs to be told where to', async () => {
    const { plain } = await makeSeededVault('restore', ['demo=1']);
    expect(await plain(['restore', '--vault', 'demo'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it is not said where to restore to'),
    });
  });
});

describe.each(['empty', 'restore'] as const)('a plan of %s that another process works on', (command) => {
  test('is waited for as long as --wait-lock says, and no longer', async () => {
    const { run, planFile, clock } = await seeded(command, ['demo=1']);
    const words = command === 'empty' ? ['--confirm', 'demo'] : ['--wait'];
    expect((await run([...words, '--dry-run'])).code).toBe(0);
    const lock = await acquireLock(`${planFile('')}.lock`, {
      clock,
      signal: new AbortController().signal,
      what: 'the plan',
      waitMs: 0,
    });
    const refused = await run(words);
    expect(refused.code).toBe(11);
    expect(refused.stderr).not.toContain('waiting for');
    const waited = await run([...words, '--wait-lock', '1s']);
    expect(waited.code).toBe(11);
    expect(waited.stderr).toMatch(/waiting for .*, which works on this vault/);
    lock.release();
    expect((await run(words)).code).toBe(0);
  });
});
