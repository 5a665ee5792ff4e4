/** What is said is true, and what a hint or a note names leads on. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import type { CliResult } from '../helpers/cli.js';
import { jsonLines, makePlace, type Place } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const hourMs = 60 * 60 * 1000;
const parts = ['--part-size', '1M'];

function overwriteStart(file: string): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, 'changed', 0);
  closeSync(fd);
}

/** An upload of which so many of its 4 parts are stored. */
async function begun(stored: number): Promise<Place & { session: string; uploadId: string }> {
  const place = makePlace();
  await place.interrupted(['upload', place.file, ...parts], stored);
  const [session] = place.sessions();
  return { ...place, session: String(session?.id), uploadId: String(session?.uploadId) };
}

/** The words of the command that follows `glacier-up` in a message, as a shell reads them. */
function commandIn(text: string, name: string): string[] {
  const command = new RegExp(`glacier-up (${name}[^"\\n]*)`).exec(text)?.[1] ?? '';
  return command.split(' ').map((word) => word.replace(/^'|'$/g, ''));
}

describe('list-parts', () => {
  test('gives the first range that is missing as firstGap, not one that differs', async () => {
    const { run, file } = await begun(2);
    overwriteStart(file);
    const lines = jsonLines(await run(['list-parts', file, '--json']));
    expect(lines[0]).toMatchObject({ type: 'part', state: 'different' });
    expect(lines.at(-1)).toMatchObject({ type: 'parts', firstGap: `${2 * MiB}-${3 * MiB - 1}` });
  });

  test('of a changed file names the command that archives it as it is now', async () => {
    const { run, plain, file } = await begun(2);
    overwriteStart(file);
    const { stderr } = await run(['list-parts', file]);
    expect(stderr).not.toContain('glacier-up resume');
    expect(stderr).toContain('put the old file back to resume');
    expect((await plain(commandIn(stderr, 'upload'))).code).toBe(0);
  });
});

describe('resume SESSION', () => {
  test('of a file that was moved names its path, and the command that finds it under another', async () => {
    const { plain, file, folder, session, archives } = await begun(2);
    const moved = join(folder, 'moved.tar');
    renameSync(file, moved);
    const { code, stderr } = await plain(['resume', session]);
    expect(code).toBe(3);
    expect(stderr).toContain(`${file}: no such file`);
    const words = commandIn(stderr, 'resume').map((word) => (word === 'NEW-PATH' ? moved : word));
    expect(await plain(words)).toMatchObject({ code: 0 });
    expect(archives()).toHaveLength(1);
    expect((await plain(['resume', session])).code).toBe(0);
  });
});

describe('complete', () => {
  test('of a session can be repeated', async () => {
    const { plain, session } = await begun(4);
    const first = await plain(['complete', session]);
    expect(first.code).toBe(0);
    expect(await plain(['complete', session])).toMatchObject({ code: 0, stdout: first.stdout });
    expect(await plain(['complete', session.slice(0, 6)])).toMatchObject({ code: 0, stdout: first.stdout });
  });

  test('by tree hash and size needs no file, also where the session is', async () => {
    const { run, plain, file, uploadId, receipts, sessions } = await begun(4);
    const treeHash = (await plain(['treehash', file])).stdout.slice(0, 64);
    rmSync(file);
    const words = ['--upload-id', uploadId, '--tree-hash', treeHash, '--size', String(3.5 * MiB)];
    expect(await run(['complete', ...words])).toMatchObject({ code: 0 });
    expect(receipts()).toMatchObject([{ uploadId, path: file }]);
    expect(sessions()).toEqual([]);
  });

  test('of an upload whose ID was lost begins no other', async () => {
    const { run, plain, file, serve, sessions } = await makeServedPlace(1000);
    await serve({ faults: ['initiate:lose-reply'] });
    await run(['upload', file, '--retry-for', '0']);
    expect(sessions()).toMatchObject([{ phase: 'intent' }]);
    await serve({});
    const { code, stderr } = await plain(['complete', file]);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('it was not begun') });
    expect(jsonLines(await run(['list-uploads', '--json']))).toHaveLength(1);
    expect((await plain(commandIn(stderr, 'resume'))).code).toBe(0);
  });
});

describe('an upload that is refused before it begins leaves no session:', () => {
  test('with a mistyped vault', async () => {
    const { plain, file, sessions } = await makeServedPlace(1000);
    expect((await plain(['upload', file, '--vault', 'demmo'])).code).toBe(8);
    expect(sessions()).toEqual([]);
  });

  test.each(['UnrecognizedClientException', 'NoLongerSupportedException'])('with %s', async (error) => {
    const { run, file, serve, sessions } = await makeServedPlace(1000);
    await serve({ faults: [`initiate:error=${error}`] });
    expect((await run(['upload', file])).code).toBe(7);
    expect(sessions()).toEqual([]);
  });
});

describe('with --json', () => {
  test('retrieve and inventory that exit 5 print the job', async () => {
    const place = await makeServedPlace(1000, { jobDelayMs: 4 * hourMs });
    await place.run(['upload', place.file]);
    for (const words of [['retrieve', place.file, '-o', join(place.folder, 'out')], ['inventory']]) {
      const first = await place.run([...words, '--json']);
      expect(first.code).toBe(5);
      const [job] = jsonLines(first);
      expect(job).toMatchObject({ type: 'job', isNew: true, dueAt: '2026-03-01T17:00:00.000Z' });
      const second = await place.run([...words, '--json']);
      expect(jsonLines(second)).toMatchObject([{ type: 'job', jobId: job?.jobId, isNew: false }]);
    }
  });

  test('nothing is asked, on a terminal neither: delete and abort need --yes', async () => {
    const { run, plain, session, folder } = await begun(1);
    const declined: CliResult = await plain(['abort', session, '--json'], { columns: 80, stdin: 'y\n' });
    expect(declined.code).toBe(2);
    expect(JSON.parse(declined.stderr).hint).toContain('--json asks nothing: give --yes');
    const id = 'a'.repeat(138);
    const words = ['delete', '--json', '--force', '--vault', 'demo', '--local', join(folder, 'vault')];
    expect((await plain([...words, id], { columns: 80, stdin: 'y\n' })).code).toBe(2);
    expect((await run(['list-uploads'])).stdout).toContain(session);
  });
});

describe('retrieve', () => {
  test('of a file whose archive was deleted says so', async () => {
    const { run, plain, file } = await makeServedPlace(1000);
    const archiveId = (await run(['upload', file])).stdout.trim();
    await plain(['delete', '--yes', '--vault', 'demo', '--', archiveId]);
    rmSync(file);
    const { code, stderr } = await run(['retrieve', file]);
    expect(code).toBe(8);
    expect(stderr).toContain(
      `archive ${archiveId} of ${file} does not exist any more: it was deleted on 2026-03-01T12:00:00.000Z`,
    );
  });

  test.each([
    ['a folder', 'folder', 'folder is a folder'],
    ['a device', '/dev/null', 'is not a regular file'],
  ])('into %s is refused before a job is paid for, with --force too', async (_, name, message) => {
    const { run, file, folder, jobCount } = await makeServedPlace(1000);
    await run(['upload', file]);
    mkdirSync(join(folder, 'folder'));
    const out = name.startsWith('/') ? name : join(folder, name);
    for (const force of [[], ['--force']]) {
      const { code, stderr } = await run(['retrieve', file, '-o', out, ...force]);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    }
    expect(jobCount()).toBe(0);
  });
});

describe('receipts', () => {
  test('says which of them a variable hides', async () => {
    const { run, plain, file } = await makeServedPlace(1000);
    await run(['upload', file]);
    const env = { GLACIER_UP_VAULT: 'other' };
    const { code, stdout, stderr } = await plain(['receipts'], { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('1 receipt of other vaults is not shown, since GLACIER_UP_VAULT is other');
    expect((await plain(['receipts', '--vault', 'other'])).stderr).toBe(
      'glacier-up: no receipts of vault other\n',
    );
  });

  test('names the endpoint', async () => {
    const { run, plain, file, url } = await makeServedPlace(1000);
    await run(['upload', file]);
    expect((await plain(['receipts'])).stdout).toContain(`  demo (${url()})  `);
    expect(jsonLines(await plain(['receipts', '--json']))).toMatchObject([{ endpoint: url() }]);
  });
});

describe('numbers and options', () => {
  test('have the right noun, and are named as they are written', async () => {
    const { run, plain, file, vaultFolder } = makePlace();
    expect((await run(['upload', file, '-n'])).stdout).toContain(' in 1 part of ');
    const words = ['upload', file, '--vault', 'demo', '--local', vaultFolder];
    const { stderr } = await plain([...words, '--endpoint-url', 'https://glacier.example']);
    expect(stderr).toContain('--endpoint-url does not go with --local');
  });
});

describe('a file that may be known, behind a folder that cannot be searched', () => {
  test.each<[string, (file: string) => string[]]>([
    ['receipts', (file) => ['receipts', file]],
    ['retrieve', (file) => ['retrieve', file]],
    ['treehash --receipts', (file) => ['treehash', '--receipts', file]],
    ['resume', (file) => ['resume', file]],
    ['list-parts', (file) => ['list-parts', file]],
    ['complete', (file) => ['complete', file]],
    ['reconcile', (file) => ['reconcile', file]],
    ['abort', (file) => ['abort', '--yes', file]],
    ['upload', (file) => ['upload', file, '--vault', 'demo', '--local', 'vault']],
  ])('is not said to be unknown by %s: exit 3 names the fault', async (_, words) => {
    const { plain, folder } = makePlace(1000);
    symlinkSync('loop', join(folder, 'loop'));
    const refused = await plain(
      words(join(folder, 'loop/backup.tar')).map((word) => word.replace(/^vault$/, join(folder, 'vault'))),
    );
    expect(refused, refused.stderr).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain('too many symbolic links');
    // A name without a folder leads nowhere else: it is only unknown.
    expect(await plain(['resume', 'abcdef12'])).toMatchObject({ code: 4 });
  });

  test('is told with its path by the session that is resumed, and the session can be dropped', async () => {
    const { interrupted, plain, sessions, folder } = makePlace();
    const deep = join(folder, 'deep');
    mkdirSync(deep);
    const file = join(deep, 'big.tar');
    seededFile(file, 3.5 * MiB);
    await interrupted(['upload', file, '--part-size', '1M'], 1);
    rmSync(deep, { recursive: true });
    symlinkSync('deep', deep);
    const id = String(sessions()[0]?.id);
    const { code, stderr } = await plain(['resume', id]);
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(stderr).toContain(`${file}: too many symbolic links`);
    expect(stderr).not.toContain('bug');
    expect(await plain(['abort', id, '--yes'])).toMatchObject({ code: 0 });
  });
});

describe('without a folder for state that can be written', () => {
  const env = { HOME: '/proc/nowhere' };

  test('inventory prints all the same, and says that it is not kept', async () => {
    const place = await makeServedPlace(1000);
    const archiveId = (await place.run(['upload', place.file])).stdout.trim();
    for (const words of [['inventory'], ['inventory', '--wait']]) {
      const { code, stdout, stderr } = await place.run(words, { env });
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toContain(archiveId);
      expect(stderr).toContain('the inventory cannot be kept on this machine: /proc/nowhere');
    }
    const requested = await place.run(['inventory', '--request'], { env });
    expect(requested).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+\n$/) });
  });

  test('what only reads works, and finds nothing', async () => {
    const place = await makeServedPlace(1000);
    const uploadId = (await place.run(['upload', place.file, '--begin', '--part-size', '1M'])).stdout.trim();
    const shard = ['upload', place.file, '--upload-id', uploadId, '--shard', '0/1'];
    expect(await place.run(shard, { env })).toMatchObject({ code: 0 });
    const works = [
      ['sessions'],
      ['receipts'],
      ['list-uploads', '--vault', 'demo'],
      ['list-parts', place.file, '--vault', 'demo', '--upload-id', uploadId],
      ['vaults'],
      ['upload', place.file, '--dry-run', '--vault', 'demo'],
      ['treehash', place.file],
      ['abort', '--yes', '--vault', 'demo', '--upload-id', uploadId],
    ];
    for (const words of works) {
      const { code, stderr } = await place.plain(words, { env });
      expect({ words, code, stderr }).toMatchObject({ code: 0 });
    }
  });

  test('what must keep something is refused before anything is sent: exit 9, and what to do', async () => {
    const place = await makeServedPlace(1000);
    const archiveId = (await place.run(['upload', place.file])).stdout.trim();
    const before = place.archives();
    const refused = [
      ['upload', place.file],
      ['upload', '-', '--name', 'x', '--eof-completes'],
      ['delete', '--yes', '--force', archiveId],
    ];
    for (const words of refused) {
      const { code, stderr } = await place.run(words, { env, stdin: 'text' });
      expect({ words, code, stderr }).toMatchObject({ code: 9 });
      expect(stderr).toMatch(/\/proc\/nowhere\S*: no such folder, and it cannot be made\n/);
      expect(stderr).toContain('--state-dir');
    }
    expect(place.archives()).toEqual(before);
  });
});
