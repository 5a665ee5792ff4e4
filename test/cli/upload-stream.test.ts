import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { realClock } from '../../src/clock.js';
import { acquireLock } from '../../src/session/lock.js';
import { rawTreeHashOf } from '../../src/treehash/tree-hash.js';
import { MiB, seededBytes } from '../helpers/bytes.js';
import type { CliOptions } from '../helpers/cli.js';
import { jsonLines, makePlace, type Place, sha256Of } from '../helpers/place.js';
import { smallDisk } from '../helpers/small-disk.js';

const named = ['upload', '-', '--name', 'photos.tar', '--part-size', '1M'];

function makeStreamPlace(sizeBytes?: number) {
  const place = makePlace(sizeBytes);
  const bytes = readFileSync(place.file);
  const upload = (words: string[] = ['--eof-completes'], options: Partial<CliOptions> = {}) =>
    place.run([...named, ...words], { stdin: bytes, ...options });
  const uploads = join(place.vaultFolder, 'vaults/1/uploads');
  const openUploads = (): string[] =>
    existsSync(uploads)
      ? readdirSync(uploads).filter((name) => !existsSync(join(uploads, name, 'ended.json')))
      : [];
  const spool = join(place.folder, 'home/.local/state/glacier-up/spool');
  const spooled = (): string[] => (existsSync(spool) ? readdirSync(spool) : []);
  return { ...place, bytes, upload, openUploads, spool, spooled };
}

/** Gives `bytes` and then the error that a producer's pipe has when its writer's machine goes away. */
function breaking(bytes: Buffer): Readable {
  return Readable.from(
    (async function* () {
      yield bytes;
      throw Object.assign(new Error('read EIO'), { code: 'EIO' });
    })(),
  );
}

async function holdLock(path: string): Promise<void> {
  const signal = new AbortController().signal;
  const lock = await acquireLock(path, { clock: realClock, signal, what: 'a live upload' });
  onTestFinished(() => lock.release());
}

/** The command again, interrupted by a stream that breaks off within part `parts` + 1. */
function breakOff({ run, bytes }: Pick<Place, 'run'> & { bytes: Buffer }, parts: number) {
  return run(named, { stdin: breaking(bytes.subarray(0, parts * MiB + 1000)) });
}

describe('upload -', () => {
  test.each([
    ['a last part that is short', 3.5 * MiB, 4],
    ['a last part of exactly the part size', 3 * MiB, 3],
    ['one part', 1000, 1],
    ['one byte', 1, 1],
    ['one byte more than a part', MiB + 1, 2],
  ])('archives exactly the bytes of the pipe: %s', async (_, sizeBytes, total) => {
    const { upload, bytes, file, archives, receipts, sessions, spooled } = makeStreamPlace(sizeBytes);
    const { code, stdout, stderr } = await upload();
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^[A-Za-z0-9_-]{138}\n$/);
    expect(archives()).toEqual([sha256Of(file)]);
    expect(receipts()).toMatchObject([
      {
        archiveId: stdout.trim(),
        sizeBytes,
        treeHash: rawTreeHashOf(bytes).toString('hex'),
        description: 'photos.tar',
        path: null,
        streamName: 'photos.tar',
        parts: { total, sent: total, kept: 0 },
      },
    ]);
    expect(sessions()).toEqual([]);
    expect(spooled()).toEqual([]);
  });

  test('pieces of any size make the same archive', async () => {
    const { upload, bytes, file, archives } = makeStreamPlace();
    const pieces = function* () {
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 300_007) {
        yield bytes.subarray(at, at + size);
      }
    };
    expect(await upload(['--eof-completes'], { stdin: Readable.from(pieces()) })).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('of an empty pipe begins nothing: exit 3', async () => {
    const { run, sessions, openUploads } = makeStreamPlace();
    const { code, stderr } = await run([...named, '--eof-completes'], { stdin: '' });
    expect(code).toBe(3);
    expect(stderr).toContain('the stream is empty');
    expect(sessions()).toEqual([]);
    expect(openUploads()).toEqual([]);
  });

  test('begins no upload before the first byte has come', async () => {
    const { run, openUploads, sessions } = makeStreamPlace();
    const stdin = new PassThrough();
    let isLate = false;
    const ended = run([...named, '--eof-completes'], { stdin, onStderr: () => {} });
    for (let look = 0; look < 20; look += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      isLate ||= openUploads().length > 0 || sessions().length > 0;
    }
    stdin.end('x');
    expect((await ended).code).toBe(0);
    expect(isLate).toBe(false);
  });

  test('says with --json what a file says, and its name', async () => {
    const { upload } = makeStreamPlace();
    const result = await upload(['--eof-completes', '--json']);
    expect(jsonLines(result)).toMatchObject([
      { type: 'archive', file: null, name: 'photos.tar', vault: 'demo', parts: { total: 4, sent: 4 } },
    ]);
  });

  test('takes the description that is given', async () => {
    const { upload, receipts } = makeStreamPlace();
    await upload(['--eof-completes', '--description', 'all of 2026']);
    expect(receipts()).toMatchObject([{ description: 'all of 2026', streamName: 'photos.tar' }]);
  });

  test.each([
    ['64 MiB when nothing is known', [], '64 MiB'],
    ['large enough for what is expected', ['--expected-size', '2T'], '2 GiB'],
    ['as given', ['--part-size', '8M'], '8 MiB'],
  ])('has parts of %s', async (_, words, size) => {
    const { run } = makeStreamPlace();
    const dry = ['upload', '-', '--name', 'photos.tar', '--dry-run', ...words];
    expect(await run(dry)).toMatchObject({ code: 0, stdout: expect.stringContaining(`parts of ${size}`) });
  });

  test('--dry-run --json tells the plan and reads nothing', async () => {
    const { run } = makeStreamPlace();
    const stdin = breaking(Buffer.from('x'));
    const result = await run([...named, '--dry-run', '--json'], { stdin });
    expect(jsonLines(result)).toEqual([
      {
        type: 'stream-plan',
        schema: 1,
        name: 'photos.tar',
        partSizeBytes: MiB,
        mostBytes: 10_000 * MiB,
        description: 'photos.tar',
      },
    ]);
  });
});

describe('the end of a plain pipe', () => {
  test('makes no archive by itself: every part is stored, exit 1, and complete finishes it', async () => {
    const { upload, run, plain, file, archives, receipts, sessions } = makeStreamPlace();
    const { code, stdout, stderr } = await upload([]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(archives()).toEqual([]);
    const [session] = sessions();
    expect(stderr).toContain(`"glacier-up complete ${session?.id}" finishes the upload`);
    const completed = await plain(['complete', String(session?.id)]);
    expect(completed.stdout).toMatch(/^[A-Za-z0-9_-]{138}\n$/);
    expect(archives()).toEqual([sha256Of(file)]);
    expect(receipts()).toMatchObject([{ streamName: 'photos.tar', sizeBytes: 3.5 * MiB }]);
    expect(await run(['complete', 'photos.tar'])).toMatchObject({ code: 0, stdout: completed.stdout });
    expect(archives()).toHaveLength(1);
  });

  test('is told as an error of its own', async () => {
    const { upload } = makeStreamPlace();
    const { stderr } = await upload(['--json', '--quiet']);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'end-unconfirmed', exitCode: 1, file: 'photos.tar' });
  });

  test('the same pipe again with --eof-completes sends nothing and completes', async () => {
    const { upload, receipts } = makeStreamPlace();
    await upload([]);
    expect((await upload()).code).toBe(0);
    expect(receipts()).toMatchObject([{ parts: { total: 4, sent: 0, kept: 4 } }]);
  });

  test('of a stream that has not come to its end, complete refuses', async () => {
    const place = makeStreamPlace();
    expect((await breakOff(place, 2)).code).toBe(3);
    const { code, stderr } = await place.plain(['complete', 'photos.tar']);
    expect(code).toBe(1);
    expect(stderr).toContain('has not come to its end');
    expect(place.archives()).toEqual([]);
  });

  test('that turns out not to be the end is forgotten: complete refuses what goes on', async () => {
    const { run, bytes, plain, archives } = makeStreamPlace();
    await run(named, { stdin: bytes.subarray(0, 2 * MiB) });
    await run(named, { stdin: breaking(bytes.subarray(0, 3 * MiB)) });
    expect(await plain(['complete', 'photos.tar'])).toMatchObject({ code: 1 });
    expect(archives()).toEqual([]);
  });
});

describe('upload - run again', () => {
  test('sends only what is not stored', async () => {
    const place = makeStreamPlace();
    const { code, stderr } = await breakOff(place, 2);
    expect(code).toBe(3);
    expect(stderr).toContain('cannot be read at byte 2098152: EIO');
    const again = await place.upload();
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('2 parts of 1 MiB (2 MiB) are stored already');
    expect(place.archives()).toEqual([sha256Of(place.file)]);
    expect(place.receipts()).toMatchObject([{ parts: { total: 4, sent: 2, kept: 2 } }]);
  });

  test('after Ctrl-C carries on', async () => {
    const { interrupted, upload, bytes, archives, file, spooled } = makeStreamPlace();
    const first = await interrupted([...named, '--eof-completes'], 1, { stdin: bytes });
    expect(first.signal).toBe('SIGINT');
    expect(spooled()).toEqual([]);
    expect((await upload()).code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('ends at the first part that differs, names it, and sends nothing over it', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 3);
    const other = Buffer.from(place.bytes);
    other[MiB + 5] = (other[MiB + 5] ?? 0) ^ 1;
    const { code, stderr } = await place.upload(['--eof-completes'], { stdin: other });
    expect(code).toBe(3);
    expect(stderr).toContain('part 1048576-2097151 of the stream is not what an earlier run stored');
    expect((await place.upload()).code).toBe(0);
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test('ends where a stream ends before what is stored', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 3);
    const short = await place.upload(['--eof-completes'], { stdin: place.bytes.subarray(0, 2 * MiB) });
    expect(short.code).toBe(3);
    expect(short.stderr).toContain('ended at byte 2097152, and an earlier run stored part 2097152-3145727');
    const within = await place.upload(['--eof-completes'], { stdin: place.bytes.subarray(0, 1.5 * MiB) });
    expect(within.code).toBe(3);
    expect(within.stderr).toContain('ended at byte 1572864, within part 1048576-2097151');
    expect((await place.upload(['--eof-completes'], { stdin: '' })).code).toBe(3);
    expect(place.archives()).toEqual([]);
  });

  test('ends where a stream goes on behind a short last part', async () => {
    const { run, upload, bytes, archives } = makeStreamPlace();
    await run(named, { stdin: bytes.subarray(0, 1.5 * MiB) });
    const { code, stderr } = await upload();
    expect(code).toBe(3);
    expect(stderr).toContain('goes on at byte 1572864, where an earlier one ended');
    expect(archives()).toEqual([]);
  });

  test('with another part size is refused before anything is read', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 1);
    const { code, stderr } = await place.run(['upload', '-', '--name', 'photos.tar', '--part-size', '2M'], {
      stdin: breaking(Buffer.from('x')),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('--part-size is 2097152, the unfinished upload has parts of 1048576 bytes');
  });

  test('without a part size takes that of the session', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    const words = ['upload', '-', '--name', 'photos.tar', '--eof-completes'];
    expect((await place.run(words, { stdin: place.bytes })).code).toBe(0);
    expect(place.receipts()).toMatchObject([{ partSizeBytes: MiB, parts: { sent: 2, kept: 2 } }]);
  });

  test('--start-over drops what was stored', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    expect((await place.upload(['--eof-completes', '--start-over'])).code).toBe(0);
    expect(place.receipts()).toMatchObject([{ parts: { sent: 4, kept: 0 } }]);
    expect(place.openUploads()).toEqual([]);
  });

  test('after the upload was dropped at the service starts again', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    const uploadId = String(place.sessions()[0]?.uploadId);
    const file = place.sessionFile();
    const session = readFileSync(file);
    await place.run(['abort', '--upload-id', uploadId, '--yes']);
    writeFileSync(file, session, { mode: 0o600 });
    const { code, stderr } = await place.upload();
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('starting a new upload'),
    });
    expect(place.archives()).toEqual([sha256Of(place.file)]);
  });

  test('under another name is another upload', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    const other = ['upload', '-', '--name', 'other.tar', '--part-size', '1M', '--eof-completes'];
    expect((await place.run(other, { stdin: place.bytes })).code).toBe(0);
    expect(place.receipts()).toMatchObject([{ parts: { sent: 4, kept: 0 } }]);
    expect(place.sessions()).toHaveLength(1);
  });
});

describe('the same content again', () => {
  test('is found at its end to be archived: the ID is printed, and nothing stays behind', async () => {
    const { upload, archives, receipts, openUploads, sessions } = makeStreamPlace();
    const first = await upload();
    const second = await upload();
    expect(second).toMatchObject({ code: 0, stdout: first.stdout });
    expect(second.stderr).toContain('archived already');
    expect(await upload([])).toMatchObject({ code: 0, stdout: first.stdout });
    expect(archives()).toHaveLength(1);
    expect(receipts()).toHaveLength(1);
    expect(openUploads()).toEqual([]);
    expect(sessions()).toEqual([]);
  });

  test('--again archives it once more', async () => {
    const { upload, archives } = makeStreamPlace();
    await upload();
    expect((await upload(['--eof-completes', '--again'])).code).toBe(0);
    expect(archives()).toHaveLength(2);
  });

  test('other content is another archive', async () => {
    const { upload, archives } = makeStreamPlace();
    await upload();
    expect((await upload(['--eof-completes'], { stdin: seededBytes(3.5 * MiB, 2) })).code).toBe(0);
    expect(archives()).toHaveLength(2);
  });

  test('under another name is the same archive; --again makes another one', async () => {
    const { upload, run, bytes, archives } = makeStreamPlace();
    await upload();
    const other = ['upload', '-', '--name', 'other.tar', '--eof-completes'];
    expect((await run(other, { stdin: bytes })).code).toBe(0);
    expect(archives()).toHaveLength(1);
    await run([...other, '--again'], { stdin: bytes });
    expect(archives()).toHaveLength(2);
  });

  test('after a crash between Complete and the receipt makes no second archive', async () => {
    const { upload, plain, archives, receipts, sessionFile, folder, sessions } = makeStreamPlace();
    await upload([]);
    const file = sessionFile();
    const before = readFileSync(file);
    const first = await plain(['complete', 'photos.tar']);
    // As if the process had died before it wrote the receipt.
    writeFileSync(join(folder, 'home/.local/share/glacier-up/receipts.jsonl'), '', { mode: 0o600 });
    writeFileSync(file, asCompleting(before.toString()), { mode: 0o600 });
    const { code, stdout, stderr } = await upload();
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toBe(first.stdout);
    expect(stderr).toContain('the earlier upload of photos.tar is archive');
    expect(archives()).toHaveLength(1);
    expect(receipts()).toHaveLength(1);
    expect(sessions()).toEqual([]);
  });

  test('an upload whose completion is unknown is not started again: exit 6', async () => {
    const { upload, run, archives, sessionFile, sessions, vaultFolder } = makeStreamPlace();
    await upload([]);
    const uploadId = String(sessions()[0]?.uploadId);
    const before = readFileSync(sessionFile(), 'utf8');
    const file = sessionFile();
    await run(['abort', '--upload-id', uploadId, '--yes']);
    writeFileSync(file, asCompleting(before), { mode: 0o600 });
    const { code, stderr } = await upload();
    expect(code).toBe(6);
    expect(stderr).toContain('the outcome of upload');
    expect(archives()).toEqual([]);
    expect(existsSync(join(vaultFolder, 'vaults'))).toBe(true);
  });
});

/** The session file of an ended stream, as it stands while Complete is being sent. */
function asCompleting(text: string): string {
  const { schemaVersion, session } = JSON.parse(text);
  const body = JSON.stringify({ ...session, phase: 'completing' });
  const sha256 = createHash('sha256').update(body).digest('hex');
  return `{"schemaVersion":${schemaVersion},"sha256":"${sha256}","session":${body}}\n`;
}

describe('--exec', () => {
  test('archives what the command prints, when it exits 0', async () => {
    const { run, file, archives } = makeStreamPlace();
    const { code, stderr } = await run([...named, '--exec', `cat '${file}'`]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
  });

  test('stores no short last part of a command that fails, and carries on when it is run again', async () => {
    const { run, file, archives, receipts } = makeStreamPlace();
    const failing = [...named, '--exec', `head -c 2500000 '${file}'; exit 7`];
    const { code, stdout, stderr } = await run(failing);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('the producer ended with status 7');
    expect(archives()).toEqual([]);
    expect((await run([...named, '--exec', `cat '${file}'`])).code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
    expect(receipts()).toMatchObject([{ parts: { total: 4, sent: 2, kept: 2 } }]);
  });

  test.each([
    ['fails at the end of a full part', 'head -c 2097152 FILE; exit 1', 'ended with status 1'],
    ['fails after the whole archive', 'cat FILE; exit 1', 'ended with status 1'],
    ['prints nothing and fails', 'exit 3', 'ended with status 3'],
    ['is killed', 'head -c 1500000 FILE; kill -9 $$', 'was ended by SIGKILL'],
    ['is not found', 'no-such-command-of-anybody 2>/dev/null', 'ended with status 127'],
    ['is a pipeline whose first stage fails', 'cat FILE.missing 2>/dev/null | gzip', 'ended with status 1'],
    ['is a pipeline whose middle stage fails', 'cat FILE | (cat; exit 4) | cat', 'ended with status 4'],
    ['has a stage that is ended by SIGPIPE', 'yes | head -c 1000', 'ended with status 141: SIGPIPE'],
  ])('makes no archive when the command %s', async (_, script, message) => {
    const { run, file, archives, receipts } = makeStreamPlace();
    const { code, stderr } = await run([...named, '--exec', script.replace('FILE', `'${file}'`)]);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
    expect(archives()).toEqual([]);
    expect(receipts()).toEqual([]);
  });

  test.each([
    ['in the spool', 'exec "$real" "$@"'],
    [
      'in the temporary folder where the spool cannot hold one',
      'case $3 in */spool/*) exit 1 ;; esac; exec "$real" "$@"',
    ],
  ])('has a pipe for its standard output, which can be opened again: made %s', async (_, script) => {
    const { run, file, archives, folder, spooled } = makeStreamPlace();
    const [tools, temporary] = [join(folder, 'tools'), join(folder, 'tmp')];
    for (const made of [tools, temporary]) mkdirSync(made);
    const real = `real=$(PATH='${process.env.PATH}' command -v mkfifo)`;
    writeFileSync(join(tools, 'mkfifo'), `#!/bin/sh\n${real}\n${script}\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${tools}:${process.env.PATH}`);
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const command = `[ -p /dev/stdout ] && cat '${file}' > /dev/stdout`;
    expect(await run([...named, '--exec', command])).toMatchObject({ code: 0 });
    expect(archives()).toEqual([sha256Of(file)]);
    expect(readdirSync(temporary)).toEqual([]);
    expect(spooled()).toEqual([]);
  });

  test('is refused before anything is sent where no shell notices a stage that fails: exit 2', async () => {
    const { run, folder, openUploads, sessions } = makeStreamPlace();
    const shells = join(folder, 'shells');
    mkdirSync(shells);
    writeFileSync(join(shells, 'sh'), '#!/bin/sh\nexit 2\n', { mode: 0o755 });
    vi.stubEnv('PATH', shells);
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await run([...named, '--exec', 'cat x | gzip', ...more]);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('install bash') });
    }
    expect(openUploads()).toEqual([]);
    expect(sessions()).toEqual([]);
  });

  test('prints nothing and exits 0: an empty stream, exit 3', async () => {
    const { run } = makeStreamPlace();
    expect(await run([...named, '--exec', 'true'])).toMatchObject({ code: 3 });
  });

  test('does not run the command before everything is ready for what it prints', async () => {
    const { run, folder } = makeStreamPlace();
    const ran = join(folder, 'ran');
    const words = [...named, '--exec', `touch '${ran}'`, '--spool-dir', join(folder, 'missing')];
    expect((await run(words)).code).toBe(9);
    expect(existsSync(ran)).toBe(false);
  });
});

describe('the spool', () => {
  test('has at most one part more than are sent at a time, 0600, and is empty in the end', async () => {
    const { run, bytes, spool, spooled } = makeStreamPlace(12 * MiB);
    const seen: { count: number; modes: number[] }[] = [];
    const onStderr = (text: string): void => {
      if (!/part \S+ stored/.test(text)) return;
      const names = spooled();
      const modes = names.map((name) => statSync(join(spool, name)).mode & 0o777);
      seen.push({ count: names.length, modes });
    };
    const words = [...named, '--eof-completes', '--concurrency', '2', '--verbose'];
    expect((await run(words, { stdin: bytes, onStderr })).code).toBe(0);
    expect(Math.max(...seen.map(({ count }) => count))).toBeGreaterThan(0);
    expect(Math.max(...seen.map(({ count }) => count))).toBeLessThanOrEqual(3);
    expect(new Set(seen.flatMap(({ modes }) => modes))).toEqual(new Set([0o600]));
    expect(spooled()).toEqual([]);
  });

  test('can be elsewhere, beside other files', async () => {
    const { upload, folder, spool } = makeStreamPlace();
    const elsewhere = join(folder, 'big-disk');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'other'), 'x');
    expect((await upload(['--eof-completes', '--spool-dir', elsewhere])).code).toBe(0);
    expect(readdirSync(elsewhere)).toEqual(['other']);
    expect(existsSync(spool)).toBe(false);
  });

  test('is swept of what a killed process left behind, and of nothing else', async () => {
    const { upload, spool, spooled, plain, sessions } = makeStreamPlace();
    await upload([]);
    const own = String(sessions()[0]?.id);
    const abandoned = `glacier-up-${'ab'.repeat(10)}-4711-0.part`;
    const pipe = `glacier-up-${own}-4711-pipe.part`;
    for (const name of [`glacier-up-${own}-4711-3.part`, pipe, abandoned, 'mine.part']) {
      writeFileSync(join(spool, name), 'x');
    }
    const held = `glacier-up-${'cd'.repeat(10)}-${process.pid}-0.part`;
    writeFileSync(join(spool, held), 'x');
    await holdLock(join(spool, '../sessions', `${'cd'.repeat(10)}.lock`));
    expect((await upload([])).code).toBe(1);
    expect(spooled().sort()).toEqual([held, 'mine.part'].sort());
    expect((await plain(['sessions'])).code).toBe(0);
  });

  test('that is missing ends the upload before anything is read: exit 9', async () => {
    const { run, folder, openUploads } = makeStreamPlace();
    const words = [...named, '--eof-completes', '--spool-dir', join(folder, 'not-mounted')];
    const { code, stderr } = await run(words, { stdin: breaking(Buffer.from('x')) });
    expect(code).toBe(9);
    expect(stderr).toContain('no such folder');
    expect(openUploads()).toEqual([]);
  });

  test('on a file system that could not hold one part ends the upload before anything is sent', async ({
    skip,
  }) => {
    const disk = smallDisk(2) ?? skip('no right to mount a small file system');
    const { run, bytes, openUploads } = makeStreamPlace();
    const words = ['upload', '-', '--name', 'photos.tar', '--part-size', '4M', '--spool-dir', disk];
    const { code, stderr } = await run(words, { stdin: bytes });
    expect(code).toBe(9);
    expect(stderr).toContain('a part of 4194304 does not fit');
    expect(openUploads()).toEqual([]);
  });

  test('on a disk that is full waits for room, and the archive is whole', async ({ skip }) => {
    const disk = smallDisk(5) ?? skip('no right to mount a small file system');
    const { upload, file, archives } = makeStreamPlace(24 * MiB);
    const { code, stderr } = await upload(['--eof-completes', '--part-size', '2M', '--spool-dir', disk]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('is full') });
    expect(archives()).toEqual([sha256Of(file)]);
    expect(readdirSync(disk)).toEqual([]);
  });

  test('on a disk that others keep full gives up in the end: exit 9, what is stored is kept', async ({
    skip,
  }) => {
    const disk = smallDisk(5) ?? skip('no right to mount a small file system');
    const { upload, bytes, file, archives } = makeStreamPlace(6 * MiB);
    const pieces = async function* () {
      yield bytes.subarray(0, 2 * MiB);
      writeFileSync(join(disk, 'filler'), Buffer.alloc(5 * MiB - 8192));
      yield bytes.subarray(2 * MiB);
    };
    const words = ['--eof-completes', '--part-size', '1M', '--spool-dir', disk, '--retry-for', '30s'];
    const full = await upload(words, { stdin: Readable.from(pieces()) }).catch(() => null);
    expect(full).toMatchObject({ code: 9, stderr: expect.stringContaining('it is full') });
    rmSync(join(disk, 'filler'));
    expect((await upload(words)).code).toBe(0);
    expect(archives()).toEqual([sha256Of(file)]);
  });
});

describe('an unfinished upload from a pipe', () => {
  test('is listed by its name', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    const { stdout } = await place.plain(['sessions']);
    expect(stdout).toMatch(/^[0-9a-f]{20} {2}demo {2}uploading {2}.* {2}photos\.tar\n$/);
    expect(jsonLines(await place.plain(['sessions', '--json']))).toMatchObject([
      { file: null, name: 'photos.tar', sizeBytes: null },
    ]);
    expect((await place.run(['list-uploads'])).stdout).toContain('photos.tar');
  });

  test('shows its parts, and says what is next', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    const { code, stdout, stderr } = await place.plain(['list-parts', 'photos.tar']);
    expect(code).toBe(0);
    expect(stdout).toContain('2 parts of 1 MiB; 2 unknown');
    expect(stderr).toContain('next: run the producer again into glacier-up upload - --name photos.tar');
    await place.upload([]);
    expect((await place.plain(['list-parts', 'photos.tar'])).stderr).toMatch(
      /next: glacier-up complete [0-9a-f]{20}/,
    );
  });

  test('cannot be resumed without its producer, and says so', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    const { code, stderr } = await place.plain(['resume', 'photos.tar']);
    expect(code).toBe(2);
    expect(stderr).toContain('run its producer again into "glacier-up upload - --name photos.tar');
    const all = await place.plain(['resume', '--all']);
    expect(all).toMatchObject({ code: 0, stdout: '' });
    expect(all.stderr).toContain('photos.tar (session ');
  });

  test('can be dropped', async () => {
    const place = makeStreamPlace();
    await breakOff(place, 2);
    const { code, stderr } = await place.plain(['abort', 'photos.tar', '--yes']);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('2 parts') });
    expect(place.sessions()).toEqual([]);
    expect(place.openUploads()).toEqual([]);
  });

  test('is found among the receipts when it is archived', async () => {
    const { upload, plain } = makeStreamPlace();
    const { stdout } = await upload();
    expect((await plain(['receipts', 'photos.tar'])).stdout).toContain(stdout.trim());
  });
});

describe('upload - refuses, before anything is read,', () => {
  test.each([
    ['several operands', ['upload', '-', 'FILE', '--name', 'x'], 'standard input goes alone'],
    ['a pipe without a name', ['upload', '-'], '--name gives none'],
    ['two words about the end', [...named, '--exec', 'true', '--eof-completes'], 'does not go with --exec'],
    ['a name for a file', ['upload', 'FILE', '--name', 'x'], '--name goes with standard input'],
    ['a command for a file', ['upload', 'FILE', '--exec', 'true'], '--exec goes with standard input'],
    ['an expected size of 0', [...named, '--expected-size', '0'], 'no archive of 0 bytes'],
    ['a part size too small for what is expected', [...named, '--expected-size', '1T'], 'at most 10000'],
  ])('%s, with exit 2', async (_, words, message) => {
    const { run, file, openUploads } = makeStreamPlace();
    const asked = words.map((word) => (word === 'FILE' ? file : word));
    const { code, stderr } = await run(asked, { stdin: breaking(Buffer.from('x')) });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(openUploads()).toEqual([]);
  });

  test('a terminal, with exit 2', async () => {
    const { run } = makeStreamPlace();
    const { code, stderr } = await run(named, { columns: 80 });
    expect(code).toBe(2);
    expect(stderr).toContain('standard input is a terminal');
  });
});
