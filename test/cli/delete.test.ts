import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtInPrices } from '../../src/prices.js';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';

const dayMs = 24 * 60 * 60 * 1000;

async function archived(): Promise<
  ServedPlace & { archiveId: string; remove(words: string[]): ReturnType<ServedPlace['plain']> }
> {
  const place = await makeServedPlace(1000);
  const archiveId = (await place.run(['upload', place.file])).stdout.trim();
  return {
    ...place,
    archiveId,
    remove: (words) => place.plain(['delete', '--vault', 'demo', ...words, '--', archiveId]),
  };
}

describe('an archive ID that begins with -', () => {
  const id = `-v${'A'.repeat(135)}_`;

  test.each([
    ['first', [id, '--yes', '--force']],
    ['last', ['--yes', '--force', id]],
    ['behind --', ['--yes', '--force', '--', id]],
  ])('is an ID and no option: %s', async (_, words) => {
    const place = await makeServedPlace(1000);
    await place.run(['upload', place.file]);
    const { code, stderr } = await place.plain(['delete', '--vault', 'demo', ...words]);
    expect(stderr).toContain(`deleted archive ${id} in vault demo`);
    expect(code).toBe(0);
  });

  test('may be the value of an option', async () => {
    const place = await makeServedPlace(1000);
    const { stderr } = await place.plain(['receipts', '--forget', id]);
    expect(stderr).toContain(id);
    expect(stderr).not.toContain('option');
  });

  test('is told from a misspelt option by its length', async () => {
    const place = await makeServedPlace(1000);
    const { code, stderr } = await place.plain(['delete', '--vault', 'demo', `${id}A`, '--yes']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('unknown option') });
  });
});

describe('delete', () => {
  test('deletes the archive, keeps its receipt, and notes the deletion beside it', async () => {
    const { remove, archives, receipts, plain, archiveId } = await archived();
    const { code, stdout, stderr } = await remove(['--yes']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(`deleted archive ${archiveId} in vault demo`);
    expect(archives()).toEqual([]);
    expect(receipts()).toMatchObject([
      { archiveId },
      { kind: 'deleted', archiveId, deletedAt: '2026-03-01T12:00:00.000Z' },
    ]);
    expect((await plain(['receipts'])).stdout).toMatch(/it was deleted on 2026-03-01T12:00:00.000Z\n$/);
    expect(jsonLines(await plain(['receipts', '--json']))).toMatchObject([
      { archiveId, deletedAt: '2026-03-01T12:00:00.000Z' },
    ]);
  });

  test('of what is deleted already is no error, and the date of the first stays', async () => {
    const { remove, receipts, plain, clock, archiveId, folder } = await archived();
    await remove(['--yes']);
    clock.pass(dayMs);
    expect((await remove(['--yes'])).code).toBe(0);
    expect(receipts()).toHaveLength(2);
    // A line more from another time changes nothing.
    appendFileSync(
      join(folder, 'home/.local/share/glacier-up/receipts.jsonl'),
      `${JSON.stringify({ schema: 1, kind: 'deleted', archiveId, deletedAt: '2026-04-01T00:00:00.000Z' })}\n`,
    );
    expect(jsonLines(await plain(['receipts', '--json']))).toMatchObject([
      { archiveId, deletedAt: '2026-03-01T12:00:00.000Z' },
    ]);
  });

  test('leaves nothing that complete or reconcile would take for archived', async () => {
    const { remove, plain, file } = await archived();
    await remove(['--yes']);
    for (const command of ['complete', 'reconcile']) {
      expect(await plain([command, file])).toMatchObject({ code: 4, stdout: '' });
    }
  });

  test('lets upload archive the file again', async () => {
    const { remove, run, file, archiveId, archives } = await archived();
    await remove(['--yes']);
    const again = await run(['upload', file]);
    expect(again.code).toBe(0);
    expect(again.stdout.trim()).not.toBe(archiveId);
    expect(archives()).toHaveLength(1);
    expect((await run(['upload', file])).stdout).toBe(again.stdout);
  });

  test('asks on a terminal, and does nothing without a yes', async () => {
    const { plain, archiveId, archives } = await archived();
    const words = ['delete', '--vault', 'demo', '--', archiveId];
    const declined = await plain(words, { columns: 100, stdin: 'n\n' });
    expect(declined.code).toBe(0);
    expect(declined.stderr).toContain('Delete it? [y/N]');
    expect(declined.stderr).toContain('nothing was done');
    expect(archives()).toHaveLength(1);
    expect((await plain(words, { columns: 100, stdin: 'y\n' })).code).toBe(0);
    expect(archives()).toEqual([]);
  });

  test('without a terminal needs --yes', async () => {
    const { remove, archives } = await archived();
    expect(await remove([])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('deleting needs --yes'),
    });
    expect(archives()).toHaveLength(1);
  });

  test('says what is left of 90 days and what that costs, from prices that are given', async () => {
    const { remove, folder, clock, archives } = await archived();
    clock.pass(60 * dayMs);
    const file = join(folder, 'prices.json');
    writeFileSync(
      file,
      JSON.stringify({ ...builtInPrices, storagePerGibMonth: 1024 ** 2, asOf: '2030-01', currency: 'EUR' }),
    );
    const { code, stdout } = await remove(['--dry-run', '--prices', file]);
    expect(code).toBe(0);
    // 1,000 bytes and 32 KiB, at 1 EUR a KiB and month, for one month.
    expect(stdout).toContain('30 of 90 days are left');
    expect(stdout).toContain('32.98 EUR (estimated from prices of 2030-01 for us-east-1)');
    expect(archives()).toHaveLength(1);
    clock.pass(31 * dayMs);
    expect((await remove(['--dry-run'])).stdout).toContain('older than 90 days: deleting costs nothing');
  });

  test('knows size and age from the inventory that is kept when there is no receipt', async () => {
    const { remove, run, folder } = await archived();
    expect((await run(['inventory'])).code).toBe(0);
    rmSync(join(folder, 'home/.local/share/glacier-up/receipts.jsonl'));
    const { stdout } = await remove(['--dry-run', '--json']);
    expect(jsonLines({ stdout } as never)).toMatchObject([
      { type: 'deletion', isDeleted: false, early: { daysLeft: 90, currency: 'USD', pricesAsOf: '2026-05' } },
    ]);
  });

  test('of what is deleted already is no error', async () => {
    const { remove } = await archived();
    await remove(['--yes']);
    const again = await remove(['--yes']);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('it was deleted on');
  });

  test('notes a deletion whose reply was lost: the same request again is no error to the service', async () => {
    const { remove, serve, archives, receipts } = await archived();
    await serve({ faults: ['delete-archive#1:lose-reply'] });
    expect((await remove(['--yes'])).code).toBe(0);
    expect(archives()).toEqual([]);
    expect(receipts()).toHaveLength(2);
  });

  test('that is refused by the service notes nothing', async () => {
    const { remove, serve, archives, receipts } = await archived();
    await serve({ faults: ['delete-archive:error=AccessDeniedException'] });
    expect((await remove(['--yes'])).code).toBe(7);
    expect(archives()).toHaveLength(1);
    expect(receipts()).toHaveLength(1);
  });

  describe('of an archive ID that nothing here knows', () => {
    const mistyped = (archiveId: string): string =>
      `${archiveId.slice(0, -1)}${archiveId.endsWith('A') ? 'B' : 'A'}`;

    test('sends nothing and exits 4, since the service would say "deleted"', async () => {
      const { plain, archiveId, receipts, archives, serve } = await archived();
      await serve({ faults: ['delete-archive:status=599'] });
      for (const how of ['--yes', '--dry-run']) {
        const words = ['delete', '--vault', 'demo', how, '--', mistyped(archiveId)];
        const { code, stdout, stderr } = await plain(words);
        expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
        expect(stderr).toContain('no receipt and no kept inventory of vault demo has this archive ID');
        expect(stderr).toContain('"glacier-up inventory --vault demo"');
      }
      expect(receipts()).toHaveLength(1);
      expect(archives()).toHaveLength(1);
    });

    test('asks the service all the same with --force, and does not say that there was an archive', async () => {
      const { plain, archiveId } = await archived();
      const words = ['delete', '--vault', 'demo', '--yes', '--force'];
      const { code, stderr } = await plain([...words, '--', mistyped(archiveId)]);
      expect(code).toBe(0);
      expect(stderr).toContain('the service says the same of an ID that no archive has');
      const result = await plain([...words, '--json', '--', mistyped(archiveId)]);
      expect(jsonLines(result)).toMatchObject([{ type: 'deletion', isKnown: false, isDeleted: true }]);
    });
  });

  test('of an archive of another vault fails with 8 and notes nothing', async () => {
    const { plain, archiveId, folder, receipts, archives } = await archived();
    await plain(['vaults', 'create', 'other']);
    rmSync(join(folder, 'home/.local/share/glacier-up/receipts.jsonl'));
    const { code, stderr } = await plain(['delete', '--vault', 'other', '--yes', '--force', '--', archiveId]);
    expect(code).toBe(8);
    expect(stderr).toContain('the archive is not in this vault');
    expect(receipts()).toEqual([]);
    expect(archives()).toHaveLength(1);
  });

  test('takes no names of files', async () => {
    const { run, file, archives, archiveId } = await archived();
    const { code, stderr } = await run(['delete', file, '--yes']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(archiveId) });
    expect(archives()).toHaveLength(1);
    expect(existsSync(file)).toBe(true);
  });

  test('is told by receipts --against: deleted, or still listed until the next inventory', async () => {
    const { remove, run, plain } = await archived();
    await run(['inventory']);
    await remove(['--yes']);
    expect((await plain(['receipts', '--against', 'kept'])).stdout).toMatch(/^deleted-listed {2}/);
  });
});
