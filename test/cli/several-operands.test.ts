/** Runs with several operands: how they end, what they say at the end, and what ends them early. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { MiB, seededFile } from '../helpers/bytes.js';
import { interruptWhen } from '../helpers/interrupt.js';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';

/** Nobody listens on port 9 of this machine. */
const deadEndpoint = 'http://127.0.0.1:9';
const minuteMs = 60_000;
/** Each file fills the only slot. */
const oneByOne = ['--concurrency', '1', '--part-size', '1M'];

/** A served vault beside files of these names. */
async function withFiles(...names: string[]): Promise<ServedPlace & { files: string[] }> {
  const place = await makeServedPlace(1000);
  const files = names.map((name, seed) => {
    const file = join(place.folder, name);
    seededFile(file, 1.5 * MiB, seed + 10);
    return file;
  });
  return { ...place, files };
}

const errorsIn = (stderr: string): string[] => stderr.split('\n').filter((line) => /: upload: /.test(line));
/** Without the bytes and the time at its end. */
const lastLine = (text: string): string | undefined =>
  text
    .trimEnd()
    .split('\n')
    .at(-1)
    ?.replace(/; \S+ \S+ in [^;]+$/, '');
const summaryOf = (result: Parameters<typeof jsonLines>[0]): unknown => jsonLines(result).at(-1);

describe('the exit code of a run with several files', () => {
  test('is that of the first failure that is not temporary', async () => {
    const { run, serve, files, archives, folder } = await withFiles('a', 'b');
    await serve({ faults: ['upload-part#1:error=ServiceUnavailableException'] });
    const missing = join(folder, 'missing');
    const { code, stderr } = await run([
      'upload',
      files[0] ?? '',
      missing,
      files[1] ?? '',
      '--retry-for',
      '0',
    ]);
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(archives()).toHaveLength(1);
  });

  test('is 5 when every failure is temporary', async () => {
    const { run, serve, files } = await withFiles('a', 'b', 'c');
    await serve({ faults: ['upload-part#1-2:error=ServiceUnavailableException'] });
    const { code, stderr } = await run(['upload', ...files, '--retry-for', '0']);
    expect(code).toBe(5);
    expect(lastLine(stderr)).toBe('glacier-up: 3 files: 1 archived, 2 failed');
  });
});

describe('--retry-for counts for the run:', () => {
  test('an endpoint that is down ends it once, and the next run does what was not tried', async () => {
    const { run, files, clock, archives, env } = await withFiles('a', 'b', 'c');
    const dead = { ...env(), AWS_ENDPOINT_URL_GLACIER: deadEndpoint };
    const beganMs = clock.monotonicMs();
    const ended = await run(['upload', ...files, '--retry-for', '15m', '--quiet'], { env: dead });
    expect(clock.monotonicMs() - beganMs).toBeLessThanOrEqual(15 * minuteMs);
    expect(ended.code).toBe(5);
    expect(errorsIn(ended.stderr)).toHaveLength(1);
    expect(lastLine(ended.stderr)).toBe(
      `glacier-up: 3 files: 1 failed, 2 not tried (${files[1]}, ${files[2]})`,
    );
    const next = await run(['upload', ...files, '--quiet']);
    expect({ code: next.code, stderr: next.stderr }).toEqual({ code: 0, stderr: '' });
    expect(archives()).toHaveLength(3);
  });

  test('one that goes down in the middle of a file is asked once more, for the next file', async () => {
    const { run, files, clock, serve } = await withFiles('a', 'b', 'c');
    await serve({ faults: ['upload-part#2-:cut@0', 'initiate#2-:cut@0'] });
    const words = ['upload', ...files, '--part-size', '1M', '--concurrency', '1', '--retry-for', '15m'];
    const beganMs = clock.monotonicMs();
    const { code, stderr } = await run(words);
    expect(code).toBe(5);
    expect(clock.monotonicMs() - beganMs).toBeLessThanOrEqual(15 * minuteMs);
    expect(errorsIn(stderr)).toEqual([
      expect.stringMatching(/: upload: .*a: .*gave up after/),
      expect.stringMatching(/: upload: .*b: .*not repeated: --retry-for was spent/),
    ]);
    expect(lastLine(stderr)).toBe(`glacier-up: 3 files: 2 failed, 1 not tried (${files[2]})`);
  });

  test('a file that always fails, while the service answers, does not keep the others from being archived', async () => {
    const { run, files, archives, serve, clock } = await withFiles('a', 'b', 'c', 'd');
    // The seven tries of one minute, and the only try of the next file.
    await serve({ faults: ['upload-part#1-8:error=RequestTimeoutException'] });
    const beganMs = clock.monotonicMs();
    const { code, stderr } = await run(['upload', ...files, ...oneByOne, '--retry-for', '1m']);
    expect(code).toBe(5);
    expect(clock.monotonicMs() - beganMs).toBeLessThanOrEqual(minuteMs);
    expect(errorsIn(stderr)).toHaveLength(2);
    expect(lastLine(stderr)).toBe('glacier-up: 4 files: 2 archived, 2 failed');
    expect(archives()).toHaveLength(2);
  });

  test('what is confirmed gives the rest of the run its patience back', async () => {
    const { run, files, archives, serve } = await withFiles('a', 'b', 'c');
    await serve({
      faults: [
        'upload-part#1-7:error=ServiceUnavailableException',
        'initiate#3:error=ServiceUnavailableException',
      ],
    });
    const { stderr } = await run(['upload', ...files, ...oneByOne, '--retry-for', '1m']);
    expect(lastLine(stderr)).toBe('glacier-up: 3 files: 2 archived, 1 failed');
    expect(archives()).toHaveLength(2);
  });
});

describe('what would meet every other file too ends the run:', () => {
  test('refused credentials, with the names of those that were not tried', async () => {
    const { run, serve, files } = await withFiles('a', 'b', 'c', 'd', 'e', 'f');
    await serve({ faults: ['initiate:error=AccessDeniedException'] });
    const { code, stderr } = await run(['upload', ...files]);
    expect(code).toBe(7);
    const [, b, c, d, , f] = files;
    expect(lastLine(stderr)).toBe(
      `glacier-up: 6 files: 1 failed, 5 not tried (${b}, ${c}, ${d} and 2 more, to ${f})`,
    );
    expect(lastLine((await run(['upload', ...files, '--verbose'])).stderr)).toContain(
      files.slice(1).join(', '),
    );
  });

  test('a vault that does not exist', async () => {
    const { plain, files } = await withFiles('a', 'b', 'c');
    const { code, stderr } = await plain(['upload', ...files, '--vault', 'typo']);
    expect(code).toBe(8);
    expect(errorsIn(stderr)).toHaveLength(1);
    expect(lastLine(stderr)).toBe(`glacier-up: 3 files: 1 failed, 2 not tried (${files[1]}, ${files[2]})`);
  });

  test('but only for its own place: what goes elsewhere is still resumed', async () => {
    const { plain, files, serve, archives, folder, env } = await withFiles('a', 'b', 'c');
    const elsewhere = await startVaultServer({ dir: join(folder, 'elsewhere') });
    await plain(['vaults', 'create', 'demo'], { env: { AWS_ENDPOINT_URL_GLACIER: elsewhere.url } });
    for (const [file, url] of [
      [files[0], elsewhere.url],
      [files[1], elsewhere.url],
      [files[2], env().AWS_ENDPOINT_URL_GLACIER],
    ]) {
      const words = ['upload', file ?? '', '--vault', 'demo', '--endpoint-url', url ?? ''];
      const interrupted = await plain(words, interruptWhen(/: sending/));
      expect(interrupted.signal).toBe('SIGINT');
    }
    await elsewhere.close();
    const ended = await plain(['resume', '--all', '--retry-for', '1m', '--json']);
    expect(ended.code).toBe(5);
    expect(summaryOf(ended)).toMatchObject({ total: 3, archived: 1, failed: 1, notTried: 1 });
    await serve({});
    expect(archives()).toHaveLength(1);
  });
});

describe('the line at the end', () => {
  test('counts what was archived, what was there already, and what failed', async () => {
    const { run, files, folder } = await withFiles('a', 'b', 'c');
    await run(['upload', files[0] ?? '']);
    const { code, stderr } = await run(['upload', ...files, join(folder, 'missing')]);
    expect(code).toBe(3);
    expect(lastLine(stderr)).toBe('glacier-up: 4 files: 2 archived, 1 archived already, 1 failed');
  });

  test('is an object with --json', async () => {
    const { run, files, folder } = await withFiles('a', 'b');
    const result = await run(['upload', ...files, join(folder, 'missing'), '--json']);
    expect(summaryOf(result)).toEqual({
      type: 'summary',
      schema: 1,
      command: 'upload',
      total: 3,
      archived: 2,
      archivedAlready: 0,
      skipped: 0,
      failed: 1,
      interrupted: 0,
      notTried: 0,
      notTriedNames: [],
      archivedBytes: 3 * MiB,
      elapsedMs: expect.any(Number),
    });
    expect(result.stderr).not.toContain('3 files');
  });

  test('is not there for a single file, and not under --quiet when all went well', async () => {
    const { run, files } = await withFiles('a', 'b');
    expect((await run(['upload', files[0] ?? ''])).stderr).not.toContain('1 file');
    expect((await run(['upload', ...files, '--quiet'])).stderr).toBe('');
  });

  test('is there when the run is interrupted', async () => {
    const { run, files } = await withFiles('a', 'b', 'c', 'd');
    const { signal, stderr } = await run(['upload', ...files, ...oneByOne], interruptWhen(/b: sending/));
    expect(signal).toBe('SIGINT');
    expect(lastLine(stderr)).toBe(
      `glacier-up: 4 files: 1 archived, 1 interrupted, 2 not tried (${files[2]}, ${files[3]})`,
    );
  });

  test('is there for a dry run', async () => {
    const { run, files } = await withFiles('a', 'b');
    await run(['upload', files[0] ?? '']);
    expect(summaryOf(await run(['upload', ...files, '-n', '--json']))).toMatchObject({
      toSend: 1,
      archivedAlready: 1,
    });
  });

  test('is there for abort and delete', async () => {
    const { run, plain, files } = await withFiles('a', 'b', 'c');
    const [a = '', b = '', c = ''] = files;
    const ids = [];
    for (const file of [a, b]) ids.push((await run(['upload', file])).stdout.trim());
    const words = ['delete', '--vault', 'demo', '--json'];
    expect(summaryOf(await plain([...words, '--dry-run', '--', ...ids]))).toMatchObject({ toDelete: 2 });
    expect(summaryOf(await plain([...words, '--yes', '--', ...ids]))).toMatchObject({
      command: 'delete',
      deleted: 2,
    });
    await run(['upload', c], interruptWhen(/: sending/));
    expect(summaryOf(await plain(['abort', a, c, '--yes', '--json']))).toMatchObject({
      command: 'abort',
      dropped: 1,
      nothingToDrop: 1,
      failed: 0,
    });
  });
});
