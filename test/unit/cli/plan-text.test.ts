import { describe, expect, test } from 'vitest';
import { outcomeText, planJson, planLines, subjectLines } from '../../../src/cli/output/plan-text.js';
import { restoreCosts, restorePlanLines } from '../../../src/cli/output/restore-plan-text.js';
import { builtInPrices } from '../../../src/prices.js';
import { Progress } from '../../../src/whole-vault/journal.js';
import type { Plan, PlanPaths, RestorePlan } from '../../../src/whole-vault/plan-folder.js';

const GiB = 1024 ** 3;
const paths = { id: 'empty-1', folder: '/state/plans/empty-1' } as PlanPaths;
const nowMs = Date.parse('2026-03-10T00:00:00Z');

const plan: Plan = {
  schema: 1,
  kind: 'empty',
  destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'photos' },
  vaultArn: 'arn:aws:glacier:eu-west-1:123456789012:vaults/photos',
  madeAt: '2026-03-09T00:00:00.000Z',
  inventory: {
    takenAt: '2026-03-07T00:00:00Z',
    askedAt: '2026-03-08T00:00:00.000Z',
    sha256: 'a'.repeat(64),
    archives: 5000,
    sizeBytes: 10 * GiB,
  },
  filters: {} as Plan['filters'],
  acceptFee: false,
  archives: 4500,
  sizeBytes: 9 * GiB,
  oldestAt: '2019-01-01T00:00:00Z',
  newestAt: '2020-01-01T00:00:00Z',
  leftOut: { notChosen: 0, ambiguous: 0, young: 0, deletedAlready: 0, faulty: 0 },
  earlyFee: 12.5,
  savedPerMonth: 0.004,
  currency: 'USD',
  pricesAsOf: '2026-05',
};

function progressOf(total: number, done: number, failed: number): Progress {
  const progress = new Progress(total);
  const failure = { code: 'temporary', message: 'm' };
  for (let n = 0; n < done; n += 1) progress.noteDone(n);
  for (let n = done; n < done + failed; n += 1) progress.noteFailed(n, failure);
  return progress;
}

const view = { nowMs, maxRate: undefined, prices: builtInPrices };
const lineOf = (lines: readonly string[], begin: string) => lines.find((line) => line.startsWith(begin));

describe('a plan to empty a vault', () => {
  test('names the vault, what is deleted, how old the inventory is, cost, time and folder', () => {
    expect(planLines(paths, plan, progressOf(4500, 0, 0), view)).toEqual([
      expect.stringContaining(
        'vault photos: arn:aws:glacier:eu-west-1:123456789012:vaults/photos, account 123456789012, region eu-west-1',
      ),
      'to delete: 4500 archives, 9 GiB, created from 2019-01-01T00:00:00Z to 2020-01-01T00:00:00Z',
      'inventory: taken 2026-03-07T00:00:00Z (3 days ago), 5000 archives; archives uploaded since are not in it and stay',
      'cost: no fee for early deletion; saves less than 0.01 USD a month (estimated from prices of 2026-05 for us-east-1)',
      'time: about 1m to 5m, at the 15 to 75 deletions a second that users have reported',
      'plan: /state/plans/empty-1',
    ]);
  });

  test('says what early deletion costs once that is accepted', () => {
    const lines = planLines(paths, { ...plan, acceptFee: true }, progressOf(4500, 0, 0), view);
    expect(lineOf(lines, 'cost:')).toContain('early deletion costs 12.50 USD; saves');
  });

  test.each([
    [10, 0, 'resumed: 10 deleted already, 0 failed, which are tried again'],
    [0, 2, 'resumed: 0 deleted already, 2 failed, which are tried again'],
    [10, 2, 'resumed: 10 deleted already, 2 failed, which are tried again'],
    [0, 0, undefined],
  ])('of which %d are deleted and %d failed says so', (done, failed, line) => {
    expect(lineOf(planLines(paths, plan, progressOf(4500, done, failed), view), 'resumed:')).toBe(line);
  });

  test('counts the time of what is left, and no faster than --max-rate', () => {
    const half = planLines(paths, plan, progressOf(4500, 2250, 0), view);
    expect(lineOf(half, 'time:')).toContain('about 30s to 2m 30s,');
    const held = planLines(paths, plan, progressOf(4500, 0, 0), { ...view, maxRate: 10 });
    expect(lineOf(held, 'time:')).toContain('time: about 7m 30s, at');
  });

  test('without an ARN names neither it nor the account, and without archives no dates', () => {
    const bare = { ...plan, vaultArn: null, archives: 0, sizeBytes: 0, oldestAt: null, newestAt: null };
    const [vault, what] = subjectLines(bare, { nowMs, toDo: 'to delete', newer: 'and stay' });
    expect(vault).toContain('vault photos: no ARN in its inventory, region eu-west-1');
    expect(what).toBe('to delete: 0 archives, 0 bytes');
    expect(planJson(paths, bare, progressOf(0, 0, 0))).toMatchObject({ accountId: null, vaultArn: null });
  });

  test('goes by when the inventory was asked for where it does not say when it was taken', () => {
    const untaken = { ...plan, inventory: { ...plan.inventory, takenAt: null } };
    const lines = subjectLines(untaken, { nowMs, toDo: 'to delete', newer: 'and stay' });
    expect(lineOf(lines, 'inventory:')).toContain('taken 2026-03-08T00:00:00.000Z (2 days ago)');
  });

  test('says why archives are left out, and only those reasons that there are', () => {
    const leftOut = { notChosen: 3, ambiguous: 0, unproved: 2, young: 1, deletedAlready: 0, faulty: 1 };
    const lines = subjectLines({ ...plan, leftOut }, { nowMs, toDo: 'to delete', newer: '' });
    expect(lineOf(lines, 'left out:')).toBe(
      'left out: 3 not chosen by the filters, 2 not proved by the report of --proved-by, 1 younger than 90 days (--accept-fee deletes them, too), 1 faulty entry',
    );
    expect(lineOf(subjectLines(plan, { nowMs, toDo: '', newer: '' }), 'left out:')).toBeUndefined();
  });

  test('in JSON has the counts, and nothing of restoring', () => {
    const json = planJson(paths, plan, progressOf(4500, 3, 1));
    expect(json).toMatchObject({
      type: 'vault-plan',
      accountId: '123456789012',
      archives: 4500,
      done: 3,
      failed: 1,
      earlyFee: 12.5,
      savedPerMonth: 0.004,
    });
    expect('restore' in json).toBe(false);
  });
});

test.each([
  [10, 10, 0, 'empty', '10 archives: 10 deleted'],
  [1, 1, 0, 'restore', '1 archive: 1 restored'],
  [10, 7, 2, 'empty', '10 archives: 7 deleted, 2 failed, 1 skipped (not tried yet)'],
  [10, 7, 0, 'restore', '10 archives: 7 restored, 3 left'],
  [10, 8, 2, 'restore', '10 archives: 8 restored, 2 failed'],
] as const)('of %d archives, %d done and %d failed: %s is "%s"', (total, done, failed, kind, text) => {
  expect(outcomeText(progressOf(total, done, failed), kind)).toBe(text);
});

const restore: RestorePlan = {
  to: '/restored',
  handsOver: false,
  namesSha256: null,
  token: '0123456789abcdef',
  names: { receipts: 4000, list: 0, descriptions: 499, none: 1 },
  ambiguous: 0,
  transformed: 0,
  renamed: 2,
  repeated: 1,
};
const restoring = { ...plan, kind: 'restore', archives: 4500, restore } as const;

describe('a plan to restore a vault', () => {
  const shown = (
    over: Partial<RestorePlan>,
    how: { linkRate?: number; done?: number; failed?: number } = {},
  ) =>
    restorePlanLines(
      paths,
      restoring,
      { ...restore, ...over },
      progressOf(4500, how.done ?? 0, how.failed ?? 0),
      { nowMs, prices: builtInPrices, tier: 'Bulk', linkRate: how.linkRate ?? null },
    );

  test('names sources of names, folder, costs of each tier, and how long it takes', () => {
    const lines = shown({});
    expect(lineOf(lines, 'names:')).toBe(
      'names: 4000 from the receipts, 499 from the description, 1 without a name: unnamed/ID, 2 with the name of a newer archive or of a folder: NAME~TIME, 1 archive listed twice',
    );
    expect(lineOf(lines, 'into')).toBe('into /restored');
    expect(lineOf(lines, 'cost:')).toBe(
      'cost: Bulk 0.14 USD, Standard 0.32 USD, Expedited 45.27 USD; transfer out of AWS up to 0.81 USD more (estimated from prices of 2026-05 for us-east-1)',
    );
    expect(lineOf(lines, 'time:')).toContain(
      'the download takes about 12m 53s at 11.9 MiB/s (give --link-rate for your line)',
    );
    expect(lineOf(lines, 'resumed:')).toBeUndefined();
    expect(lines.at(-1)).toBe('plan: /state/plans/empty-1');
    expect(lines.filter((line) => line !== line.trimEnd())).toEqual([]);
  });

  test('reckons with the rate of the line that is given', () => {
    expect(lineOf(shown({}, { linkRate: GiB / 60 }), 'time:')).toMatch(/takes about 9m at 17\.1 MiB\/s$/);
  });

  test('that hands files to a command says so', () => {
    expect(lineOf(shown({ handsOver: true }), 'each file')).toBe(
      'each file is handed to --each; on the way it is in /restored',
    );
  });

  test('of no archives has no names, and none listed twice is not told', () => {
    const names = { receipts: 0, list: 0, descriptions: 0, none: 0 };
    expect(lineOf(shown({ names, renamed: 0, repeated: 0 }), 'names:')).toBe('names: no archives');
    expect(lineOf(shown({ repeated: 0 }), 'names:')).not.toContain('twice');
  });

  test.each([
    [5, 0, 'resumed: 5 restored already, 0 failed, which are tried again'],
    [0, 5, 'resumed: 0 restored already, 5 failed, which are tried again'],
  ])('of which %d are restored and %d failed says so', (done, failed, line) => {
    expect(lineOf(shown({}, { done, failed }), 'resumed:')).toBe(line);
  });

  test('costs what all its archives cost, to a millionth', () => {
    expect(restoreCosts({ ...restoring, archives: 1, sizeBytes: 1 }, builtInPrices)).toEqual({
      retrieval: { Expedited: 0.01, Standard: 0.00005, Bulk: 0.000025 },
      transferOut: 0,
    });
  });

  test('in JSON says where the names are from', () => {
    expect(planJson(paths, restoring, progressOf(4500, 0, 0))).toMatchObject({
      restore: { to: '/restored', handsOver: false, names: restore.names, renamed: 2, repeated: 1 },
    });
  });
});
