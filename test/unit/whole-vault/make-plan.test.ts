/** A plan made from an inventory that is kept, in a folder of the test. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { builtInPrices } from '../../../src/prices.js';
import type { Destination } from '../../../src/session/destination.js';
import { openInventoryShelf } from '../../../src/session/inventories.js';
import { openReceiptLog } from '../../../src/session/receipts/receipt-log.js';
import { makePlan, type PlanRequest } from '../../../src/whole-vault/make-plan.js';
import { openPlanShelf } from '../../../src/whole-vault/plan-folder.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { noFilter } from './no-filter.js';

const destination: Destination = {
  profile: null,
  accountOption: '-',
  region: 'eu-west-1',
  endpoint: null,
  vault: 'demo',
};
const dayMs = 86_400_000;
const nowMs = Date.parse('2026-01-01T00:00:00.000Z');
const arn = 'arn:aws:glacier:eu-west-1:111122223333:vaults/demo';
const request: PlanRequest = {
  kind: 'empty',
  destination,
  filters: noFilter,
  acceptFee: false,
  list: null,
  prices: builtInPrices,
  proofs: null,
  restoring: null,
};

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

const daysAgo = (days: number, moreMs = 0) => new Date(nowMs - days * dayMs - moreMs).toISOString();
const entry = (ArchiveId: string, CreationDate: string, Size = 0) => ({
  ArchiveId,
  ArchiveDescription: ArchiveId,
  CreationDate,
  Size,
  SHA256TreeHash: 'ab'.repeat(32),
});

/** The plan of an inventory with these entries, and the IDs that it is about in their order. */
async function planOf(
  entries: unknown[],
  changes: Partial<PlanRequest> = {},
  { deleted = '', vaultArn = arn } = {},
) {
  const clock = fakeClock(nowMs);
  const inventories = openInventoryShelf(join(folder, 'inventories'), process.getuid?.(), clock);
  const file = inventories.fileFor(destination);
  mkdirSync(dirname(file), { mode: 0o700 });
  const text = JSON.stringify({ VaultARN: vaultArn, InventoryDate: daysAgo(1), ArchiveList: entries });
  writeFileSync(file, text, { mode: 0o600 });
  utimesSync(file, new Date(nowMs - dayMs), new Date(nowMs - dayMs));
  const inventory = inventories.kept(destination);
  if (inventory === null) throw new Error('no inventory');
  const receipts = openReceiptLog(join(folder, 'receipts'), process.getuid?.(), clock);
  if (deleted !== '') await receipts.noteDeleted(deleted);
  const shelf = openPlanShelf(join(folder, 'plans'), process.getuid?.());
  shelf.prepare();
  const paths = shelf.pathsOf(request.kind, destination);
  const { signal } = new AbortController();
  const plan = await makePlan(
    shelf,
    paths,
    inventory,
    { ...request, ...changes },
    { receipts, clock, signal },
  );
  expect(shelf.read(paths)).toEqual(plan);
  const lines = readFileSync(paths.items, 'utf8').split('\n').slice(0, -1);
  return { plan, ids: lines.map((line): string => JSON.parse(line).archiveId) };
}

describe('archives whose deletion would cost the rest of 90 days', () => {
  const entries = [
    entry('old', daysAgo(90)),
    entry('young', daysAgo(90, -1000)),
    entry('undated', 'yesterday'),
    entry('new', daysAgo(30), 1024 ** 3 - 32 * 1024),
  ];

  test('are left out, and so is one of a date that nobody can read', async () => {
    const { plan, ids } = await planOf(entries);
    expect(ids).toEqual(['old']);
    expect(plan).toMatchObject({ archives: 1, earlyFee: 0, leftOut: { young: 3, deletedAlready: 0 } });
  });

  test('are in the plan where that is accepted, with what it costs', async () => {
    const { plan, ids } = await planOf(entries, { acceptFee: true });
    expect(ids.slice(0, 4).sort()).toEqual(['new', 'old', 'undated', 'young']);
    expect(plan).toMatchObject({ archives: 4, acceptFee: true, leftOut: { young: 0 } });
    // A GiB for the two months that are left.
    expect(plan.earlyFee).toBeCloseTo(2 * builtInPrices.storagePerGibMonth, 6);
  });
});

describe('a plan', () => {
  test('sums up what it is about, and says since when', async () => {
    const entries = [
      entry('second', daysAgo(200), 500),
      entry('first', daysAgo(300), 1024 ** 3 - 32 * 1024),
      entry('third', daysAgo(100), 1),
    ];
    const { plan, ids } = await planOf(entries);
    expect(ids).toEqual(['first', 'second', 'third']);
    expect(plan).toMatchObject({
      kind: 'empty',
      vaultArn: arn,
      madeAt: '2026-01-01T00:00:00.000Z',
      inventory: { takenAt: daysAgo(1), askedAt: daysAgo(1), archives: 3 },
      archives: 3,
      sizeBytes: 1024 ** 3 - 32 * 1024 + 501,
      oldestAt: daysAgo(300),
      newestAt: daysAgo(100),
    });
    expect(plan.savedPerMonth).toBeCloseTo(builtInPrices.storagePerGibMonth, 5);
    expect(plan.inventory.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('of nothing has no dates', async () => {
    const { plan, ids } = await planOf([]);
    expect(ids).toEqual([]);
    expect(plan).toMatchObject({ archives: 0, oldestAt: null, newestAt: null });
  });

  test('leaves out what is not chosen, what is deleted already, and what lacks something', async () => {
    const entries = [entry('large', daysAgo(100), 11), entry('small', daysAgo(100), 10), { Size: 1 }];
    const filters = { ...noFilter, largerThanBytes: 10 };
    const { plan } = await planOf(
      [...entries, entry('gone', daysAgo(100), 11)],
      { filters },
      { deleted: 'gone' },
    );
    expect(plan.leftOut).toEqual({
      notChosen: 1,
      ambiguous: 0,
      unproved: 0,
      young: 0,
      deletedAlready: 1,
      faulty: 1,
    });
    expect(plan.archives).toBe(1);
  });

  test('is not made from the inventory of another vault, and leaves nothing behind', async () => {
    const made = planOf([entry('old', daysAgo(100))], {}, { vaultArn: arn.replace('demo', 'other') });
    await expect(made).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('of vault other'),
    });
    expect(readdirSync(join(folder, 'plans'))).toEqual([]);
  });
});
