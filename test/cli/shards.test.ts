/** Many machines on one archive: `upload --begin`, `upload --shard` on each, `complete` on one. */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acquireLock } from '../../src/session/lock.js';
import { MiB, seededFile } from '../helpers/bytes.js';
import { type CliOptions, hastyClock } from '../helpers/cli.js';
import { interruptWhen, PART_STORED } from '../helpers/interrupt.js';
import { startRecorder } from '../helpers/network.js';
import { jsonLines, sha256Of } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

/** A file of 6 parts of 1 MiB, and an upload that is begun. */
async function begun(sizeBytes = 5.5 * MiB) {
  const place = await makeServedPlace(sizeBytes);
  const begin = await place.run(['upload', place.file, '--begin', '--part-size', '1M']);
  expect(begin.code).toBe(0);
  const uploadId = begin.stdout.trim();
  const words = ['--upload-id', uploadId];
  return {
    ...place,
    uploadId,
    begin,
    shard: (shard: string, more: string[] = [], options: Partial<CliOptions> = {}) =>
      place.run(['upload', place.file, ...words, '--shard', shard, ...more], options),
    complete: (file = place.file) => place.run(['complete', file, ...words]),
    /** What the vault has, by the parts' numbers. */
    stored: async (): Promise<number[]> => {
      const listed = await place.run(['list-parts', place.file, ...words, '--json']);
      return jsonLines(listed)
        .filter(({ type, state }) => type === 'part' && state === 'matching')
        .map(({ range }) => Number(String(range).split('-')[0]) / MiB);
    },
    openUploads: async () => jsonLines(await place.run(['list-uploads', '--json'])),
    home: join(place.folder, 'home'),
    /** An upload of the same file that is this machine's own. @returns its session's ID */
    leaveUnfinished: async (): Promise<string> => {
      await place.serve({ faults: ['upload-part:error=ServiceUnavailableException'] });
      expect(await place.run(['upload', place.file, '--retry-for', '0'])).toMatchObject({ code: 5 });
      await place.serve({});
      return String(place.sessions()[0]?.id);
    },
  };
}

describe('upload --begin', () => {
  test('begins an upload, prints its ID alone, and keeps nothing here', async () => {
    const { uploadId, begin, home, description, openUploads } = await begun();
    expect(begin.stdout).toMatch(/^[\w-]+\n$/);
    expect(begin.stderr).toMatch(
      /begun, 5\.50 MiB in 6 parts of 1 MiB; next, for each shard: glacier-up upload/,
    );
    expect(begin.stderr).toContain(`--upload-id=${uploadId}`);
    expect(existsSync(home)).toBe(false);
    expect(await openUploads()).toMatchObject([{ uploadId, partSizeBytes: MiB, description, session: null }]);
  });

  test('chooses the part size as for any file, and tells all of it with --json', async () => {
    const { run, file } = await makeServedPlace(17 * MiB);
    const begin = await run(['upload', file, '--begin', '--json', '--description', 'a tape']);
    expect(jsonLines(begin)).toEqual([
      {
        type: 'begun',
        schema: 1,
        file,
        uploadId: expect.stringMatching(/^[\w-]+$/),
        accountId: '111122223333',
        region: 'eu-west-1',
        vault: 'demo',
        sizeBytes: 17 * MiB,
        partSizeBytes: 16 * MiB,
        parts: 2,
        description: 'a tape',
      },
    ]);
  });

  test('is refused while an upload of the file is unfinished here: complete could not end another', async () => {
    const { run, file, leaveUnfinished, openUploads } = await begun();
    const session = await leaveUnfinished();
    const before = await openUploads();
    expect(before).toHaveLength(2);
    const refused = await run(['upload', file, '--begin']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(`"glacier-up resume ${session}"`);
    expect(await openUploads()).toEqual(before);
  });

  test('of a file archived already says so, and begins nothing; with --again it does', async () => {
    const { run, file, receipts } = await makeServedPlace(MiB);
    await run(['upload', file]);
    const begin = await run(['upload', file, '--begin']);
    expect(begin).toMatchObject({ code: 0, stdout: '' });
    expect(begin.stderr).toContain(`in the vault already, as archive ${receipts()[0]?.archiveId}`);
    expect((await run(['upload', file, '--begin', '--again'])).stdout).toMatch(/^[\w-]+\n$/);
  });

  test('of a file that is empty or missing sends nothing', async () => {
    const { run, file, openUploads } = await begun();
    writeFileSync(file, '');
    expect(await run(['upload', file, '--begin'])).toMatchObject({ code: 3, stdout: '' });
    expect(await run(['upload', `${file}.gone`, '--begin'])).toMatchObject({ code: 3, stdout: '' });
    expect(await openUploads()).toHaveLength(1);
  });
});

describe('upload --shard', () => {
  test('sends every n-th part, and complete makes one archive of all of them', async () => {
    const { shard, stored, complete, archives, file, receipts, home } = await begun();
    expect(await shard('1/4')).toMatchObject({ code: 0, stdout: '' });
    expect(await stored()).toEqual([1, 5]);
    expect((await shard('2/4')).stderr).toContain(
      'shard 2/4: its part is stored (1 sent now); of the whole archive 3 of 6 parts are missing',
    );
    await shard('0/4');
    expect(await stored()).toEqual([0, 1, 2, 4, 5]);
    const tooEarly = await complete();
    expect(tooEarly).toMatchObject({ code: 1, stdout: '' });
    expect(archives()).toEqual([]);
    const last = await shard('3/4');
    expect(last.stderr).toContain(
      'no part of the archive is missing; next: glacier-up complete --vault demo',
    );
    const completed = await complete();
    expect(completed).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
    expect(receipts()).toMatchObject([
      { archiveId: completed.stdout.trim(), parts: { total: 6, sent: 0, kept: 6 } },
    ]);
    expect(existsSync(home)).toBe(true);
  });

  test('keeps nothing on its machine, and needs no folder to keep it in', async () => {
    const { shard, home } = await begun();
    expect(await shard('0/2')).toMatchObject({ code: 0 });
    expect(existsSync(home)).toBe(false);
    expect(await shard('1/2', [], { env: { HOME: '' } })).toMatchObject({ code: 0 });
  });

  test('tells with --json what it sent and what the archive still lacks', async () => {
    const { shard, file, uploadId } = await begun();
    expect(jsonLines(await shard('5/6', ['--json']))).toEqual([
      {
        type: 'shard',
        schema: 1,
        file,
        uploadId,
        shard: { index: 5, count: 6 },
        sizeBytes: 0.5 * MiB,
        partSizeBytes: MiB,
        parts: { total: 1, sent: 1, kept: 0 },
        archive: { sizeBytes: 5.5 * MiB, parts: 6, missing: 5 },
      },
    ]);
  });

  test('run again sends no part a second time', async () => {
    const { shard, url, stored } = await begun();
    await shard('0/2');
    const recorder = await startRecorder(url);
    const again = await shard('0/2', ['--json'], { env: { AWS_ENDPOINT_URL_GLACIER: recorder.url } });
    expect(jsonLines(again)).toMatchObject([{ parts: { total: 3, sent: 0, kept: 3 } }]);
    expect(recorder.take().filter((request) => request.startsWith('PUT'))).toEqual([]);
    expect(await stored()).toEqual([0, 2, 4]);
  });

  test('interrupted and run again sends what is missing', async () => {
    const { shard, stored, run, uploadId, file } = await begun();
    const interrupted = await run(
      ['upload', file, '--upload-id', uploadId, '--shard', '1/2', '--concurrency', '1', '--verbose'],
      interruptWhen(PART_STORED),
    );
    expect(interrupted.signal).toBe('SIGINT');
    const before = await stored();
    expect(before.length).toBeGreaterThan(0);
    const again = await shard('1/2', ['--json']);
    expect(jsonLines(again)).toMatchObject([{ parts: { total: 3, kept: before.length } }]);
    expect(await stored()).toEqual([1, 3, 5]);
  });

  test('with more shards than parts has nothing to do, and says so', async () => {
    const { shard } = await begun();
    const empty = await shard('7/8');
    expect(empty).toMatchObject({ code: 0, stdout: '' });
    expect(empty.stderr).toContain(
      'shard 7/8: no part falls to it; of the whole archive 6 of 6 parts are missing',
    );
  });

  test('runs twice at once and all at once, and the archive is whole', async () => {
    const { shard, complete, archives, file } = await begun();
    const shards = ['0/3', '1/3', '2/3', '2/3', '1/3'];
    const ends = await Promise.all(shards.map((text) => shard(text)));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(await complete()).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('takes its number and count from the job array', async () => {
    const { shard, stored } = await begun();
    const env = { AWS_BATCH_JOB_ARRAY_INDEX: '2', AWS_BATCH_JOB_ARRAY_SIZE: '3' };
    expect(await shard('auto', [], { env })).toMatchObject({ code: 0 });
    expect(await stored()).toEqual([2, 5]);
    expect(await shard('auto', [], { env: { PARALLEL_SEQ: '3' } })).toMatchObject({ code: 2, stdout: '' });
    expect(await shard('auto/3', [], { env: { PARALLEL_SEQ: '3' } })).toMatchObject({ code: 0 });
    expect(await stored()).toEqual([0, 2, 3, 5]);
  });

  test('goes by the environment alone', async () => {
    const { run, file, uploadId, stored } = await begun();
    const env = { GLACIER_UP_UPLOAD_ID: uploadId, GLACIER_UP_SHARD: 'auto/6', JOB_COMPLETION_INDEX: '4' };
    expect(await run(['upload', file], { env })).toMatchObject({ code: 0, stdout: '' });
    expect(await stored()).toEqual([4]);
    const begin = await run(['upload', file, '--begin'], { env });
    expect(begin).toMatchObject({ code: 0, stdout: expect.not.stringContaining(uploadId) });
  });

  test('works beside a process that holds an upload of the same file', async () => {
    const { shard, leaveUnfinished, sessions, sessionFile } = await begun();
    await leaveUnfinished();
    const lock = await acquireLock(sessionFile().replace(/\.json$/, '.lock'), {
      clock: hastyClock(),
      signal: new AbortController().signal,
      what: 'the upload',
      waitMs: 0,
    });
    const before = sessions();
    expect(await shard('0/2')).toMatchObject({ code: 0 });
    lock.release();
    expect(sessions()).toEqual(before);
  });
});

describe('a shard of a file that is not that of the upload', () => {
  test('sends nothing over parts that differ, unless --replace-parts is given', async () => {
    const { shard, file, stored } = await begun();
    await shard('0/2');
    seededFile(file, 5.5 * MiB, 2);
    const refused = await shard('0/2');
    expect(refused).toMatchObject({ code: 8, stdout: '' });
    expect(refused.stderr).toMatch(
      /parts of the upload differ from the file: 0-1048575, 2097152-3145727.*\nhint: .*--replace-parts/,
    );
    expect(await stored()).toEqual([]);
    expect(await shard('0/2', ['--replace-parts'])).toMatchObject({ code: 0 });
    expect(await stored()).toEqual([0, 2, 4]);
  });

  test('sends nothing of a file whose size the parts there do not fit', async () => {
    const { shard, file, run, uploadId } = await begun();
    await shard('5/6');
    appendFileSync(file, Buffer.alloc(MiB));
    const refused = await shard('0/6');
    expect(refused).toMatchObject({ code: 8, stdout: '' });
    expect(refused.stderr).toContain('parts that this file cannot have: 5242880-5767167');
    const parts = await run(['list-parts', '--upload-id', uploadId, '--json']);
    expect(jsonLines(parts).filter(({ type }) => type === 'part')).toHaveLength(1);
  });

  test('is found out by complete where no shard could see it', async () => {
    const { shard, file, complete, archives } = await begun();
    await shard('0/2');
    seededFile(file, 5.5 * MiB, 2);
    expect(await shard('1/2')).toMatchObject({ code: 0 });
    const refused = await complete();
    expect(refused).toMatchObject({ code: 8, stdout: '' });
    expect(refused.stderr).toMatch(
      /differ from the file: 0-1048575.*\nhint: .*"glacier-up resume .* --replace-parts"/,
    );
    expect(archives()).toEqual([]);
  });

  test('ends when the file changes while it is sent', async () => {
    const { file, run, uploadId } = await begun();
    let changed = false;
    const ended = await run(
      ['upload', file, '--upload-id', uploadId, '--shard', '0/1', '--verbose', '--concurrency', '1'],
      {
        onStderr: (text) => {
          if (changed || !/part \S+ stored/.test(text)) return;
          changed = true;
          appendFileSync(file, 'x');
        },
      },
    );
    expect(ended).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('a shard and a service that fails it', () => {
  test.each([
    ['loses replies', ['upload-part#2:lose-reply', 'list-parts#1:lose-reply']],
    ['throttles', ['upload-part#1-2:error=ThrottlingException']],
    ['answers once with another tree hash', ['upload-part#1:wrong-tree-hash']],
    ['forgets a part once', ['list-parts#2:omit-part=1']],
  ])('that %s stores its parts all the same', async (_, faults) => {
    const { shard, serve, stored } = await begun();
    await serve({ faults });
    expect(await shard('0/2')).toMatchObject({ code: 0, stdout: '' });
    await serve({});
    expect(await stored()).toEqual([0, 2, 4]);
  });

  test('ends with 10 when the tree hash is another every time', async () => {
    const { shard, serve } = await begun();
    await serve({ faults: ['upload-part:wrong-tree-hash'] });
    expect(await shard('0/2')).toMatchObject({ code: 10, stdout: '' });
  });

  test('ends with 5 when parts that were confirmed are never listed', async () => {
    const { shard, serve } = await begun();
    await serve({ faults: ['list-parts:omit-part=1'] });
    const ended = await shard('0/2');
    expect(ended).toMatchObject({ code: 5, stdout: '' });
    expect(ended.stderr).toContain('1 part that the service confirmed it does not list');
  });

  test.each([
    ['other bytes', 'alter-part=3', '2097152-3145727'],
    ['a part that the file cannot have', 'invent-part', '6291456-7340031'],
  ])('ends with 8 when another process has sent %s meanwhile', async (_, fault, range) => {
    const { shard, serve } = await begun(6 * MiB);
    // With every part there but the shard's own, an invented one stands behind the last.
    await shard('1/2');
    await serve({ faults: [`list-parts#2:${fault}`] });
    const ended = await shard('0/2');
    expect(ended).toMatchObject({ code: 8, stdout: '' });
    expect(ended.stderr).toContain(
      `while this shard was sent, parts came that are not of this file: ${range}`,
    );
    expect(ended.stderr).toMatch(/hint: another process has sent them from another file/);
  });

  test('ends with 8 when the upload is gone, and begins none', async () => {
    const { shard, run, uploadId, openUploads } = await begun();
    await run(['abort', '--upload-id', uploadId, '--yes']);
    const ended = await shard('0/2');
    expect(ended).toMatchObject({ code: 8, stdout: '' });
    expect(ended.stderr).toMatch(/hint: a shard never starts an upload: .*--begin/);
    expect(await openUploads()).toEqual([]);
  });

  test('has done its work when the upload is completed between its last part and its last question', async () => {
    const { shard, complete, url, archives, file } = await begun();
    await shard('0/2');
    let lists = 0;
    const recorder = await startRecorder(url, async (request) => {
      if (!/^GET .*multipart-uploads/.test(request)) return;
      lists += 1;
      if (lists === 2) expect(await complete()).toMatchObject({ code: 0 });
    });
    const env = { AWS_ENDPOINT_URL_GLACIER: recorder.url };
    const ended = await shard('1/2', ['--json'], { env });
    expect(ended).toMatchObject({ code: 0 });
    expect(jsonLines(ended)).toMatchObject([{ parts: { total: 3, sent: 3 }, archive: { missing: null } }]);
    expect(archives()).toEqual([sha256Of(file)]);
  });
});

test('complete on two machines at once gives one archive ID', async () => {
  const { shard, plain, file, uploadId, archives, folder } = await begun();
  await shard('0/1');
  const words = ['complete', file, '--upload-id', uploadId, '--vault', 'demo'];
  const ends = await Promise.all(
    ['one', 'two'].map((machine) => plain([...words, '--state-dir', join(folder, machine)])),
  );
  const done = ends.filter(({ code }) => code === 0);
  expect(done.length).toBeGreaterThan(0);
  expect(new Set(done.map(({ stdout }) => stdout)).size).toBe(1);
  // Who asks for the parts when the other one is through is told that the upload is not open any more.
  for (const { code } of ends) expect([0, 8]).toContain(code);
  expect(archives()).toEqual([sha256Of(file)]);
});

describe('what goes with an upload by many machines', () => {
  test.each([
    ['no upload ID', ['--shard', '0/2']],
    ['an upload ID and no shard', ['--upload-id', 'abc']],
    ['--start-over', ['--shard', '0/2', '--upload-id', 'abc', '--start-over']],
    ['--again', ['--shard', '0/2', '--upload-id', 'abc', '--again']],
    ['--description', ['--shard', '0/2', '--upload-id', 'abc', '--description', 'x']],
    ['--part-size', ['--shard', '0/2', '--upload-id', 'abc', '--part-size', '1M']],
    ['--dry-run', ['--shard', '0/2', '--upload-id', 'abc', '--dry-run']],
    ['--begin with it', ['--shard', '0/2', '--upload-id', 'abc', '--begin']],
    ['another shard than there is', ['--shard', '3/2', '--upload-id', 'abc']],
    ['--begin and an upload ID', ['--begin', '--upload-id', 'abc']],
    ['--begin and --start-over', ['--begin', '--start-over']],
    ['--begin and --dry-run', ['--begin', '--dry-run']],
    ['--begin and --replace-parts', ['--begin', '--replace-parts']],
    ['--begin and --name', ['--begin', '--name', 'x']],
  ])('%s is wrong usage, and nothing is sent', async (_, words) => {
    const { run, file, url, folder } = await makeServedPlace(MiB);
    const recorder = await startRecorder(url);
    const env = { AWS_ENDPOINT_URL_GLACIER: recorder.url };
    const refused = await run(['upload', file, ...words], { env });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^glacier-up: upload: .*\nhint: .*\n$/);
    expect(recorder.take()).toEqual([]);
    expect(existsSync(join(folder, 'home'))).toBe(false);
  });

  test.each([['-'], ['other.tar', 'backup.tar']])('files %s are wrong usage', async (...files) => {
    const { run, openUploads } = await begun();
    for (const words of [['--begin'], ['--shard', '0/2', '--upload-id', 'abc']]) {
      expect(await run(['upload', ...files, ...words])).toMatchObject({ code: 2, stdout: '' });
    }
    expect(await openUploads()).toHaveLength(1);
  });

  test('resume sends what shards have left undone, and completes; abort drops it', async () => {
    const { run, shard, file, uploadId, archives, openUploads } = await begun();
    await shard('0/2');
    const listed = await run(['list-parts', file, '--upload-id', uploadId]);
    expect(listed.stdout).toContain('6 parts of 1 MiB; 3 matching, 3 missing; first gap 1048576-2097151');
    expect(await run(['resume', file, '--upload-id', uploadId])).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
    const other = (await run(['upload', file, '--begin', '--again'])).stdout.trim();
    expect(await run(['abort', '--upload-id', other, '--yes'])).toMatchObject({ code: 0 });
    expect(await openUploads()).toEqual([]);
  });
});
