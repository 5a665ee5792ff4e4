/** `receipts --rebuild`: which receipts are written, and of what. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rebuild } from '../../../src/cli/commands/receipts/receipts-rebuild.js';
import { openReceipts } from '../../../src/cli/open/open-state.js';
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

const place = { vault: 'demo', region: 'eu-west-1' };
const asOf = ', as of 2026-02-28T12:00:00Z (24 hours ago)';

interface Given {
  receipts?: Receipt[];
  options?: object;
  from?: 'file' | 'kept' | 'pipe';
  stopped?: boolean;
}

async function rebuiltFrom(
  text: string,
  { receipts = [], options = {}, from = 'file', stopped }: Given = {},
) {
  const run = commandRun({ ...place, ...options }, from === 'pipe' ? { stdin: text } : {});
  await appendReceipts(run.command, receipts);
  if (from === 'kept' && text !== '') await keepInventory(run.command, text);
  const file = join(run.folder, 'inventory');
  writeFileSync(file, text);
  if (stopped) run.stop();
  const name = { file, kept: 'kept', pipe: '-' }[from];
  const error = await rebuild(run.command, name).then(
    () => null,
    (thrown: unknown) => thrown as Error & { code: string },
  );
  return {
    ...run,
    error: error && { code: error.code, message: error.message },
    lines: run.stdout().split('\n').filter(Boolean),
    said: run.stderr().trimEnd().replace('glacier-up: ', ''),
    receipts: [...openReceipts(run.command).all()],
  };
}

describe.each(['file', 'kept', 'pipe'] as const)('an inventory from a %s', (from) => {
  test('gives each archive a receipt that has none', async () => {
    const text = inventoryOf([entryOf('A'), entryOf('B'), entryOf('C')]);
    const { lines, said, receipts, folder, error } = await rebuiltFrom(text, {
      receipts: [receiptOf('B')],
      from,
    });
    expect(error).toBe(null);
    expect(lines).toEqual([`${idOf('A')}  "A"`, `${idOf('C')}  "C"`]);
    expect(said).toBe(`2 receipts written, 1 archive had one already${asOf}`);
    expect(receipts.map(({ archiveId, path }) => [archiveId, path])).toEqual([
      [idOf('B'), '/data/B'],
      [idOf('A'), null],
      [idOf('C'), null],
    ]);
    const left = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.includes('standard-input'))).toEqual([]);
  });
});

test('none from a pipe that is damaged, of which nothing stays', async () => {
  const { error, receipts, folder } = await rebuiltFrom('no inventory', { from: 'pipe' });
  expect(error).toMatchObject({ code: 'failed' });
  expect(receipts).toEqual([]);
  const left = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => name.includes('standard-input'))).toEqual([]);
});

test('as JSON, each receipt is an object', async () => {
  const { objects } = await rebuiltFrom(inventoryOf([entryOf('A')]), { options: { json: true } });
  expect(objects()).toMatchObject([
    { type: 'archive', archiveId: idOf('A'), file: null, accountId: '111122223333', description: 'A' },
  ]);
});

test('more archives than share a flush have one each', async () => {
  const entries = Array.from({ length: 1501 }, (_, index) =>
    entryOf('A', { ArchiveId: `${index}`.padStart(138, 'A') }),
  );
  const { receipts, lines } = await rebuiltFrom(inventoryOf(entries));
  expect(receipts).toHaveLength(1501);
  expect(lines).toHaveLength(1501);
});

describe('the account of a receipt', () => {
  test.each([
    ['is the one that the inventory names', {}, 'demo', '111122223333'],
    ['is else the one that is given', { accountId: '222233334444' }, null, '222233334444'],
    ['is else not known', {}, null, ''],
    ['is not known as -', { accountId: '-' }, null, ''],
  ])('%s', async (_, options, vault, accountId) => {
    const { receipts } = await rebuiltFrom(inventoryOf([entryOf('A')], { vault }), { options });
    expect(receipts).toMatchObject([{ accountId }]);
  });
});

test('a faulty entry gets no receipt, the others do, and the exit code is 1', async () => {
  const { error, receipts, said } = await rebuiltFrom(
    inventoryOf([entryOf('A', { Size: 'many' }), entryOf('B')]),
  );
  expect(receipts).toMatchObject([{ archiveId: idOf('B') }]);
  expect(said).toBe(`1 receipt written, 0 archives had one already${asOf}`);
  expect(error).toEqual({ code: 'failed', message: '1 entry of the inventory is faulty' });
});

describe('nothing is written', () => {
  test.each<[string, string, Given, string, string]>([
    [
      'of another vault',
      inventoryOf([entryOf('A')], { vault: 'other' }),
      {},
      'usage',
      'this is the inventory of vault other, not of demo',
    ],
    ['of one that is cut off', inventoryOf([entryOf('A')]).slice(0, -1), {}, 'failed', 'cut off'],
    [
      'of one that is too old',
      inventoryOf([entryOf('A')]),
      { options: { maxAge: 1 } },
      'inventory-old',
      'longer than',
    ],
    [
      'where none is kept',
      '',
      { from: 'kept' },
      'inventory-unknown',
      'no inventory of vault demo is kept here',
    ],
  ])('%s', async (_, text, given, code, message) => {
    const { error, receipts } = await rebuiltFrom(text, given);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(receipts).toEqual([]);
  });

  test('of a pipe after a signal', async () => {
    const { error, receipts } = await rebuiltFrom(inventoryOf([entryOf('A')]), {
      from: 'pipe',
      stopped: true,
    });
    expect(error).toMatchObject({ message: 'stopped' });
    expect(receipts).toEqual([]);
  });
});
