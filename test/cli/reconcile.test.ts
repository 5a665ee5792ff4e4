import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listedArchives, writeInventory } from '../helpers/inventory.js';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace, type ServeOptions } from '../helpers/served-place.js';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** An upload whose Complete was sent, whose answer was lost, and which the service does not know any more. */
async function unknownOutcome(
  { isArchived }: { isArchived: boolean },
  options: ServeOptions = {},
): Promise<ServedPlace> {
  const place = await makeServedPlace(1000, options);
  const fault = isArchived ? 'complete:lose-reply' : 'complete:cut';
  await place.serve({ faults: [fault] });
  expect((await place.run(['upload', place.file, '--retry-for', '0'])).code).toBe(5);
  // The upload ID is forgotten after a day, whether it became an archive or not.
  place.clock.pass(25 * hourMs);
  await place.serve({});
  const again = await place.run(['upload', place.file]);
  expect(again.code).toBe(6);
  expect(again.stderr).toContain('glacier-up reconcile');
  return place;
}

async function archiveOther(place: ServedPlace, name: string): Promise<void> {
  writeFileSync(join(place.folder, name), name);
  expect((await place.run(['upload', join(place.folder, name)])).code).toBe(0);
}

describe('reconcile', () => {
  test('finds the archive in the inventory: receipt written, session gone, ID printed', async () => {
    const place = await unknownOutcome({ isArchived: true });
    const { code, stdout, stderr } = await place.plain(['reconcile', place.file]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const [receipt] = place.receipts();
    expect(stdout).toBe(`${receipt?.archiveId}  ${place.file}\n`);
    expect(receipt).toMatchObject({ path: place.file, completedAt: '2026-03-01T12:00:00Z' });
    expect(place.sessions()).toEqual([]);
    expect(await place.plain(['reconcile', place.file])).toMatchObject({ code: 0, stdout });
    expect(await place.run(['upload', place.file])).toMatchObject({
      code: 0,
      stdout: `${receipt?.archiveId}\n`,
    });
    expect(place.archives()).toHaveLength(1);
  });

  test('in a vault without an inventory says that there is none yet', async () => {
    const place = await unknownOutcome({ isArchived: true }, { inventoryEveryMs: 1000 * hourMs });
    const { code, stderr } = await place.plain(['reconcile', place.file]);
    expect(code).toBe(5);
    expect(stderr).toContain('the vault has no inventory yet: whether there is an archive is still unknown');
  });

  test('settles everything that is unknown when nothing is named', async () => {
    const place = await unknownOutcome({ isArchived: true });
    expect(jsonLines(await place.plain(['reconcile', '--json']))).toMatchObject([
      { type: 'archive', file: place.file },
    ]);
    const nothing = await place.plain(['reconcile']);
    expect(nothing).toMatchObject({ code: 0, stdout: '' });
    expect(nothing.stderr).toContain('no upload here has an unknown outcome');
  });

  test('sets free what is in no inventory that is young enough: it is uploaded again', async () => {
    const place = await unknownOutcome({ isArchived: false });
    const early = await place.plain(['reconcile', place.file]);
    expect(early).toMatchObject({ code: 5, stdout: '' });
    expect(early.stderr).toContain('run the same command again after 2026-03-03T13:00');
    expect(place.sessions()).toHaveLength(1);
    place.clock.pass(2 * dayMs);
    const { code, stdout, stderr } = await place.plain(['reconcile', place.file, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    expect(jsonLines({ stdout } as never)).toMatchObject([{ type: 'reconciled', outcome: 'absent' }]);
    expect(place.sessions()).toEqual([]);
    expect((await place.run(['upload', place.file])).code).toBe(0);
    expect(place.archives()).toHaveLength(1);
  });

  test('waits for the inventory job with --wait, and else says when to come back', async () => {
    const place = await unknownOutcome({ isArchived: true }, { jobDelayMs: 4 * hourMs });
    const early = await place.plain(['reconcile']);
    expect(early).toMatchObject({ code: 5, stdout: '' });
    expect(early.stderr).toContain('the inventory job');
    expect((await place.plain(['reconcile', '--wait'])).code).toBe(0);
    expect(place.jobCount()).toBe(1);
  });

  test('does not ask for an inventory that it has looked in already', async () => {
    const place = await unknownOutcome({ isArchived: false });
    await archiveOther(place, 'other.tar');
    expect((await place.plain(['reconcile'])).code).toBe(5);
    expect(place.jobCount()).toBe(1);
    expect((await place.plain(['reconcile'])).code).toBe(5);
    expect(place.jobCount()).toBe(1);
    place.clock.pass(dayMs);
    await archiveOther(place, 'another.tar');
    // That made Glacier take another inventory: it is young enough by now.
    place.clock.pass(hourMs);
    expect(await place.plain(['reconcile'])).toMatchObject({ code: 0, stdout: '' });
    expect(place.sessions()).toEqual([]);
  });

  test('takes an inventory that is given, of this vault only', async () => {
    const place = await unknownOutcome({ isArchived: true });
    const takenMs = place.clock.now() + 2 * dayMs;
    for (const other of [{ vault: 'other' }, { region: 'us-east-1' }]) {
      const wrong = writeInventory(place, [], { takenMs, region: 'eu-west-1', ...other });
      expect((await place.plain(['reconcile', '--file', wrong])).code).toBe(2);
    }
    const old = writeInventory(place, [], { takenMs: takenMs - 3 * dayMs, region: 'eu-west-1' });
    expect((await place.plain(['reconcile', '--file', old])).code).toBe(5);
    expect(place.sessions()).toHaveLength(1);
    await place.run(['inventory']);
    const kept = join(place.folder, 'home/.local/share/glacier-up/inventories');
    const [name = ''] = readdirSync(kept);
    expect((await place.plain(['reconcile', '--file', join(kept, name)])).code).toBe(0);
  });

  test('never takes the archive of another upload, nor one of another description or content, for its own', async () => {
    const place = await unknownOutcome({ isArchived: false });
    // The same content and description, with a receipt of its own; and one of another description, without.
    mkdirSync(join(place.folder, 'twin'));
    copyFileSync(place.file, join(place.folder, 'twin/backup.tar'));
    await place.run(['upload', join(place.folder, 'twin/backup.tar')]);
    const elsewhere = ['--state-dir', join(place.folder, 'elsewhere')];
    await place.run(['upload', place.file, '--description', 'another', ...elsewhere]);
    // Other content of the same size and description, without a receipt here.
    mkdirSync(join(place.folder, 'other'));
    writeFileSync(join(place.folder, 'other/backup.tar'), Buffer.alloc(1000, 'x'));
    await place.run(['upload', join(place.folder, 'other/backup.tar'), ...elsewhere]);
    place.clock.pass(3 * dayMs);
    const { code, stdout } = await place.plain(['reconcile', '--json']);
    expect(code).toBe(0);
    expect(jsonLines({ stdout } as never)).toMatchObject([{ type: 'reconciled', outcome: 'absent' }]);
  });

  test('does not choose between archives that both could be it', async () => {
    const place = await unknownOutcome({ isArchived: true });
    await place.run(['upload', place.file, '--state-dir', join(place.folder, 'elsewhere')]);
    const { code, stdout, stderr } = await place.plain(['reconcile']);
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('may have made any of the archives');
    expect(place.sessions()).toHaveLength(1);
    // What the hint names can be run as it stands, and ends it.
    const { next } = JSON.parse((await place.plain(['reconcile', '--json'])).stderr);
    expect(next).toHaveLength(2);
    for (const line of next as string[]) {
      const [, ...words] = line.split(' ');
      // abort asks, and here is nobody to answer.
      const agreed = words[0] === 'abort' ? ['--yes'] : [];
      expect(await place.plain([...words, ...agreed])).toMatchObject({ code: 0 });
    }
    expect(place.sessions()).toEqual([]);
    expect((await place.plain(['receipts'])).stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('asks the service first: one that it still knows needs no inventory', async () => {
    const place = await makeServedPlace(1000);
    await place.serve({ faults: ['complete:lose-reply'] });
    await place.run(['upload', place.file, '--retry-for', '0']);
    await place.serve({ faults: ['list-jobs:status=503', 'describe-vault:status=503'] });
    expect((await place.plain(['reconcile'])).code).toBe(0);
    expect(listedArchives(place)).toHaveLength(1);
  });

  test('of an upload that is not being completed changes nothing', async () => {
    const place = await makeServedPlace();
    await place.run(['upload', place.file, '--retry-for', '0', '--part-size', '1M']);
    const second = join(place.folder, 'second');
    await place.serve({ faults: ['upload-part:status=503'] });
    await place.run(['upload', place.file, '--again', '--retry-for', '0', '--state-dir', second]);
    const { code, stderr } = await place.plain(['reconcile', place.file, '--state-dir', second]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('its outcome is not unknown'),
    });
  });
});
