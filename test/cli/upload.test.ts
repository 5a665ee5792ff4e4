import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rawTreeHashOf } from '../../src/treehash/tree-hash.js';
import { MiB, seededBytes, seededFile } from '../helpers/bytes.js';
import { runCli } from '../helpers/cli.js';
import { makePlace, sha256Of } from '../helpers/place.js';

describe('upload', () => {
  test('prints the archive ID alone, and the vault has exactly the bytes of the file', async () => {
    const { run, file, description, archives, receipts } = makePlace();
    const { code, stdout, stderr } = await run(['upload', file, '--part-size', '1M']);
    expect(stderr).toContain('4 parts of 1 MiB');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[A-Za-z0-9_-]{138}\n$/);
    expect(archives()).toEqual([sha256Of(file)]);
    expect(receipts()).toHaveLength(1);
    expect(receipts()[0]).toMatchObject({
      archiveId: stdout.trim(),
      sizeBytes: 3.5 * MiB,
      treeHash: rawTreeHashOf(readFileSync(file)).toString('hex'),
      description,
      partSizeBytes: MiB,
      parts: { total: 4, sent: 4, kept: 0 },
      path: file,
    });
  });

  test('leaves no session and no lock behind', async () => {
    const { run, file, folder } = makePlace();
    await run(['upload', file]);
    expect(readdirSync(join(folder, 'home/.local/state/glacier-up/sessions'))).toEqual([]);
  });

  test('run again prints the same ID and sends nothing', async () => {
    const { run, file, archives } = makePlace();
    const first = await run(['upload', file]);
    const second = await run(['upload', file]);
    expect(second).toMatchObject({ code: 0, stdout: first.stdout });
    expect(second.stderr).toContain('archived already');
    expect(archives()).toHaveLength(1);
  });

  test('of a touched file hashes it and finds that it is archived', async () => {
    const { run, file, archives } = makePlace();
    const first = await run(['upload', file]);
    utimesSync(file, new Date(), new Date());
    const second = await run(['upload', file]);
    expect(second).toMatchObject({ code: 0, stdout: first.stdout });
    expect(archives()).toHaveLength(1);
  });

  test('of a file with other content makes another archive', async () => {
    const { run, file, archives, receipts } = makePlace();
    await run(['upload', file]);
    seededFile(file, 3.5 * MiB, 2);
    expect((await run(['upload', file])).code).toBe(0);
    expect(archives()).toHaveLength(2);
    expect(receipts().map(({ treeHash }) => treeHash)).toEqual([
      rawTreeHashOf(seededBytes(3.5 * MiB, 1)).toString('hex'),
      rawTreeHashOf(seededBytes(3.5 * MiB, 2)).toString('hex'),
    ]);
  });

  test('--again archives once more', async () => {
    const { run, file, archives, receipts } = makePlace();
    await run(['upload', file]);
    expect((await run(['upload', file, '--again'])).code).toBe(0);
    expect(archives()).toHaveLength(2);
    expect(new Set(receipts().map(({ uploadId }) => uploadId)).size).toBe(2);
  });

  test('into another vault is another archive', async () => {
    const { run, file, folder } = makePlace();
    await run(['upload', file]);
    const other = ['upload', file, '--vault', 'other', '--local', join(folder, 'vault')];
    const { code, stderr } = await runCli(other, { folder });
    expect(code).toBe(0);
    expect(stderr).not.toContain('archived already');
  });

  test('into a vault folder made again does not trust the receipts of the old one', async () => {
    const { run, file, folder, archives } = makePlace();
    await run(['upload', file]);
    renameSync(join(folder, 'vault'), join(folder, 'old-vault'));
    expect((await run(['upload', file])).code).toBe(0);
    expect(archives()).toHaveLength(1);
  });

  test('of several files prints ID and name of each, and goes on after one that is missing', async () => {
    const { run, file, folder } = makePlace();
    const other = join(folder, 'other.tar');
    seededFile(other, 1000, 3);
    const missing = join(folder, 'missing.tar');
    const { code, stdout, stderr } = await run(['upload', file, missing, other]);
    expect(code).toBe(3);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^[A-Za-z0-9_-]{138}  ${file}$`)),
      expect.stringMatching(new RegExp(`^[A-Za-z0-9_-]{138}  ${other}$`)),
      '',
    ]);
    expect(stderr).toContain(`glacier-up: upload: ${missing}: no such file`);
  });

  test('--json ends with one archive object for each file', async () => {
    const { run, file } = makePlace();
    const { stdout } = await run(['upload', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'archive',
      schema: 1,
      file,
      accountId: expect.stringMatching(/^\d{12}$/),
      location: expect.stringMatching(/^\/\d{12}\/vaults\/demo\/archives\//),
      vault: 'demo',
      sizeBytes: 3.5 * MiB,
      parts: { total: 1, sent: 1, kept: 0 },
    });
  });

  test('--quiet says nothing but the archive ID', async () => {
    const { run, file } = makePlace();
    const { stdout, stderr } = await run(['upload', file, '--quiet']);
    expect(stdout).toMatch(/^[A-Za-z0-9_-]{138}\n$/);
    expect(stderr).toBe('');
  });

  test('--dry-run shows the plan, sends nothing and leaves no session', async () => {
    const { run, file, folder } = makePlace();
    const { code, stdout } = await run(['upload', file, '--part-size', '1M', '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain('4 parts of 1 MiB; 0 stored already, 4 to send; 6 requests');
    expect(readdirSync(join(folder, 'vault/vaults/1/uploads'))).toEqual([]);
  });

  test('every byte value arrives as it is', async () => {
    const { run, folder, archives } = makePlace();
    const file = join(folder, 'all-bytes');
    writeFileSync(file, Buffer.from(Array.from({ length: 256 }, (_, value) => value)));
    await run(['upload', file]);
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('state is 0600 in folders of 0700, under any umask', async () => {
    const umask = process.umask(0);
    try {
      const { run, file, folder } = makePlace();
      await run(['upload', file]);
      const share = join(folder, 'home/.local/share/glacier-up');
      expect(statSync(share).mode & 0o777).toBe(0o700);
      expect(statSync(join(share, 'receipts.jsonl')).mode & 0o777).toBe(0o600);
      expect(statSync(join(folder, 'home/.local/state/glacier-up/sessions')).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(umask);
    }
  });
});

describe('a file that changes while it is being sent', () => {
  test.each([
    ['grows', (file: string) => appendFileSync(file, 'x')],
    ['is cut', (file: string) => truncateSync(file, 100)],
    ['is written to in place', (file: string) => seededFile(file, 3.5 * MiB, 2)],
  ])('and %s is not archived: exit 3, no archive and no receipt', async (_, change) => {
    const { run, file, receipts, vaultFolder } = makePlace();
    let isChanged = false;
    const onStderr = (text: string): void => {
      if (isChanged || !/part \S+ stored/.test(text)) return;
      isChanged = true;
      change(file);
    };
    const words = ['upload', file, '--part-size', '1M', '--concurrency', '1', '--verbose'];
    const { code, stdout, stderr } = await run(words, { onStderr });
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/the file changed while it was being read|it shrank while being/);
    expect(readdirSync(join(vaultFolder, 'vaults/1/archives'))).toEqual([]);
    expect(receipts()).toEqual([]);
  });
});

describe('upload refuses, before anything is sent,', () => {
  test.each([
    ['a directory', 'folder', 'a directory'],
    ['an empty file', 'empty', 'it is empty'],
    ['a missing file', 'missing', 'no such file'],
  ])('%s, with exit 3', async (_, name, message) => {
    const { run, folder } = makePlace();
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'empty'), '');
    const { code, stdout, stderr } = await run(['upload', join(folder, name)]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  test.each([
    ['a part size that is no power of two', ['--part-size', '3M'], 'the nearest to 3M is 2M or 4M'],
    ['a size that could mean two things', ['--part-size', '64MB'], 'Write 64M for 64 MiB'],
    [
      'a description that Glacier does not take',
      ['--description', 'día'],
      'character 2 is not printable ASCII',
    ],
    ['a description that HTTP would cut', ['--description', ' x'], 'begins or ends with a space'],
    ['a vault name that is a path', ['--vault', '..'], 'taken for a path'],
    ['an option without its value', ['--description', '--quiet'], '--quiet is an option itself'],
    ['plain HTTP to another machine', ['--endpoint-url', 'http://example.com'], 'Only https://'],
    ['standard input beside a file', ['-'], 'standard input goes alone'],
    ['an unknown option', ['--parts-size', '1M'], "unknown option '--parts-size'"],
  ])('%s, with exit 2', async (_, words, message) => {
    const { folder, file } = makePlace();
    const { code, stdout, stderr } = await runCli(
      ['upload', file, '--vault', 'demo', '--local', join(folder, 'vault'), ...words],
      { folder },
    );
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(() => statSync(join(folder, 'vault'))).toThrow('ENOENT');
  });
});
