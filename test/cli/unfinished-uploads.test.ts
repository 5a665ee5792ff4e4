/** What `list-uploads`, `list-parts`, `resume` and `complete` say of uploads that were not brought to their end. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { UploadSession } from '../../src/session/session.js';
import { openSessionStore } from '../../src/session/session-store.js';
import { MiB, seededFile } from '../helpers/bytes.js';
import { jsonLines, makePlace, type Place, sha256Of } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const partSize = ['--part-size', '1M'];

/** A file of two parts whose upload was interrupted after so many. */
async function interrupted(parts = 1) {
  const place = makePlace(1.5 * MiB);
  await place.interrupted(['upload', place.file, ...partSize], parts);
  return { ...place, id: String(place.sessions()[0]?.id), uploadId: String(place.sessions()[0]?.uploadId) };
}

/** Saves the one session with these changes, as another version or a crash would have left it. */
async function changeSession(place: Place, changes: Partial<UploadSession>): Promise<void> {
  const store = await openSessionStore(dirname(place.sessionFile()), process.getuid?.());
  store.save({ ...place.sessions()[0], ...changes } as UploadSession);
}

/** Another file whose upload is interrupted, too. */
async function interruptOther(place: Place): Promise<string> {
  const other = join(place.folder, 'other.tar');
  seededFile(other, 1.5 * MiB, 2);
  await place.interrupted(['upload', other, ...partSize], 1);
  return other;
}

const notBegun = { phase: 'intent', uploadId: null, completion: null } as unknown as Partial<UploadSession>;

describe('list-uploads', () => {
  test('shows open uploads in the order in which they began, with their sessions', async () => {
    const place = await interrupted();
    const other = await interruptOther(place);
    const { stdout, stderr } = await place.run(['list-uploads']);
    expect(stdout.split('\n').map((line) => line.split('  ').slice(2))).toEqual([
      ['1 MiB', JSON.stringify(place.description), `session ${place.id} backup.tar`],
      ['1 MiB', JSON.stringify(other.slice(1)), expect.stringMatching(/^session [0-9a-f]{20} other\.tar$/)],
      [],
    ]);
    expect(stderr).toBe('');
    const env = { HOME: join(place.folder, 'other-home') };
    const [own, elsewhere] = [
      await place.run(['list-uploads', '--json']),
      await place.run(['list-uploads', '--json'], { env }),
    ];
    expect(jsonLines(own)).toMatchObject([{ session: place.id, file: place.file }, { file: other }]);
    expect(jsonLines(own)[0]).not.toHaveProperty('name');
    expect(jsonLines(elsewhere)).toMatchObject([
      { session: null, file: null },
      { session: null, file: null },
    ]);
  });

  test('says that there are no unfinished uploads', async () => {
    const place = makePlace(1000);
    await place.makeVault();
    expect(await place.run(['list-uploads'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'glacier-up: no open uploads\n',
    });
  });

  test('names the pipe that an upload comes from', async () => {
    const place = await interrupted();
    await changeSession(place, {
      path: null,
      streamName: 'a pipe',
      identity: null,
    } as Partial<UploadSession>);
    expect(jsonLines(await place.run(['list-uploads', '--json']))).toMatchObject([
      { file: null, name: 'a pipe' },
    ]);
    expect((await place.run(['list-uploads'])).stdout).toMatch(/session [0-9a-f]{20} a pipe\n$/);
  });

  test('does not call an upload foreign whose session cannot be read', async () => {
    const place = await interrupted();
    writeFileSync(place.sessionFile(), '{');
    const { code, stdout, stderr } = await place.run(['list-uploads']);
    expect({ code, stdout }).toEqual({ code: 9, stdout: '' });
    expect(stderr).toContain('list-uploads: ');
  });
});

describe('list-parts', () => {
  test('of an upload of which only the intent was noted says so, and how to go on', async () => {
    const place = await interrupted();
    await changeSession(place, notBegun);
    const { code, stdout, stderr } = await place.run(['list-parts', place.file]);
    expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
    expect(stderr).toContain('this upload was not begun yet');
    expect(stderr).toContain(`hint: "glacier-up resume ${place.id}`);
  });

  test('of an upload that is gone says how to find out what became of it', async () => {
    const place = await interrupted(2);
    const words = ['list-parts', place.file];
    expect(await place.run(words)).toMatchObject({ code: 0 });
    const env = { HOME: join(place.folder, 'other-home') };
    await changeSession(place, { uploadId: 'gone' } as Partial<UploadSession>);
    const uploading = await place.run(words);
    expect(uploading.code).toBe(8);
    expect(uploading.stderr).toContain('the upload is not open any more: ');
    expect(uploading.stderr).toMatch(
      /hint: "glacier-up complete \w+" asks whether it was completed; if it was not, "glacier-up upload .*" archives the file by a new upload/,
    );
    const completion = { treeHash: 'a'.repeat(64), sizeBytes: 1.5 * MiB };
    await changeSession(place, { phase: 'completing', completion } as unknown as Partial<UploadSession>);
    const completing = await place.run(words);
    expect(completing.stderr).toMatch(/hint: "glacier-up reconcile \w+" asks whether it was completed\n/);
    const unknown = await place.run(['list-parts', '--upload-id', 'gone'], { env });
    expect(unknown.code).toBe(8);
    expect(unknown.stderr).not.toContain('asks whether it was completed');
  });
});

describe('resume', () => {
  test('needs a file or a session to be named, or --all', async () => {
    const place = makePlace(1000);
    await place.makeVault();
    const { code, stderr } = await place.run(['resume']);
    expect(code).toBe(2);
    expect(stderr).toContain('resume: no file or session is named');
    expect(await place.plain(['resume', '--all'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('goes by what is named, also where the environment says all', async () => {
    const place = await interrupted();
    const other = await interruptOther(place);
    const env = { GLACIER_UP_ALL: 'yes' };
    expect(await place.plain(['resume', other], { env })).toMatchObject({ code: 0 });
    expect(place.sessions()).toMatchObject([{ path: place.file }]);
    // A single one is printed by its ID alone, however it was found.
    expect((await place.plain(['resume'], { env })).stdout).toMatch(/^[\w-]{138}\n$/);
    expect(place.archives()).toHaveLength(2);
  });

  test('says of a session whose file is missing where it was, and what to do', async () => {
    const place = await interrupted();
    rmSync(place.file);
    const { code, stderr } = await place.plain(['resume', place.id]);
    expect(code).toBe(3);
    expect(stderr).toContain(`${place.id}: ${place.file}: `);
    expect(stderr).toMatch(
      new RegExp(
        `hint: put it back; if it was moved, "glacier-up resume --vault demo --local \\S+ --upload-id=${place.uploadId} NEW-PATH"; "glacier-up abort ${place.id}" drops the upload`,
      ),
    );
    const named = await place.run(['resume', place.file]);
    expect(named.code).toBe(3);
    expect(named.stderr).not.toContain('put it back');
  });

  test('says of a session whose file cannot be read why, with its own advice', async () => {
    const place = await interrupted();
    rmSync(place.file);
    mkdirSync(place.file);
    const { code, stderr } = await place.plain(['resume', place.id]);
    expect(code).toBe(3);
    expect(stderr).toContain(`${place.id}: ${place.file}: `);
    expect(stderr).not.toContain('put it back');
    expect(stderr).not.toContain('undefined');
  });

  test('of an upload without a file here names complete', async () => {
    const place = await interrupted();
    await changeSession(place, { path: null, identity: null } as Partial<UploadSession>);
    const { code, stderr } = await place.plain(['resume', place.id]);
    expect(code).toBe(2);
    expect(stderr).toContain('this upload has no file here');
    expect(stderr).toContain(`"glacier-up complete ${place.id}" asks whether it was completed`);
    // With --all it is left alone.
    expect(await place.plain(['resume', '--all'])).toMatchObject({ code: 0, stdout: '' });
  });

  test('of a session that the service refuses says nothing of its file', async () => {
    const place = await makeServedPlace(1.5 * MiB);
    await place.interrupted(['upload', place.file, ...partSize], 1);
    const id = String(place.sessions()[0]?.id);
    await place.serve({ faults: ['list-parts:error=AccessDeniedException'] });
    const { code, stderr } = await place.plain(['resume', id]);
    expect(code).toBe(7);
    expect(stderr).toContain(`resume: ${id}: `);
    expect(stderr).not.toContain(`${id}: ${place.file}: `);
  });

  test('of a pipe says that its producer is needed, and whether every part is stored', async () => {
    const place = await interrupted(2);
    const fromPipe = { path: null, streamName: 'a pipe', identity: null } as Partial<UploadSession>;
    await changeSession(place, fromPipe);
    const open = await place.plain(['resume', place.id]);
    expect(open.code).toBe(2);
    expect(open.stderr).toContain('a pipe comes from a pipe: what is missing of it is not on this machine');
    expect(open.stderr).toContain('hint: run its producer again into');
    const completion = { treeHash: 'a'.repeat(64), sizeBytes: 1.5 * MiB };
    await changeSession(place, { ...fromPipe, completion } as Partial<UploadSession>);
    const ended = await place.plain(['resume', place.id]);
    expect(ended.stderr).toContain('hint: every part is stored; if the stream was whole, ');
    const all = await place.plain(['resume', '--all']);
    expect(all).toMatchObject({ code: 0, stdout: '' });
    expect(all.stderr).toContain(
      `a pipe (session ${place.id}) comes from a pipe: run its producer again to carry it on`,
    );
  });

  test('--all prints the name of each of several, and speaks of pipes only where there is one', async () => {
    const place = await interrupted();
    const other = await interruptOther(place);
    const { stdout, stderr } = await place.plain(['resume', '--all']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[1])
        .sort(),
    ).toEqual([place.file, other].sort());
    expect(stderr).not.toContain('pipe');
  });

  test('--all passes over what another process has finished meanwhile', async () => {
    const place = await interrupted();
    const other = await interruptOther(place);
    const second = place.sessions().find(({ path }) => path === other);
    const onStderr = (text: string) => {
      if (!text.includes(': archived,')) return;
      rmSync(join(dirname(place.sessionFile()), `${second?.id}.json`), { force: true });
    };
    const { code, stderr } = await place.plain(['resume', '--all'], { onStderr });
    expect(stderr).toContain(`session ${second?.id}: another process has finished it`);
    expect(stderr).toMatch(/: 2 uploads: 1 archived, 1 finished by another process/);
    expect(code).toBe(0);
    // Named, it is unknown.
    expect((await place.plain(['resume', String(second?.id)])).code).toBe(4);
  });

  test('--all resumes the others when a session cannot be read, which is a failure', async () => {
    const place = await interrupted();
    const broken = place.sessionFile();
    const other = await interruptOther(place);
    writeFileSync(broken, '{');
    const { code, stderr } = await place.plain(['resume', '--all']);
    expect(code).toBe(9);
    expect(stderr).toContain('resume: ');
    expect(place.archives()).toEqual([sha256Of(other)]);
  });
});

describe('complete', () => {
  test('prints the archive of an upload ID that has a receipt, and asks nothing', async () => {
    const place = await interrupted();
    const { stdout } = await place.run(['resume', place.file]);
    rmSync(place.vaultFolder, { recursive: true });
    const words = ['complete', '--upload-id', place.uploadId];
    expect(await place.run(words)).toMatchObject({ code: 0, stdout });
    expect(jsonLines(await place.run([...words, '--json']))).toMatchObject([
      { type: 'archive', file: place.file, archiveId: stdout.trim() },
    ]);
  });

  test('of a file takes no hash and no size of it', async () => {
    const place = await interrupted(2);
    const hash = ['--tree-hash', 'a'.repeat(64), '--size', `${1.5 * MiB}`];
    const { code, stderr } = await place.run(['complete', place.file, ...hash]);
    expect(code).toBe(2);
    expect(stderr).toContain('--tree-hash and --size are those of an upload without its file');
    expect(stderr).toContain('hint: leave them out, or name the upload by --vault and --upload-id');
    expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
  });

  test('of a session without a file needs its hash and size, and takes them', async () => {
    const place = await interrupted(2);
    await changeSession(place, { path: null, identity: null } as Partial<UploadSession>);
    const without = await place.plain(['complete', place.id]);
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('without its file, an upload is completed by --tree-hash and --size');
    const treeHash = (await place.plain(['treehash', place.file])).stdout.slice(0, 64);
    const { code, stdout } = await place.plain([
      ...['complete', place.id],
      ...['--tree-hash', treeHash, '--size', `${1.5 * MiB}`],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]{138}\n$/);
    expect(place.archives()).toEqual([sha256Of(place.file)]);
    expect(place.sessions()).toEqual([]);
  });

  test('of a file goes by the file, also where the environment has a size, and can be repeated', async () => {
    const place = await interrupted(2);
    const env = { GLACIER_UP_SIZE: '1000' };
    const { code, stdout } = await place.run(['complete', place.file], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]{138}\n$/);
    expect(await place.run(['complete', place.file])).toMatchObject({ code: 0, stdout });
  });

  test('by an upload ID takes the file that is named, or the hash and the size', async () => {
    const ofFile = await interrupted(2);
    const env = { HOME: join(ofFile.folder, 'other-home') };
    const byFile = await ofFile.run(['complete', ofFile.file, '--upload-id', ofFile.uploadId], { env });
    expect(byFile).toMatchObject({ code: 0 });
    expect(ofFile.archives()).toEqual([sha256Of(ofFile.file)]);
    // The session here has a file, which is not asked for.
    const byHash = await interrupted(2);
    const treeHash = (await byHash.plain(['treehash', byHash.file])).stdout.slice(0, 64);
    rmSync(byHash.file);
    const words = ['--upload-id', byHash.uploadId, '--tree-hash', treeHash, '--size', `${1.5 * MiB}`];
    expect(await byHash.run(['complete', ...words])).toMatchObject({ code: 0 });
    expect(byHash.archives()).toHaveLength(1);
  });

  test('of a pipe that has not come to its end says how to go on', async () => {
    const place = await interrupted(2);
    await changeSession(place, {
      path: null,
      streamName: 'a pipe',
      identity: null,
    } as Partial<UploadSession>);
    const { code, stderr } = await place.plain(['complete', place.id]);
    expect(code).toBe(1);
    expect(stderr).toContain('the stream of a pipe has not come to its end');
    expect(stderr).toContain('hint: run its producer again into');
  });
});
