/** What `receipts --import` makes of single records, beside receipts and an inventory that are here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importRecords } from '../../../src/cli/commands/receipts/receipts-import.js';
import { openReceipts } from '../../../src/cli/open/open-state.js';
import type { Receipt } from '../../../src/session/receipts/receipt.js';
import { commandRun } from './helpers/command-run.js';
import {
  appendReceipts,
  demo,
  entryOf,
  idOf,
  inventoryOf,
  keepInventory,
  rebuilt,
  receiptOf,
} from './helpers/known-here.js';

const hashOf = (letter: string): string => letter.toLowerCase().repeat(64);
const place = { vault: 'demo', region: 'eu-west-1' };
const time = '2026-02-01T00:00:00.000Z';

/** A row of CSV; what is not given is empty. */
function row(letter: string, changes: Record<string, string | number> = {}): string {
  const fields = { size: 2048, hash: hashOf(letter), vault: '', region: '', date: time, ...changes };
  const { size, hash, vault, region, date } = fields;
  return [idOf(letter), `${letter}.txt`, size, hash, vault, region, date].join(',');
}

interface Known {
  receipts?: Receipt[];
  inventory?: unknown[];
  options?: object;
  kept?: typeof demo;
}

async function imported(rows: readonly string[], known: Known = {}, header = true) {
  const { receipts = [], inventory, options = {}, kept = demo } = known;
  const run = commandRun({ ...place, ...options });
  await appendReceipts(run.command, receipts);
  if (inventory) await keepInventory(run.command, inventoryOf(inventory), kept);
  const file = join(run.folder, 'record');
  const lines = header ? ['archiveId,name,size,treeHash,vault,region,date', ...rows] : rows;
  writeFileSync(file, `${lines.join('\n')}\n`);
  const error = await importRecords(run.command, file).then(
    () => null,
    (thrown: unknown) => thrown as Error,
  );
  return {
    message: error?.message ?? null,
    stdout: run.stdout(),
    said: run.stderr().replaceAll(`glacier-up: ${file}`, 'F').split('\n').filter(Boolean),
    objects: options && 'json' in options ? run.objects() : [],
    receipts: [...openReceipts(run.command).all()],
  };
}

/** The last line, without the name of the file. */
const summed = ({ said }: { said: string[] }) => said.at(-1);

describe('a record', () => {
  test.each<[string, string[], Known, string]>([
    [
      'that is complete becomes a receipt',
      [row('A')],
      {},
      'F: 1 receipt written, 0 archives had one already',
    ],
    [
      'of an archive with a receipt is left out',
      [row('A')],
      { receipts: [receiptOf('A')] },
      'F: 0 receipts written, 1 archive had one already',
    ],
    [
      'gives a rebuilt receipt its name',
      [row('A')],
      { receipts: [receiptOf('A', rebuilt)] },
      'F: 1 receipt written, 0 archives had one already',
    ],
    [
      'that lacks tree hash and size gives a rebuilt receipt its name, too',
      [row('A', { size: '', hash: '' })],
      { receipts: [receiptOf('A', rebuilt)] },
      'F: 1 receipt written, 0 archives had one already',
    ],
    ['repeated is one archive', [row('A'), row('A')], {}, 'F: 1 receipt written, 1 archive had one already'],
    [
      'of another vault is counted',
      [row('A', { vault: 'other' }), row('B', { vault: 'demo' })],
      {},
      'F: 1 receipt written, 0 archives had one already, 1 record is of other vaults',
    ],
    [
      'of another region is counted',
      [row('A', { region: 'us-east-1' }), row('B', { region: 'eu-west-1' })],
      {},
      'F: 1 receipt written, 0 archives had one already, 1 record is of other vaults',
    ],
    [
      'of another region is taken at an endpoint that is given',
      [row('A', { region: 'us-east-1' })],
      { options: { endpointUrl: 'http://127.0.0.1:1' } },
      'F: 1 receipt written, 0 archives had one already',
    ],
    [
      'gets what it lacks from the kept inventory',
      [row('A', { size: '' }), row('B', { hash: '' }), row('C', { date: '' })],
      { inventory: [entryOf('A'), entryOf('B'), entryOf('C')] },
      'F: 3 receipts written, 0 archives had one already',
    ],
  ])('%s', async (_, rows, known, text) => {
    const result = await imported(rows, known);
    expect(result.message).toBe(null);
    expect(summed(result)).toBe(text);
  });

  test.each<[string, string[], Known, string]>([
    [
      'without a size, where no inventory is kept',
      [row('A', { size: '' })],
      {},
      'F:2: refused: it has no size: fetch the inventory of the vault first',
    ],
    [
      'without a tree hash',
      [row('A', { hash: '' })],
      {},
      'F:2: refused: it has no tree hash: fetch the inventory of the vault first',
    ],
    [
      'without either',
      [row('A', { size: '', hash: '' })],
      {},
      'F:2: refused: it has no size and no tree hash: fetch the inventory of the vault first',
    ],
    [
      'without a date',
      [row('A', { date: '' })],
      {},
      'F:2: refused: it has no date: fetch the inventory of the vault first',
    ],
    [
      'that the kept inventory does not list',
      [row('A', { date: '' })],
      { inventory: [entryOf('B')] },
      'F:2: refused: it has no date, and the inventory kept here does not list it',
    ],
    [
      'that only the inventory of another vault lists',
      [row('A', { date: '' })],
      { inventory: [entryOf('A')], kept: { ...demo, vault: 'other' } },
      'F:2: refused: it has no date: fetch the inventory of the vault first',
    ],
    [
      'of the archive of another incomplete one',
      [row('A', { date: '' }), row('A', { size: '' })],
      { inventory: [entryOf('A')] },
      'F:3: refused: its archive is that of record 2, and a receipt has one name',
    ],
    [
      'with another tree hash than the inventory',
      [row('A', { hash: hashOf('b'), date: '' })],
      { inventory: [entryOf('A')] },
      'F:2: refused: its tree hash or size is not that of the archive as it is known here',
    ],
    [
      'with another size than the inventory',
      [row('A', { size: 9, date: '' })],
      { inventory: [entryOf('A')] },
      'F:2: refused: its tree hash or size is not that of the archive as it is known here',
    ],
    [
      'with another size than a rebuilt receipt',
      [row('A', { size: 9 })],
      { receipts: [receiptOf('A', rebuilt)] },
      'F:2: refused: its tree hash or size is not that of the archive as it is known here',
    ],
  ])('%s is refused', async (_, rows, known, reason) => {
    const result = await imported(rows, known);
    expect(result.said[0]).toBe(reason);
    expect(result.message).toBe('1 record was refused');
    expect(result.stdout).toBe(reason.includes('record 2') ? `${idOf('A')}  "A.txt"\n` : '');
  });

  test('imported before is known, as long as it says the same', async () => {
    const recorded = {
      ...receiptOf('A', rebuilt),
      recorded: { name: 'old.txt', modifiedAt: null, writer: null },
    };
    const result = await imported([row('A'), row('A', { size: 9 })], { receipts: [recorded] });
    expect(summed(result)).toBe('F: 0 receipts written, 1 archive had one already');
    expect(result.message).toBe('1 record was refused');
    expect(result.receipts).toMatchObject([{ recorded: { name: 'old.txt' } }]);
  });

  test('of a rebuilt receipt whose archive is gone does not bring it back', async () => {
    const run = commandRun(place);
    const log = await appendReceipts(run.command, [receiptOf('A', rebuilt)]);
    await log.noteDeleted(idOf('A'));
    const file = join(run.folder, 'record');
    writeFileSync(
      file,
      `archiveId,name,size,treeHash,date\n${idOf('A')},a.txt,2048,${hashOf('a')},${time}\n`,
    );
    await importRecords(run.command, file);
    expect([...openReceipts(run.command).all()]).toMatchObject([
      { recorded: { name: 'a.txt' }, deletedAt: '2026-03-01T12:00:00.000Z' },
    ]);
  });
});

describe('a receipt that was imported', () => {
  test.each([
    ['-', '', '/-/vaults/demo/archives/'],
    ['012345678901', '012345678901', '/012345678901/vaults/demo/archives/'],
  ])('is of the account that is named: %s', async (option, accountId, location) => {
    const { receipts } = await imported([row('A')], { options: { accountId: option } });
    expect(receipts).toMatchObject([
      {
        archiveId: idOf('A'),
        accountId,
        location: location + idOf('A'),
        destination: { vault: 'demo', region: 'eu-west-1', accountOption: option },
        sizeBytes: 2048,
        treeHash: hashOf('a'),
        completedAt: time,
        description: '',
        recorded: { name: 'A.txt' },
      },
    ]);
  });
});

describe('a journal', () => {
  const created = (letter: string) =>
    `B\t1371000100\tCREATED\t${idOf(letter)}\t5\t0\t${hashOf(letter)}\t${letter}`;
  const deleted = (letter: string) => `B\t1371000200\tDELETED\t${idOf(letter)}\t${letter}`;

  test('notes deletions of the archives that it knows', async () => {
    const result = await imported(
      [created('A'), created('B'), deleted('A'), deleted('B'), deleted('C')],
      {},
      false,
    );
    expect(summed(result)).toBe('F: 2 receipts written, 0 archives had one already, 2 deletions noted');
    expect(result.receipts).toHaveLength(2);
    expect(result.receipts.every(({ deletedAt }) => deletedAt === '2013-06-12T01:23:20.000Z')).toBe(true);
  });
});

test('as JSON, an import is its receipts, the refused records and the totals', async () => {
  const rows = [row('A'), row('B', { date: '' }), row('C', { vault: 'other' }), row('D')];
  const { objects, said, receipts } = await imported(rows, {
    options: { json: true },
    receipts: [receiptOf('D')],
  });
  expect(objects).toMatchObject([
    { type: 'archive', archiveId: idOf('A'), file: null },
    { type: 'refused-record', number: 3, reason: expect.stringContaining('it has no date') },
    { type: 'imported', vault: 'demo', added: 1, known: 1, deleted: 0, otherVaults: 1, refused: 1 },
  ]);
  expect(said.filter((line) => line.includes('refused'))).toEqual([]);
  expect(receipts).toHaveLength(2);
});

test('an import that is stopped ends at a record', async () => {
  const run = commandRun(place);
  const file = join(run.folder, 'record');
  writeFileSync(file, `archiveId,name,size,treeHash,date\n${idOf('A')},a,5,${hashOf('a')},${time}\n`);
  run.stop();
  await expect(importRecords(run.command, file)).rejects.toThrow('stopped');
  expect([...openReceipts(run.command).all()]).toEqual([]);
});
