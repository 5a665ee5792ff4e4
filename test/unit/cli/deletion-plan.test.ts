/** What `delete` says of an archive before it deletes it. */
import { describe, expect, test } from 'vitest';
import { run } from '../../../src/cli/commands/delete/run.js';
import type { Receipt } from '../../../src/session/receipts/receipt.js';
import { commandRun } from './helpers/command-run.js';
import {
  appendReceipts,
  entryOf,
  idOf,
  inventoryOf,
  keepInventory,
  receiptOf,
} from './helpers/known-here.js';

interface Given {
  receipts?: Receipt[];
  entries?: unknown[];
  gone?: boolean;
  options?: object;
  operands?: string[];
}

async function planned({ receipts = [], entries, gone, options = {}, operands = [idOf('A')] }: Given) {
  const runOf = commandRun({ vault: 'demo', region: 'eu-west-1', dryRun: true, ...options });
  const log = await appendReceipts(runOf.command, receipts);
  if (gone) await log.noteDeleted(idOf('A'));
  if (entries) await keepInventory(runOf.command, inventoryOf(entries));
  await run(runOf.command, operands);
  return {
    ...runOf,
    lines: runOf.stdout().split('\n').filter(Boolean),
    failed: runOf.failures.map(({ error }) => error as Error & { code: string; hint?: string }),
  };
}

const of = `(dry run) 1 request deletes archive ${idOf('A')} in vault demo: `;
const left =
  '62 of 90 days are left, which are paid for all the same: less than 0.01 USD (estimated from prices of 2026-05 for us-east-1)';

describe('of an archive', () => {
  test.each<[string, Given, string]>([
    [
      'with a receipt its file, size, date and price are told',
      { receipts: [receiptOf('A')] },
      `/data/A, 2 KiB, of 2026-02-01T00:00:00.000Z; ${left}`,
    ],
    [
      'in the kept inventory alone the name is told',
      { entries: [entryOf('A')] },
      `"A", 2 KiB, of 2026-02-01T00:00:00Z; ${left}`,
    ],
    [
      'that is old, that it costs nothing',
      { receipts: [receiptOf('A', { completedAt: '2025-12-01T12:00:00.000Z' })] },
      '/data/A, 2 KiB, of 2025-12-01T12:00:00.000Z; older than 90 days: deleting costs nothing',
    ],
    [
      'that was deleted, when',
      { receipts: [receiptOf('A')], gone: true },
      `/data/A, 2 KiB, of 2026-02-01T00:00:00.000Z; it was deleted on 2026-03-01T12:00:00.000Z; ${left}`,
    ],
    [
      'that nothing here knows, that --force asks all the same',
      { options: { force: true } },
      'unknown here; the service says the same of an ID that no archive has',
    ],
  ])('%s', async (_, given, text) => {
    const { lines, failed, stderr } = await planned(given);
    expect(failed).toEqual([]);
    expect(lines).toEqual([of + text]);
    expect(stderr()).toBe('');
  });

  test('an object is printed as JSON', async () => {
    const json = { json: true };
    const { objects } = await planned({ receipts: [receiptOf('A')], options: json });
    const deletion = { type: 'deletion', schema: 1, archiveId: idOf('A'), vault: 'demo', isDeleted: false };
    expect(objects()).toEqual([
      {
        ...deletion,
        file: '/data/A',
        isKnown: true,
        early: { daysLeft: 62, cost: 0, currency: 'USD', pricesAsOf: '2026-05' },
      },
    ]);
    const inInventory = await planned({ entries: [entryOf('A')], options: json });
    expect(inInventory.objects()).toMatchObject([{ file: null, isKnown: true, early: { daysLeft: 62 } }]);
    const unknown = await planned({ options: { ...json, force: true } });
    expect(unknown.objects()).toEqual([{ ...deletion, file: null, isKnown: false, early: null }]);
  });
});

test('an archive that nothing here knows is refused', async () => {
  const { lines, failed } = await planned({});
  expect(lines).toEqual([]);
  expect(failed).toMatchObject([
    {
      code: 'archive-unknown',
      message: 'no receipt and no kept inventory of vault demo has this archive ID; nothing was sent',
    },
  ]);
});

test('a file is refused, and its archive ID is named', async () => {
  const { lines, failed } = await planned({ receipts: [receiptOf('A')], operands: ['/data/A'] });
  expect(lines).toEqual([]);
  expect(failed).toMatchObject([{ code: 'usage', hint: `its archive ID is ${idOf('A')}` }]);
});

test('of several archives the line at the end counts those to delete', async () => {
  const { lines, stderr } = await planned({
    receipts: [receiptOf('A'), receiptOf('B')],
    operands: [idOf('A'), idOf('B')],
  });
  expect(lines).toHaveLength(2);
  expect(stderr()).toBe('glacier-up: 2 archives: 2 to delete\n');
});

test('where nobody can be asked nothing is looked at without --yes', async () => {
  const { command } = commandRun({ vault: 'demo', region: 'eu-west-1' });
  await expect(run(command, [idOf('A')])).rejects.toMatchObject({ code: 'usage' });
});
