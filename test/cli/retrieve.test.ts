import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB } from '../helpers/bytes.js';
import type { CliResult } from '../helpers/cli.js';
import { interruptWhen } from '../helpers/interrupt.js';
import { jsonLines, sha256Of } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace, type ServeOptions } from '../helpers/served-place.js';
import { smallDisk } from '../helpers/small-disk.js';

const hourMs = 60 * 60 * 1000;
/** Three ranges of 16 MiB, the last one short. */
const threeRanges = 35 * MiB + 17;

interface Archived extends ServedPlace {
  archiveId: string;
  out: string;
  /** `retrieve ID -o OUT` */
  retrieve(words?: string[], options?: Parameters<ServedPlace['run']>[1]): Promise<CliResult>;
  /** Names beside the output that begin with its own. */
  left(): string[];
}

async function makeArchived(sizeBytes = 3.5 * MiB, options: ServeOptions = {}): Promise<Archived> {
  const place = await makeServedPlace(sizeBytes, options);
  const archiveId = (await place.run(['upload', place.file])).stdout.trim();
  const out = join(place.folder, 'restored.tar');
  return {
    ...place,
    archiveId,
    out,
    retrieve: (words = [], more) =>
      place.plain(['retrieve', '--vault', 'demo', '-o', out, ...words, '--', archiveId], more),
    left: () => readdirSync(place.folder).filter((name) => name.startsWith(basename(out))),
  };
}

describe('retrieve', () => {
  test('brings back exactly the bytes, and prints the name of the file', async () => {
    const { retrieve, out, file, left } = await makeArchived();
    expect(await retrieve()).toMatchObject({ code: 0, stdout: `${out}\n` });
    expect(sha256Of(out)).toBe(sha256Of(file));
    expect(left()).toEqual(['restored.tar']);
  });

  test('starts a job and exits 5 with when to come back; later the same command downloads', async () => {
    const { retrieve, out, clock, jobCount } = await makeArchived(1000, { jobDelayMs: 4 * hourMs });
    const first = await retrieve();
    expect(first).toMatchObject({ code: 5, stdout: '' });
    expect(first.stderr).toMatch(
      /the Standard retrieval job \S+ was started, and usually takes 3 to 5 hours/,
    );
    expect((await retrieve()).stderr).toContain('is under way since 2026-03-01T12:00:00');
    expect(existsSync(out)).toBe(false);
    clock.pass(4 * hourMs);
    expect((await retrieve()).code).toBe(0);
    expect(jobCount()).toBe(1);
  });

  test('--wait waits for the job', async () => {
    const { retrieve, clock } = await makeArchived(1000, { jobDelayMs: 4 * hourMs });
    const before = clock.now();
    expect((await retrieve(['--wait'])).code).toBe(0);
    expect(clock.now() - before).toBeGreaterThanOrEqual(4 * hourMs);
  });

  test('of a file with a receipt brings it back under its own name, with its time', async () => {
    const { run, file } = await makeArchived();
    const [original, modifiedMs] = [sha256Of(file), Math.trunc(statSync(file).mtimeMs)];
    rmSync(file);
    expect(await run(['retrieve', file])).toMatchObject({ code: 0, stdout: `${file}\n` });
    expect(sha256Of(file)).toBe(original);
    expect(Math.trunc(statSync(file).mtimeMs)).toBe(modifiedMs);
  });

  test('of an archive that only the vault knows needs no receipt', async () => {
    const { retrieve, folder, out, file } = await makeArchived();
    rmSync(join(folder, 'home'), { recursive: true });
    expect((await retrieve()).code).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  test('--json tells what was proved', async () => {
    const { retrieve, archiveId, out, receipts } = await makeArchived();
    expect(jsonLines(await retrieve(['--json']))).toEqual([
      {
        type: 'retrieved',
        schema: 1,
        file: out,
        archiveId,
        vault: 'demo',
        range: `0-${3.5 * MiB - 1}`,
        sizeBytes: 3.5 * MiB,
        treeHash: receipts()[0]?.treeHash,
        jobId: expect.any(String),
      },
    ]);
  });

  test('run again proves the file that is there, and asks nobody', async () => {
    const { retrieve, out, serve } = await makeArchived();
    await retrieve();
    await serve({ faults: ['*:status=503'] });
    const again = await retrieve();
    expect(again).toMatchObject({ code: 0, stdout: `${out}\n` });
    expect(again.stderr).toContain('is there already, and has the archive');
  });

  test('never overwrites another file without --force', async () => {
    const { retrieve, out, file, jobCount } = await makeArchived();
    writeFileSync(out, 'precious');
    const refused = await retrieve();
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('is there already, and is not overwritten');
    expect(readFileSync(out, 'utf8')).toBe('precious');
    expect(jobCount()).toBe(0);
    expect((await retrieve(['--force'])).code).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  test('does not overwrite a file that comes while it downloads', async () => {
    const { retrieve, out, left } = await makeArchived();
    const onStderr = (text: string): void => {
      if (text.includes('downloading')) writeFileSync(out, 'precious');
    };
    expect(await retrieve([], { onStderr })).toMatchObject({ code: 2 });
    expect(readFileSync(out, 'utf8')).toBe('precious');
    expect(left()).toContain('restored.tar.part');
  });

  test.each([
    ['an unknown archive', ['retrieve', '-o', 'x', 'A'.repeat(138)], 8, 'The archive ID was not found'],
    ['a file without a receipt', ['retrieve', 'nothing.tar'], 4, 'no receipt of this file'],
    [
      'standard output',
      ['retrieve', '-o', '-', 'A'.repeat(138)],
      2,
      'cannot be retrieved to standard output',
    ],
    ['an ID without a file to write', ['retrieve', 'A'.repeat(138)], 2, 'give -o FILE'],
    [
      'another tier',
      ['retrieve', '--tier', 'Slow', '-o', 'x', 'A'.repeat(138)],
      2,
      'Expedited, Standard, Bulk',
    ],
    ['a folder that is not there', ['retrieve', '-o', '/nowhere/x', 'A'.repeat(138)], 9, 'no such folder'],
  ])('of %s is refused', async (_, words, exitCode, message) => {
    const { run } = await makeServedPlace(1000);
    const { code, stdout, stderr } = await run(words);
    expect({ code, stdout, stderr }).toMatchObject({
      code: exitCode,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });
});

describe('retrieve --dry-run', () => {
  test('tells requests and cost, and starts nothing', async () => {
    const { retrieve, jobCount, out, archiveId } = await makeArchived(threeRanges);
    const { code, stdout } = await retrieve(['--dry-run', '--tier', 'Bulk']);
    expect(code).toBe(0);
    expect(stdout).toContain('1 request starts a Bulk job, 3 requests download it');
    expect(stdout).toContain('less than 0.01 USD (estimated from prices of 2026-05 for us-east-1)');
    expect(jsonLines(await retrieve(['--dry-run', '--json']))).toMatchObject([
      {
        type: 'retrieval-plan',
        archiveId,
        file: out,
        sizeBytes: threeRanges,
        tier: 'Standard',
        jobId: null,
        downloads: 3,
        estimate: {
          retrieving: expect.closeTo((0.01 * threeRanges) / 1024 ** 3 + 0.00005, 6),
          currency: 'USD',
        },
      },
    ]);
    expect({ jobs: jobCount(), isThere: existsSync(out) }).toEqual({ jobs: 0, isThere: false });
  });

  test('finds the job that is there, which costs nothing more', async () => {
    const { retrieve } = await makeArchived(1000, { jobDelayMs: 4 * hourMs });
    await retrieve();
    const { stdout } = await retrieve(['--dry-run']);
    expect(stdout).toMatch(/the Standard job \S+ is there already \(InProgress\).* 0.00 USD/);
  });
});

describe('the job of a retrieval', () => {
  test('is started once although the reply to it is lost', async () => {
    const { retrieve, serve, jobCount } = await makeArchived(1000, { jobDelayMs: 4 * hourMs });
    await serve({ faults: ['initiate-job#1:lose-reply'] });
    expect((await retrieve()).code).toBe(5);
    expect(jobCount()).toBe(1);
  });

  test('of a slower tier than asked for does not serve; one that is faster does', async () => {
    const { retrieve, jobCount } = await makeArchived(1000, { jobDelayMs: 4 * hourMs });
    await retrieve(['--tier', 'Bulk']);
    await retrieve(['--tier', 'Expedited']);
    expect(jobCount()).toBe(2);
    await retrieve(['--tier', 'Standard']);
    await retrieve();
    expect(jobCount()).toBe(2);
  });

  test('that failed is exit 5, and the next run starts another', async () => {
    const { retrieve, serve, jobCount } = await makeArchived();
    await serve({ faults: ['initiate-job#1:fail-job'] });
    const failed = await retrieve();
    expect(failed).toMatchObject({ code: 5, stdout: '' });
    expect(failed.stderr).toContain('failed');
    expect((await retrieve()).code).toBe(0);
    expect(jobCount()).toBe(2);
  });

  test('whose output is no more is replaced by another', async () => {
    const { retrieve, clock, serve } = await makeArchived();
    await serve({ faults: ['job-output:error=ServiceUnavailableException'] });
    expect((await retrieve(['--retry-for', '0'])).code).toBe(5);
    clock.pass(30 * hourMs);
    await serve({});
    expect((await retrieve()).code).toBe(0);
  });

  test('must bring what the receipt says', async () => {
    const { retrieve, folder, out } = await makeArchived();
    const book = join(folder, 'home/.local/share/glacier-up/receipts.jsonl');
    writeFileSync(
      book,
      readFileSync(book, 'utf8')
        .replace(/"treeHash":"."/, '"treeHash":"0')
        .replace(/"treeHash":"\w{64}/, `"treeHash":"${'0'.repeat(64)}`),
    );
    const { code, stderr } = await retrieve();
    expect({ code, stderr }).toMatchObject({
      code: 10,
      stderr: expect.stringContaining('the service has the archive with tree hash'),
    });
    expect(existsSync(out)).toBe(false);
  });
});

describe('retrieve --range', () => {
  test.each([
    ['in the middle', 2 * MiB, 4 * MiB],
    ['at the right edge, shorter than a power of two', 4 * MiB, 6.5 * MiB],
    ['of everything', 0, 6.5 * MiB],
  ])('brings back a range %s', async (_, start, end) => {
    const { retrieve, out, file } = await makeArchived(6.5 * MiB);
    const { code, stdout } = await retrieve(['--range', `${start}-${end - 1}`, '--json']);
    expect(code).toBe(0);
    expect(jsonLines({ stdout } as never)).toMatchObject([
      { range: `${start}-${end - 1}`, sizeBytes: end - start },
    ]);
    expect(readFileSync(out).equals(readFileSync(file).subarray(start, end))).toBe(true);
  });

  test.each([
    ['1048576-3145727', 'is not tree-hash aligned', '0-4194303'],
    ['0-99', 'is not tree-hash aligned', '0-1048575'],
    ['0-9999999', 'goes beyond the archive', ''],
  ])('%s is refused before anything is paid for', async (range, message, around) => {
    const { retrieve, jobCount } = await makeArchived(6.5 * MiB);
    const { code, stderr } = await retrieve(['--range', range]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(stderr).toContain(around);
    expect(jobCount()).toBe(0);
  });
});

describe('a download that goes wrong', () => {
  test.each([
    ['is cut off', 'job-output#1:cut-reply'],
    ['ends too early in whole HTTP', 'job-output#1:truncate-reply'],
    ['is the whole although a range was asked for', 'job-output#2:ignore-range'],
    ['comes from a proxy', 'job-output#1:html=200'],
    ['is throttled', 'job-output#1:error=ThrottlingException'],
    ['is corrupt once', 'job-output#1:corrupt'],
    ['has a wrong tree hash once', 'job-output#2:wrong-tree-hash'],
  ])('because an answer %s is asked for again, and the bytes are right', async (_, fault) => {
    const { retrieve, out, file, serve } = await makeArchived(threeRanges);
    await serve({ faults: [fault] });
    expect(await retrieve()).toMatchObject({ code: 0 });
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  test.each([
    ['bytes stay wrong', 'job-output:corrupt'],
    ['hash stays wrong', 'job-output:wrong-tree-hash'],
  ])('because its %s is exit 10, and the file never gets its name', async (_, fault) => {
    const { retrieve, out, serve } = await makeArchived();
    await serve({ faults: [fault] });
    const { code, stdout, stderr } = await retrieve();
    expect({ code, stdout }).toEqual({ code: 10, stdout: '' });
    expect(stderr).toContain('fetching it again');
    expect(existsSync(out)).toBe(false);
  });

  test('by SIGINT keeps what is proved, and fetches only the rest', async () => {
    const { retrieve, out, file } = await makeArchived(threeRanges);
    const stopped = await retrieve(['--concurrency', '1', '--verbose'], interruptWhen(/range \S+ proved/g));
    expect(stopped).toMatchObject({ signal: 'SIGINT', stdout: '' });
    expect(existsSync(out)).toBe(false);
    const resumed = await retrieve(['--verbose']);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain('resumed: 1 of 3 ranges (16 MiB) are proved already');
    expect(resumed.stderr.match(/range \S+ proved/g)).toHaveLength(2);
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  /** Stopped after the first range: its bytes and their hash are there. */
  async function stoppedAfterOne(): Promise<Archived> {
    const archived = await makeArchived(threeRanges);
    await archived.serve({ faults: ['job-output#2-:error=ServiceUnavailableException'] });
    const stopped = await archived.retrieve(['--concurrency', '1', '--retry-for', '0']);
    expect(stopped.code).toBe(5);
    await archived.serve({});
    return archived;
  }

  test.each([
    ['bytes were changed since', (part: string) => writeFileSync(part, Buffer.alloc(20 * MiB))],
    ['file was cut by a crash', (part: string) => truncateSync(part, 5)],
    ['file is gone', (part: string) => rmSync(part)],
    ['list of ranges is gone', (part: string) => rmSync(`${part}.ranges`)],
    [
      'list of ranges is cut off',
      (part: string) => truncateSync(`${part}.ranges`, statSync(`${part}.ranges`).size - 9),
    ],
    ['list of ranges is garbage', (part: string) => writeFileSync(`${part}.ranges`, '\0\0\0')],
    [
      'list of ranges names ranges that are not there',
      (part: string) =>
        appendFileSync(`${part}.ranges`, `{"range":"16777216-33554431","treeHash":"${'0'.repeat(64)}"}\n`),
    ],
  ])('and whose %s is put right by the next run', async (_, change) => {
    const { retrieve, out, file, left } = await stoppedAfterOne();
    change(`${out}.part`);
    expect((await retrieve()).code).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
    expect(left()).toEqual(['restored.tar']);
  });

  test('is not carried on with the bytes of another archive, unless --force drops them', async () => {
    const { run, plain, retrieve, folder, out } = await stoppedAfterOne();
    const other = join(folder, 'other.tar');
    writeFileSync(other, 'other');
    const otherId = (await run(['upload', other])).stdout.trim();
    const words = ['retrieve', '--vault', 'demo', '-o', out, '--', otherId];
    expect(await plain(words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is of another archive'),
    });
    expect(await plain(['retrieve', '--force', ...words.slice(1)])).toMatchObject({ code: 0 });
    expect(readFileSync(out, 'utf8')).toBe('other');
    expect((await retrieve()).code).toBe(2);
  });

  test('between the file’s name and the end of the run is settled by the next run', async () => {
    const { retrieve, out, file, left } = await makeArchived(threeRanges);
    await retrieve();
    writeFileSync(`${out}.part`, readFileSync(out));
    const header = {
      schema: 1,
      range: `0-${threeRanges - 1}`,
      treeHash: 'a'.repeat(64),
      pieceSizeBytes: 16 * MiB,
    };
    const id = JSON.parse((await retrieve(['--json'])).stdout).archiveId;
    writeFileSync(`${out}.part.ranges`, `${JSON.stringify({ ...header, archiveId: id })}\n`);
    expect((await retrieve()).code).toBe(0);
    expect(left()).toEqual(['restored.tar']);
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  test('on a full disk says so with exit 9; with room again the same command goes on', async ({ skip }) => {
    const disk = smallDisk(40) ?? skip('no right to mount a small file system');
    const { plain, archiveId, file } = await makeArchived(threeRanges);
    const out = join(disk, 'restored.tar');
    const filler = join(disk, 'filler');
    writeFileSync(filler, Buffer.alloc(20 * MiB));
    const words = ['retrieve', '--vault', 'demo', '-o', out, '--concurrency', '1', '--', archiveId];
    const full = await plain(words);
    expect(full).toMatchObject({ code: 9, stdout: '' });
    expect(full.stderr).toContain('cannot be written: the disk is full');
    expect(full.stderr).toContain('run the same command again');
    expect(existsSync(out)).toBe(false);
    rmSync(filler);
    const resumed = await plain(words);
    expect(resumed.stderr).toContain('resumed: 1 of 3 ranges');
    expect(resumed.code).toBe(0);
    expect(sha256Of(out)).toBe(sha256Of(file));
  });
});
