/** Which inventory is printed when a vault has several jobs, and how old it may be. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listedArchives, writeInventory } from '../helpers/inventory.js';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** A vault with one archive, and an inventory job that was done and printed before a second archive came. */
async function withOlderJob(): Promise<ServedPlace & { olderJobId: string }> {
  const place = await makeServedPlace(1000, { jobDelayMs: 4 * hourMs });
  await place.run(['upload', place.file]);
  const olderJobId = (await place.run(['inventory', '--request'])).stdout.trim();
  place.clock.pass(5 * hourMs);
  expect((await place.run(['inventory'])).code).toBe(0);
  writeFileSync(join(place.folder, 'second.tar'), 'second');
  await place.run(['upload', join(place.folder, 'second.tar')]);
  return { ...place, olderJobId };
}

function requested(place: ServedPlace, more: string[] = []): Promise<string> {
  return place.run(['inventory', '--request', ...more]).then(({ stdout }) => stdout.trim());
}

function linesOf(stdout: string): number {
  return stdout.split('\n').filter(Boolean).length;
}

describe('an inventory that was requested', () => {
  test('is what --wait waits for and prints, though an older job is done', async () => {
    const place = await withOlderJob();
    await requested(place);
    const { code, stdout } = await place.run(['inventory', '--wait']);
    expect({ code, lines: linesOf(stdout) }).toEqual({ code: 0, lines: 2 });
  });

  test('is what the command without --wait prints too: until it is done the exit code is 5', async () => {
    const place = await withOlderJob();
    const jobId = await requested(place);
    const early = await place.run(['inventory']);
    expect(early).toMatchObject({ code: 5, stdout: '' });
    expect(early.stderr).toContain(`the inventory job ${jobId} is under way`);
    expect(early.stderr).toContain(`"--job ${place.olderJobId}" prints it`);
    place.clock.pass(4 * hourMs);
    const { code, stdout } = await place.run(['inventory']);
    expect({ code, lines: linesOf(stdout) }).toEqual({ code: 0, lines: 2 });
  });

  test('is the one of this machine, though another machine has requested one since', async () => {
    const place = await withOlderJob();
    const ours = await requested(place);
    place.clock.pass(4 * hourMs);
    await requested(place, ['--state-dir', join(place.folder, 'elsewhere')]);
    const { code, stdout } = await place.run(['inventory', '--json']);
    expect(code).toBe(0);
    expect(jsonLines({ stdout } as never).at(-1)).toMatchObject({ askedAt: '2026-03-01T17:00:00.000Z' });
    // Once it is printed, the newest job counts again.
    place.clock.pass(4 * hourMs);
    const later = jsonLines(await place.run(['inventory', '--json'])).at(-1);
    expect(later).toMatchObject({ askedAt: '2026-03-01T21:00:00.000Z' });
    expect(ours).not.toBe('');
  });

  test('is one that another machine had requested, when that is under way', async () => {
    const place = await withOlderJob();
    const elsewhere = ['--state-dir', join(place.folder, 'elsewhere')];
    const theirs = await requested(place, elsewhere);
    expect(await requested(place)).toBe(theirs);
    expect(await place.run(['inventory'])).toMatchObject({ code: 5, stdout: '' });
  });

  test('does not make another machine wait, which has requested none', async () => {
    const place = await withOlderJob();
    await requested(place);
    const { code, stdout } = await place.run(['inventory', '--state-dir', join(place.folder, 'elsewhere')]);
    expect({ code, lines: linesOf(stdout) }).toEqual({ code: 0, lines: 1 });
  });

  test('of two requests is the later one', async () => {
    const place = await withOlderJob();
    const first = await requested(place);
    place.clock.pass(4 * hourMs);
    const second = await requested(place);
    expect(second).not.toBe(first);
    const { code, stdout } = await place.run(['inventory', '--wait', '--json']);
    expect(code).toBe(0);
    expect(jsonLines({ stdout } as never).at(-1)).toMatchObject({ askedAt: '2026-03-01T21:00:00.000Z' });
  });

  test('and has failed is said to have, and another one is started: no older one is printed', async () => {
    const place = await withOlderJob();
    await place.serve({ faults: ['initiate-job:fail-job'] });
    const jobId = await requested(place);
    await place.serve({});
    place.clock.pass(4 * hourMs);
    const { code, stdout, stderr } = await place.run(['inventory', '--wait']);
    expect(stderr).toContain(`the inventory job ${jobId}, requested on 2026-03-01T17:00:00.000Z, failed`);
    expect({ code, lines: linesOf(stdout) }).toEqual({ code: 0, lines: 2 });
  });

  test('and has expired is said to have, once, and another one is started', async () => {
    const place = await withOlderJob();
    const jobId = await requested(place);
    place.clock.pass(3 * dayMs);
    const { code, stdout, stderr } = await place.run(['inventory']);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toContain(`${jobId}, requested on 2026-03-01T17:00:00.000Z, has expired`);
    expect((await place.run(['inventory'])).stderr).not.toContain('has expired');
  });

  test('is remembered too when the command started the job itself', async () => {
    const place = await withOlderJob();
    place.clock.pass(4 * hourMs);
    expect((await place.run(['inventory', '--max-age', '3h'])).code).toBe(5);
    expect(await place.run(['inventory'])).toMatchObject({ code: 5, stdout: '' });
    expect(place.jobCount()).toBe(2);
  });

  test('is not remembered where state cannot be written, and that is said', async () => {
    const place = await makeServedPlace(1000, { jobDelayMs: 4 * hourMs });
    await place.run(['upload', place.file]);
    writeFileSync(join(place.folder, 'file'), '');
    const stateDir = join(place.folder, 'file');
    const { code, stdout, stderr } = await place.run(['inventory', '--request', '--state-dir', stateDir]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^[\w-]{92}\n$/) });
    expect(stderr).toContain(`"--job ${stdout.trim()}" reads it`);
  });

  test('leaves nothing behind once it was printed', async () => {
    const place = await withOlderJob();
    await requested(place);
    await place.run(['inventory', '--wait']);
    const kept = join(place.folder, 'home/.local/share/glacier-up/inventories');
    expect(readdirSync(kept)).toEqual([expect.stringMatching(/^demo-\w{8}\.json$/)]);
  });
});

describe('--job', () => {
  test('prints the output of that job, and does not put it in place of a newer inventory', async () => {
    const place = await withOlderJob();
    await requested(place);
    await place.run(['inventory', '--wait']);
    const older = await place.run(['inventory', '--job', place.olderJobId, '--json']);
    expect(older.code).toBe(0);
    expect(jsonLines(older).at(-1)).toMatchObject({
      type: 'inventory',
      archives: 1,
      askedAt: '2026-03-01T12:00:00.000Z',
      file: `job ${place.olderJobId}`,
    });
    expect(linesOf((await place.run(['inventory', '--kept'])).stdout)).toBe(2);
  });

  test('that is not done is exit 5, and is waited for with --wait', async () => {
    const place = await withOlderJob();
    const jobId = await requested(place);
    expect((await place.run(['inventory', '--job', jobId])).code).toBe(5);
    const { code, stdout } = await place.run(['inventory', '--job', jobId, '--wait']);
    expect({ code, lines: linesOf(stdout) }).toEqual({ code: 0, lines: 2 });
    // It was the one requested: that is settled.
    expect((await place.run(['inventory', '--kept'])).code).toBe(0);
  });

  test('that failed says so, and what to do', async () => {
    const place = await withOlderJob();
    await place.serve({ faults: ['initiate-job:fail-job'] });
    const jobId = await requested(place);
    place.clock.pass(4 * hourMs);
    const { code, stderr } = await place.run(['inventory', '--job', jobId]);
    expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringContaining('leave --job out') });
  });

  test('that is not known is exit 5; one that brings an archive is exit 2', async () => {
    const place = await withOlderJob();
    expect((await place.run(['inventory', '--job', 'x'.repeat(92)])).code).toBe(5);
    const archiveId = place.receipts()[0]?.archiveId as string;
    const out = join(place.folder, 'back.tar');
    const retrieve = await place.run(['retrieve', archiveId, '-o', out]);
    const [, jobId = ''] = /retrieval job (\S+) was started/.exec(retrieve.stderr) ?? [];
    const { code, stderr } = await place.run(['inventory', `--job=${jobId}`]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('an archive') });
  });
});

describe('the age of an inventory', () => {
  test('is said in words, where it is printed and where it is used', async () => {
    const place = await withOlderJob();
    place.clock.pass(3 * dayMs);
    expect((await place.run(['inventory', '--kept'])).stderr).toContain(
      'as of 2026-03-01T12:00:00Z (3 days ago)',
    );
    const against = await place.plain(['receipts', '--against', 'kept']);
    expect(against.stderr).toContain('as of 2026-03-01T12:00:00Z (3 days ago)');
    const rebuilt = await place.run(['receipts', '--rebuild', 'kept']);
    expect(rebuilt.stderr).toContain('as of 2026-03-01T12:00:00Z (3 days ago)');
  });

  test('beyond --max-age makes inventory ask for another one', async () => {
    const place = await withOlderJob();
    place.clock.pass(4 * hourMs);
    expect((await place.run(['inventory', '--max-age', '6h'])).code).toBe(0);
    const { code, stdout, stderr } = await place.run(['inventory', '--max-age', '2h', '--wait']);
    expect({ code, lines: linesOf(stdout) }).toEqual({ code: 0, lines: 2 });
    expect(stderr).toContain('(4 hours ago)');
    expect(place.jobCount()).toBe(2);
  });

  test('comes to an end however short --max-age is: a job that is done just now is young', async () => {
    const place = await withOlderJob();
    place.clock.pass(4 * hourMs);
    expect((await place.run(['inventory', '--max-age', '1h'])).code).toBe(5);
    place.clock.pass(4.5 * hourMs);
    expect((await place.run(['inventory', '--max-age', '1h'])).code).toBe(0);
    expect(place.jobCount()).toBe(2);
  });

  test.each([
    ['inventory --kept', ['inventory', '--kept', '--vault', 'demo']],
    ['receipts --against kept', ['receipts', '--against', 'kept']],
    ['receipts --rebuild kept', ['receipts', '--rebuild', 'kept', '--vault', 'demo']],
  ])('beyond --max-age makes %s refuse it', async (_, words) => {
    const place = await withOlderJob();
    place.clock.pass(dayMs);
    expect((await place.plain([...words, '--max-age', '2d'])).code).toBe(0);
    const { code, stdout, stderr } = await place.plain([...words, '--max-age', '1d']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('was asked for 29 hours ago, longer than --max-age');
  });

  test('of a file is that of its date; without one it is refused', async () => {
    const place = await withOlderJob();
    const file = writeInventory(place, listedArchives(place), { takenMs: place.clock.now() - 3 * hourMs });
    const words = ['inventory', '--file', file, '--json', '--max-age'];
    expect((await place.plain([...words, '4h'])).code).toBe(0);
    const old = await place.plain([...words, '2h']);
    expect(old).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(old.stderr)).toMatchObject({ code: 'inventory-old', exitCode: 1 });
    const undated = join(place.folder, 'undated.csv');
    writeFileSync(undated, 'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n');
    expect((await place.plain(['inventory', '--file', undated, '--max-age', '2h'])).code).toBe(1);
  });

  test.each([
    [['--request', '--max-age', '1h']],
    [['--kept', '--job', 'x']],
    [['--file', 'x', '--job', 'x']],
    [['--request', '--job', 'x']],
  ])('%j is wrong usage', async (words) => {
    const place = await makeServedPlace(1000);
    expect((await place.run(['inventory', ...words])).code).toBe(2);
  });
});
