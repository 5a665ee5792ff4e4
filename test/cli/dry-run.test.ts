/** What `upload --dry-run` says of files in every state, and `--begin` and `--shard` where the environment contradicts itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import { jsonLines, makePlace } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const partSize = ['--part-size', '1M'];

describe('upload --dry-run', () => {
  test('says of each file what would be done, and adds up what would be sent', async () => {
    const { run, interrupted, file, folder } = makePlace(1.5 * MiB);
    const [archived, fresh, stored] = ['archived', 'fresh', 'stored'].map((name, seed) => {
      const path = join(folder, name);
      seededFile(path, 1.5 * MiB, seed + 2);
      return path;
    }) as [string, string, string];
    const { stdout: id } = await run(['upload', archived]);
    await interrupted(['upload', stored, ...partSize], 2);
    await interrupted(['upload', file, ...partSize], 1);
    const words = ['upload', archived, fresh, stored, file, ...partSize, '--dry-run'];
    const { code, stdout, stderr } = await run(words);
    expect(code).toBe(0);
    const lines = stdout.replaceAll('(dry run) ', '').replaceAll(`${folder}/`, '').trim().split('\n');
    expect(lines).toEqual([
      `archived: archived already as ${id.trim()}; nothing to send`,
      expect.stringMatching(
        /^fresh: 1\.50 MiB in 2 parts of 1 MiB; 0 stored already, 2 to send; 4 requests; description /,
      ),
      expect.stringMatching(
        /^stored: 1\.50 MiB in 2 parts of 1 MiB; 2 stored already, 0 to send; 1 request; description /,
      ),
      expect.stringMatching(
        /^backup\.tar: 1\.50 MiB in 2 parts of 1 MiB; 1 stored already, 1 to send; 2 requests; /,
      ),
      expect.stringMatching(/^2 files to send: 3 MiB, 6 requests; /),
    ]);
    expect(stderr).toMatch(/: 4 files: 2 to send, 1 to complete, 1 archived already/);
    const [first, second, , , sum, summary] = jsonLines(await run([...words, '--json']));
    expect(first).toMatchObject({ action: 'nothing', archiveId: id.trim(), parts: { toSend: 0 } });
    expect(second).toMatchObject({ action: 'begin', archiveId: null, estimate: { uploading: 0.0002 } });
    expect(sum).toMatchObject({ type: 'plan-sum', files: 2 });
    expect(summary).toMatchObject({ toSend: 2, toComplete: 1, archivedAlready: 1 });
  });

  test('says that the unfinished upload would be dropped', async () => {
    const { run, interrupted, file, sessions } = makePlace(1.5 * MiB);
    await interrupted(['upload', file, ...partSize], 1);
    const { stdout } = await run(['upload', file, ...partSize, '--start-over', '--dry-run']);
    expect(stdout).toContain(
      `(dry run) ${file}: drops the unfinished upload; 1.50 MiB in 2 parts of 1 MiB; 0 stored`,
    );
    expect((await run(['upload', file, '--dry-run'])).stdout).toContain(`${file}: 1.50 MiB in 2 parts`);
    expect(sessions()).toHaveLength(1);
  });

  test('says of a Complete without an answer that it would be sent again', async () => {
    const { run, serve, file, archives } = await makeServedPlace(1000);
    await serve({ faults: ['complete:error=ServiceUnavailableException'] });
    expect((await run(['upload', file, '--retry-for', '0'])).code).toBe(5);
    await serve({});
    const { code, stdout } = await run(['upload', file, '--dry-run']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `(dry run) ${file}: an earlier run sent Complete and got no answer: it is sent again (1 request); parts are sent only if the service refuses it\n`,
    });
    expect(jsonLines(await run(['upload', file, '--dry-run', '--json']))).toMatchObject([
      { action: 'complete-again', requests: 1 },
    ]);
    expect(archives()).toEqual([]);
  });
});

describe('upload --dry-run of what is no single file', () => {
  test('skips an empty file below a folder, as the upload would', async () => {
    const { run, folder, makeVault } = makePlace(1000);
    await makeVault();
    const tree = join(folder, 'tree');
    mkdirSync(tree);
    writeFileSync(join(tree, 'a'), 'a');
    writeFileSync(join(tree, 'empty'), '');
    const { code, stdout, stderr } = await run(['upload', '-r', tree, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringContaining(`(dry run) ${tree}/a: 1 byte in 1 part`),
    ]);
    expect(stderr).toMatch(/empty: skipped, it is empty.*\n.*: 2 files: 1 to send, 1 skipped/);
  });

  test('reads no standard input, which may be a terminal then', async () => {
    const { run } = makePlace(1000);
    const words = ['upload', '-', '--name', 'a tape', '--dry-run'];
    const { code, stdout } = await run(words, { columns: 80 });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '(dry run) a tape: parts of 64 MiB, at most 625 GiB in all; description "a tape"\n',
    });
    expect((await run([...words, '--part-size', '1M'])).stdout).toContain('parts of 1 MiB, at most 9.77 GiB');
    expect(jsonLines(await run([...words, '--json']))).toMatchObject([
      { type: 'stream-plan', name: 'a tape', partSizeBytes: 64 * MiB, mostBytes: 625 * 1024 * MiB },
    ]);
  });
});

describe('the standard input of an upload', () => {
  test('is not read further, however the upload ends', async () => {
    const { run, makeVault } = makePlace(1000);
    await makeVault();
    const whole = new PassThrough().end('all of it');
    const words = ['upload', '-', '--name', 'a tape', '--eof-completes'];
    expect((await run(words, { stdin: whole })).code).toBe(0);
    expect(whole.destroyed).toBe(true);
    const endless = new PassThrough();
    endless.write('the beginning');
    const refused = await run([...words, '--spool-dir', '/nowhere'], { stdin: endless });
    expect(refused.code).not.toBe(0);
    expect(endless.destroyed).toBe(true);
  });

  test('stays that of the command with --exec, also a terminal', async () => {
    const { run, makeVault, archives } = makePlace(1000);
    await makeVault();
    const stdin = new PassThrough();
    const words = ['upload', '-', '--name', 'a tape', '--exec', 'printf tape'];
    expect((await run(words, { stdin, columns: 80 })).code).toBe(0);
    expect(stdin.destroyed).toBe(false);
    expect(archives()).toHaveLength(1);
  });
});

test('one description is for one file, unless it names the file', async () => {
  const { run, file, receipts, makeVault, folder } = makePlace(1000);
  await makeVault();
  const other = join(folder, 'other.tar');
  seededFile(other, 1000, 2);
  const refused = await run(['upload', file, other, '--description', 'a tape']);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('--description is the same for all of these files');
  expect((await run(['upload', file, other, '--description', 'a tape: {name}'])).code).toBe(0);
  expect(receipts().map(({ description }) => description)).toEqual([
    'a tape: backup.tar',
    'a tape: other.tar',
  ]);
  expect((await run(['upload', file, '--again', '--description', 'a tape'])).code).toBe(0);
});

describe('upload for many machines, where the environment says something else,', () => {
  test.each<[string, string[], Record<string, string>, string]>([
    ['an upload ID and no shard', [], { UPLOAD_ID: 'abc' }, '--upload-id goes with --shard here'],
    ['a shard and no upload ID', [], { SHARD: '0/2' }, '--shard goes with --upload-id'],
    ['both', [], { BEGIN: 'yes', SHARD: '0/2' }, '--begin and --shard do not go together'],
    ['a dry run', [], { BEGIN: 'yes', DRY_RUN: 'yes' }, '--begin and --shard do not go with --dry-run'],
    [
      'another file',
      ['other'],
      { SHARD: '0/2', UPLOAD_ID: 'abc' },
      '--shard goes with exactly one file\nhint: each file is an upload of its own',
    ],
    [
      'another file to begin',
      ['other'],
      { BEGIN: 'yes' },
      '--begin goes with exactly one file\nhint: each file',
    ],
  ])('is refused: %s', async (_, more, variables, message) => {
    const { run, file } = makePlace(1000);
    const env = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [`GLACIER_UP_${name}`, value]),
    );
    const { code, stdout, stderr } = await run(['upload', file, ...more], { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('is refused for standard input, with the way out', async () => {
    const { run } = makePlace(1000);
    const { code, stderr } = await run(['upload', '-'], { env: { GLACIER_UP_BEGIN: 'yes' } });
    expect(code).toBe(2);
    expect(stderr).toContain(
      'hint: standard input cannot be read in shards; for a file of the name -, write ./-',
    );
  });
});

test('a shard says what it has sent, and what is next when nothing is missing', async () => {
  const { run, file, sessions } = await makeServedPlace(2.5 * MiB);
  const begun = await run(['upload', file, '--begin', ...partSize, '--description', 'a tape']);
  const uploadId = begun.stdout.trim();
  const shard = async (which: string) => {
    const { stderr } = await run(['upload', file, '--upload-id', uploadId, '--shard', which]);
    const last = stderr.trimEnd().split('\n').at(-1);
    return last?.replace(`glacier-up: ${file}, shard ${which}: `, '').split('; ');
  };
  const oneMissing = 'of the whole archive 1 of 3 parts are missing';
  expect(await shard('0/2')).toEqual(['its 2 parts are stored (2 sent now)', oneMissing]);
  expect(await shard('0/2')).toEqual(['its 2 parts are stored (0 sent now)', oneMissing]);
  expect(await shard('4/5')).toEqual(['no part falls to it', oneMissing]);
  expect(await shard('1/2')).toEqual([
    'its part is stored (1 sent now)',
    'no part of the archive is missing',
    `next: glacier-up complete --vault demo --upload-id=${uploadId} ${file}`,
  ]);
  expect(jsonLines(await run(['list-uploads', '--json']))).toMatchObject([
    { description: 'a tape', partSizeBytes: MiB },
  ]);
  expect(sessions()).toEqual([]);
});
