import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { jsonLines, makePlace } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';
import { smallDisk } from '../helpers/small-disk.js';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

function keptFolder({ folder }: ServedPlace): string {
  return join(folder, 'home/.local/share/glacier-up/inventories');
}

describe('inventory', () => {
  test('starts a job and says when to come back; later the same command lists the archives', async () => {
    const place = await makeServedPlace(1000, { jobDelayMs: 4 * hourMs });
    const archiveId = (await place.run(['upload', place.file])).stdout.trim();
    const first = await place.run(['inventory']);
    expect(first).toMatchObject({ code: 5, stdout: '' });
    expect(first.stderr).toMatch(/the inventory job \S+ was started, and usually takes 3 to 5 hours/);
    expect(first.stderr).toContain('again after 2026-03-01T17:00:00');
    const second = await place.run(['inventory']);
    expect(second.stderr).toContain('is under way since 2026-03-01T12:00:00');
    place.clock.pass(4 * hourMs);
    const third = await place.run(['inventory']);
    expect(third).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        new RegExp(`^${archiveId} {2}\\S+ {2}1000 bytes {2}${place.description}\\n$`),
      ),
    });
  });

  test('--wait waits for the job, looking seldom', async () => {
    const place = await makeServedPlace(1000, { jobDelayMs: 4 * hourMs });
    await place.run(['upload', place.file]);
    place.clock.waits.length = 0;
    const printed = vi.spyOn(console, 'warn');
    const { code, stdout } = await place.run(['inventory', '--wait', '--json']);
    expect(code).toBe(0);
    // The SDK speaks up on the console when it is given a body's bytes in a way it does not like.
    expect(printed).not.toHaveBeenCalled();
    expect(jsonLines({ stdout } as never)).toMatchObject([
      { type: 'inventoried-archive', description: place.description, sizeBytes: 1000 },
      { type: 'inventory', vault: 'demo', region: 'eu-west-1', archives: 1, malformed: 0 },
    ]);
    expect(place.clock.waits.length).toBeLessThan(80);
    expect(Math.max(...place.clock.waits)).toBe(10 * 60_000);
  });

  test('keeps the last inventory as Glacier wrote it; --kept prints it and asks nobody', async () => {
    const place = await makeServedPlace(1000);
    await place.run(['upload', place.file]);
    const listed = await place.run(['inventory']);
    const [name = ''] = readdirSync(keptFolder(place));
    expect(name).toMatch(/^demo-[0-9a-f]{8}\.json$/);
    const kept = join(keptFolder(place), name);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ ArchiveList: [{ Size: 1000 }] });
    await place.serve({ faults: ['*:status=503'] });
    expect(await place.run(['inventory', '--kept'])).toMatchObject({ code: 0, stdout: listed.stdout });
  });

  test('--kept without any says so with exit 4', async () => {
    const place = await makeServedPlace(1000);
    expect(await place.run(['inventory', '--kept'])).toMatchObject({ code: 4, stdout: '' });
  });

  test('--request prints the job ID, and the one under way when there is one', async () => {
    const place = await makeServedPlace(1000, { jobDelayMs: 4 * hourMs });
    await place.run(['upload', place.file]);
    const first = await place.run(['inventory', '--request']);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\w-]{92}\n$/) });
    expect(await place.run(['inventory', '--request'])).toMatchObject({ code: 0, stdout: first.stdout });
    place.clock.pass(5 * hourMs);
    const later = await place.run(['inventory', '--request']);
    expect(later.stdout).not.toBe(first.stdout);
  });

  test('starts one job although the reply to it is lost', async () => {
    const place = await makeServedPlace(1000, { jobDelayMs: 4 * hourMs });
    await place.run(['upload', place.file]);
    await place.serve({ faults: ['initiate-job#1:lose-reply'] });
    expect((await place.run(['inventory', '--wait'])).code).toBe(0);
    expect(place.jobCount()).toBe(1);
  });

  test.each([
    ['is cut off', 'job-output#1:cut-reply'],
    ['ends too early in whole HTTP', 'job-output#1:truncate-reply'],
    ['is a failure', 'job-output#1:error=ServiceUnavailableException'],
    ['comes from a proxy', 'job-output#1:html=200'],
  ])('asks again when the answer %s, and never keeps half an inventory', async (_, fault) => {
    const place = await makeServedPlace(1000);
    await place.run(['upload', place.file]);
    await place.serve({ faults: [fault.replace('#1', '')] });
    expect(await place.run(['inventory', '--retry-for', '0'])).toMatchObject({ code: 5, stdout: '' });
    expect(await place.run(['inventory', '--kept'])).toMatchObject({ code: 4, stdout: '' });
    await place.serve({ faults: [fault] });
    expect((await place.run(['inventory'])).code).toBe(0);
  });

  test('on a full disk is exit 9, and the inventory before is kept', async ({ skip }) => {
    const disk = smallDisk(1) ?? skip('no right to mount a small file system');
    const place = await makeServedPlace(1000);
    await place.run(['upload', place.file]);
    const listed = await place.run(['inventory', '--state-dir', disk]);
    place.clock.pass(dayMs);
    await place.run(['upload', place.file, '--again']);
    const filler = join(disk, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(2 * 1024 ** 2))).toThrow('ENOSPC');
    place.clock.pass(2 * dayMs);
    const full = await place.run(['inventory', '--state-dir', disk]);
    expect(full).toMatchObject({ code: 9, stdout: '', stderr: expect.stringContaining('the disk is full') });
    const kept = await place.run(['inventory', '--kept', '--state-dir', disk]);
    expect(kept).toMatchObject({ code: 0, stdout: listed.stdout });
    rmSync(filler);
    expect((await place.run(['inventory', '--state-dir', disk])).stdout.split('\n')).toHaveLength(3);
  });

  test('of a vault whose first inventory is not taken yet is exit 5', async () => {
    const place = await makeServedPlace(1000, { inventoryEveryMs: dayMs });
    await place.run(['upload', place.file]);
    const { code, stderr } = await place.run(['inventory']);
    expect(code).toBe(5);
    expect(stderr).toContain('vault demo has no inventory yet');
    place.clock.pass(dayMs);
    expect((await place.run(['inventory'])).code).toBe(0);
  });

  test('of a vault that does not exist is exit 8, and does not make it', async () => {
    const place = await makeServedPlace(1000);
    expect((await place.plain(['inventory', '--vault', 'nowhere'])).code).toBe(8);
    expect((await place.plain(['vaults'])).stdout).toMatch(/^demo {2}[^\n]*\n$/);
  });

  test('--file lists one that is given, in CSV too, and from standard input', async () => {
    const place = makePlace();
    const file = join(place.folder, 'inventory.csv');
    const id = '-'.repeat(138);
    const hash = 'A'.repeat(64);
    const text = `ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n${id},"ends in \\",2020-01-01T00:00:00Z,5,${hash}\nbroken\n`;
    writeFileSync(file, text);
    const { code, stdout } = await place.plain(['inventory', '--file', file, '--json']);
    expect(code).toBe(1);
    expect(jsonLines({ stdout } as never)).toMatchObject([
      {
        archiveId: id,
        description: 'ends in \\',
        createdAt: '2020-01-01T00:00:00Z',
        treeHash: 'a'.repeat(64),
      },
      { type: 'faulty-entry', archiveId: null, description: 'broken' },
      { type: 'inventory', vault: null, takenAt: null, archives: 1, malformed: 1 },
    ]);
    const piped = await place.plain(['inventory', '--file', '-'], { stdin: text });
    expect(piped.stdout).toContain(`${id}  2020-01-01T00:00:00Z  5 bytes  ends in \\`);
  });

  test('is held against the receipts as "kept"', async () => {
    const place = await makeServedPlace(1000);
    await place.run(['upload', place.file]);
    expect((await place.plain(['receipts', '--against', 'kept'])).code).toBe(4);
    await place.run(['inventory']);
    const { code, stdout } = await place.plain(['receipts', '--against', 'kept']);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^confirmed {2}/) });
  });

  test.each([[['--wait', '--kept']], [['--request', '--file', 'x']]])('%j is wrong usage', async (words) => {
    const place = makePlace();
    expect((await place.run(['inventory', ...words])).code).toBe(2);
  });
});
