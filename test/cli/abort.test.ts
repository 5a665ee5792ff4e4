/** Drops uploads, and never what may be an archive. */
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { UploadSession } from '../../src/session/session.js';
import { openSessionStore } from '../../src/session/session-store.js';
import { MiB } from '../helpers/bytes.js';
import { interruptWhen, PART_STORED } from '../helpers/interrupt.js';
import { jsonLines, makePlace } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const partSize = ['--part-size', '1M'];

describe('abort', () => {
  test('of an upload of which it is not known whether it began asks nothing about it', async () => {
    const { interrupted, run, file, sessions, sessionFile } = makePlace();
    await interrupted(['upload', file, ...partSize], 1);
    const store = await openSessionStore(dirname(sessionFile()), process.getuid?.());
    const [session] = sessions() as unknown as [UploadSession];
    store.save({ ...session, phase: 'intent', uploadId: null, completion: null });
    const { code, stderr } = await run(['abort', file, '--yes']);
    expect(stderr).toContain('there was nothing to drop');
    expect(code).toBe(0);
    expect(sessions()).toEqual([]);
  });

  test('without a terminal needs --yes, and does nothing without it', async () => {
    const { interrupted, run, file, sessions } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    expect((await run(['abort', file])).code).toBe(2);
    expect(sessions()).toHaveLength(1);
  });

  test('says what is lost, drops the parts, and repeated is no error', async () => {
    const { interrupted, run, file, sessions } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const uploadId = String(sessions()[0]?.uploadId);
    const { code, stdout, stderr } = await run(['abort', file, '--yes']);
    expect(code).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('2 parts, 2 MiB stored');
    expect(sessions()).toEqual([]);
    expect((await run(['list-uploads'])).stdout).toBe('');
    expect((await run(['abort', '--upload-id', uploadId, '--yes'])).code).toBe(0);
    const again = await run(['abort', file, '--yes']);
    expect(again).toMatchObject({ code: 0, stderr: `glacier-up: ${file}: there was nothing to drop\n` });
    expect((await run(['abort', 'neither-file-nor-session', '--yes'])).code).toBe(4);
  });

  test('asks on a terminal, and takes anything but y for no', async () => {
    const { interrupted, run, file, sessions } = makePlace();
    await interrupted(['upload', file, ...partSize], 2);
    const no = await run(['abort', file], { columns: 80, stdin: '\n' });
    expect(no.code).toBe(0);
    expect(no.stderr).toContain('nothing was done');
    expect(no.stderr).toContain('It cannot be undone. Drop it? [y/N]');
    expect(sessions()).toHaveLength(1);
    const yes = await run(['abort', file], { columns: 80, stdin: 'y\n' });
    expect(yes).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`${file}: dropped the upload of ${file}`),
    });
    expect(sessions()).toEqual([]);
  });

  test('tells with --json what became of each upload', async () => {
    const { interrupted, run, plain, file, sessions } = makePlace(1.5 * MiB);
    await interrupted(['upload', file, ...partSize], 1);
    const uploadId = String(sessions()[0]?.uploadId);
    const words = ['abort', '--yes', '--json'];
    const aborted = { type: 'aborted', schema: 1, file, uploadId, outcome: 'aborted', archiveId: null };
    expect(jsonLines(await run([...words, file]))).toEqual([aborted]);
    expect(jsonLines(await run([...words, file]))).toEqual([
      { ...aborted, uploadId: null, outcome: 'nothing' },
    ]);
    // To drop it once more is no error to the service.
    expect(jsonLines(await run([...words, '--upload-id', uploadId]))).toEqual([{ ...aborted, file: null }]);
    expect((await plain(words)).code).toBe(2);
  });

  test('names what is dropped as it was called: an upload by its ID, with what is stored of it', async () => {
    const { interrupted, run, file, sessions, folder } = makePlace(1.5 * MiB);
    await interrupted(['upload', file, ...partSize], 1);
    const uploadId = String(sessions()[0]?.uploadId);
    const env = { HOME: join(folder, 'other-home') };
    const { code, stderr } = await run(['abort', '--upload-id', uploadId, '--yes'], { env });
    expect(code).toBe(0);
    expect(stderr).toContain(`dropped the upload of ${uploadId} into vault demo: 1 part, 1 MiB stored`);
    // The session here is of an upload that is gone.
    const { stderr: gone } = await run(['abort', file, '--yes']);
    expect(gone).toContain(`${file}: dropped the upload of ${file}\n`);
    expect(sessions()).toEqual([]);
  });

  test('takes one file with --upload-id, and needs something to be named', async () => {
    const { run, file } = makePlace(1000);
    const several = await run(['abort', '--upload-id', 'abc', file, file, '--yes']);
    expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining('--upload-id') });
    const env = { GLACIER_UP_UPLOAD_ID: 'abc' };
    const fromEnvironment = await run(['abort', file, file, '--yes'], { env });
    expect(fromEnvironment.stderr).toContain('--upload-id goes with one file at most');
    expect(fromEnvironment.code).toBe(2);
    const none = await run(['abort', '--yes']);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('abort: no file or session is named');
  });

  test('of a file by an upload ID drops that upload alone', async () => {
    const { interrupted, run, file, sessions } = makePlace(1.5 * MiB);
    await interrupted(['upload', file, ...partSize], 1);
    const uploadId = String(sessions()[0]?.uploadId);
    const other = await run(['abort', file, '--upload-id', 'another', '--yes']);
    expect(other).toMatchObject({ code: 0, stderr: `glacier-up: ${file}: there was nothing to drop\n` });
    expect(sessions()).toHaveLength(1);
    expect((await run(['abort', file, '--upload-id', uploadId, '--yes'])).code).toBe(0);
    expect(sessions()).toEqual([]);
  });

  test('of a file with an upload in two vaults does not choose, and is no success', async () => {
    const { interrupted, run, plain, file, sessions, vaultFolder } = makePlace(1.5 * MiB);
    await interrupted(['upload', file, ...partSize], 1);
    await plain(['vaults', 'create', 'other', '--local', vaultFolder]);
    const { stderr: began } = await plain(
      [
        'upload',
        file,
        ...partSize,
        '--vault',
        'other',
        '--local',
        vaultFolder,
        '--verbose',
        '--concurrency',
        '1',
      ],
      interruptWhen(PART_STORED, 1),
    );
    expect(sessions(), began).toHaveLength(2);
    const { code, stderr } = await plain(['abort', file, '--yes']);
    expect(code).not.toBe(0);
    expect(stderr).not.toContain('there was nothing to drop');
    expect(sessions()).toHaveLength(2);
    expect((await run(['abort', file, '--yes'])).code).toBe(0);
    expect(sessions()).toMatchObject([{ destination: { vault: 'other' } }]);
  });

  test('drops nothing when it cannot say what is lost', async () => {
    const place = await makeServedPlace(1.5 * MiB);
    await place.interrupted(['upload', place.file, ...partSize], 1);
    await place.serve({ faults: ['list-parts:error=AccessDeniedException'] });
    expect((await place.run(['abort', place.file, '--yes'])).code).toBe(7);
    await place.serve({});
    expect(place.sessions()).toHaveLength(1);
    expect(jsonLines(await place.run(['list-uploads', '--json']))).toHaveLength(1);
  });

  test('sums up several, by what became of each', async () => {
    const { interrupted, run, file, folder } = makePlace(1.5 * MiB);
    await interrupted(['upload', file, ...partSize], 1);
    const missing = join(folder, 'missing');
    const { code, stderr } = await run(['abort', file, folder, missing, '--yes']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/: 3 uploads: 1 dropped, 1 with nothing to drop, 1 failed/);
  });
});

describe('abort of an upload whose Complete was sent', () => {
  /** @param fault of the only Complete */
  async function completing(fault: string) {
    const place = await makeServedPlace(1000);
    await place.serve({ faults: [fault] });
    expect((await place.run(['upload', place.file, '--retry-for', '0'])).code).toBe(5);
    await place.serve({});
    return place;
  }

  test('says which archive it became, and drops nothing', async () => {
    const place = await completing('complete:lose-reply');
    const uploadId = place.sessions()[0]?.uploadId;
    const told = await place.run(['abort', place.file, '--yes', '--json']);
    const archiveId = place.receipts()[0]?.archiveId;
    expect(jsonLines(told)).toEqual([
      { type: 'aborted', schema: 1, file: place.file, uploadId, outcome: 'completed', archiveId },
    ]);
    expect(told.code).toBe(0);
    expect(place.archives()).toHaveLength(1);
    expect(place.sessions()).toEqual([]);
  });

  test('says so to a person, too', async () => {
    const place = await completing('complete:error=ServiceUnavailableException');
    const { code, stderr } = await place.run(['abort', place.file, '--yes']);
    expect(code).toBe(0);
    expect(stderr).toContain(
      `${place.file}: nothing to drop: it was completed, as archive ${place.receipts()[0]?.archiveId}`,
    );
    expect(stderr).not.toContain('dropped the upload');
  });

  test('keeps it while its outcome is unknown, and drops it with --force', async () => {
    const place = await completing('complete:lose-reply');
    place.clock.pass(25 * 60 * 60 * 1000);
    const refused = await place.run(['abort', place.file, '--yes']);
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('glacier-up reconcile');
    expect(place.sessions()).toHaveLength(1);
    const forced = await place.run(['abort', place.file, '--yes', '--force']);
    expect(forced.code).toBe(0);
    expect(forced.stderr).toContain(`${place.file}: there was nothing to drop`);
    expect(place.sessions()).toEqual([]);
    expect(place.receipts()).toEqual([]);
  });
});
