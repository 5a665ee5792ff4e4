/** What `receipts --against` says of each archive, of them all, and how it ends. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { against } from '../../../src/cli/commands/receipts/receipts-against.js';
import { openInventories } from '../../../src/cli/open/open-state.js';
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

interface Given {
  receipts?: Receipt[];
  deleted?: string[];
  options?: object;
  /** Kept for these vaults. */
  kept?: { vault: string; text: string; destination?: typeof demo }[];
  /** The inventory kept for vault `demo` is overwritten with this. */
  damaged?: string;
  stdin?: string;
}

/** @param text of the inventory file; null: the kept ones are meant */
async function told(text: string | null, given: Given = {}) {
  const { receipts = [], deleted = [], options = {}, kept = [], damaged, stdin } = given;
  const run = commandRun(options, stdin === undefined ? {} : { stdin });
  const log = await appendReceipts(run.command, receipts);
  for (const letter of deleted) await log.noteDeleted(idOf(letter));
  for (const { vault, text: content, destination } of kept) {
    await keepInventory(run.command, content, destination ?? { ...demo, vault });
  }
  if (damaged !== undefined) writeFileSync(openInventories(run.command).fileFor(demo), damaged);
  const file = join(run.folder, 'inventory');
  if (text !== null) writeFileSync(file, text);
  const name = text !== null ? file : stdin === undefined ? 'kept' : '-';
  const error = await against(run.command, name).then(
    () => null,
    (thrown: unknown) => thrown as Error & { code: string },
  );
  const json = 'json' in options;
  return {
    error: error && { code: error.code, message: error.message },
    lines: run
      .stdout()
      .split('\n')
      .filter(Boolean)
      .map((line) => (json ? JSON.parse(line) : line)),
    said: run.stderr().replaceAll(`glacier-up: ${file}`, 'F').split('\n').filter(Boolean),
    failed: run.failures.map(({ error: failure }) => (failure as Error).message),
    failedNames: run.failures.map(({ file: named }) => named?.replace(file, 'F')),
  };
}

const asOf = ', as of 2026-02-28T12:00:00Z (24 hours ago): ';
const old = { completedAt: '2026-02-01T00:00:00.000Z' };
const young = { completedAt: '2026-02-28T00:00:00.000Z' };

describe('an archive', () => {
  test.each<[string, unknown[], Given, string, string, string[]]>([
    [
      'that is as its receipt says is confirmed',
      [entryOf('A')],
      { receipts: [receiptOf('A')] },
      `confirmed  ${idOf('A')}  2026-02-01T00:00:00.000Z  2 KiB  /data/A`,
      '1 confirmed',
      [],
    ],
    [
      'without a receipt is unknown',
      [entryOf('A')],
      {},
      `unknown  ${idOf('A')}  2026-02-01T00:00:00Z  2 KiB  "A"`,
      '0 confirmed, 1 unknown here',
      [],
    ],
    [
      'of another size is different',
      [entryOf('A', { Size: 1 })],
      { receipts: [receiptOf('A')] },
      `different  ${idOf('A')}  2026-02-01T00:00:00.000Z  2 KiB  /data/A`,
      '0 confirmed, 1 different',
      ['0 archives are missing in the vault, 1 is there with another tree hash or size'],
    ],
    [
      'that is not listed is missing',
      [],
      { receipts: [receiptOf('A', old)] },
      `missing  ${idOf('A')}  2026-02-01T00:00:00.000Z  2 KiB  /data/A`,
      '0 confirmed, 1 missing',
      ['1 archive is missing in the vault, 0 are there with another tree hash or size'],
    ],
    [
      'that need not be listed yet is young',
      [],
      { receipts: [receiptOf('A', young)] },
      `young  ${idOf('A')}  2026-02-28T00:00:00.000Z  2 KiB  /data/A`,
      '0 confirmed, 1 young',
      [],
    ],
    [
      'that was deleted from here is deleted',
      [],
      { receipts: [receiptOf('A')], deleted: ['A'] },
      `deleted  ${idOf('A')}  2026-02-01T00:00:00.000Z  2 KiB  /data/A`,
      '0 confirmed, 1 deleted',
      [],
    ],
    [
      'that was deleted from here may be listed still',
      [entryOf('A')],
      { receipts: [receiptOf('A')], deleted: ['A'] },
      `deleted-listed  ${idOf('A')}  2026-02-01T00:00:00.000Z  2 KiB  /data/A`,
      '0 confirmed, 1 deleted and still listed',
      [],
    ],
    [
      'whose entry lacks the tree hash is unproved',
      [entryOf('A', { SHA256TreeHash: undefined })],
      { receipts: [receiptOf('A')] },
      `unproved  ${idOf('A')}  2026-02-01T00:00:00.000Z  2 KiB  /data/A`,
      '0 confirmed, 1 unproved',
      ['1 entry of the inventory is faulty'],
    ],
  ])('%s', async (_, entries, given, line, words, failed) => {
    const result = await told(inventoryOf(entries), given);
    expect(result).toEqual({
      error: null,
      lines: [line],
      said: [`F${asOf}${words}`],
      failed,
      failedNames: failed.map(() => 'F'),
    });
  });

  test('that another one of its file replaces is not missing', async () => {
    const again = receiptOf('B', { path: '/data/A', treeHash: 'a'.repeat(64) });
    const { lines, said, failed } = await told(
      inventoryOf([entryOf('B', { SHA256TreeHash: 'a'.repeat(64) })]),
      {
        receipts: [receiptOf('A'), again],
      },
    );
    expect(lines.map((line) => line.split('  ')[0])).toEqual(['confirmed', 'replaced']);
    expect(said).toEqual([`F${asOf}1 confirmed, 1 replaced`]);
    expect(failed).toEqual([]);
  });

  test('without an ID is faulty, and is no unknown one', async () => {
    const { lines, said, failed } = await told(inventoryOf([entryOf('A', { ArchiveId: undefined })]));
    expect(lines).toEqual([
      expect.stringMatching(/^faulty {2}\? {2}2026-02-01T00:00:00Z {2}2 KiB {2}"A" {2}\(/),
    ]);
    expect(said).toEqual([`F${asOf}0 confirmed`]);
    expect(failed).toEqual(['1 entry of the inventory is faulty']);
  });

  test('with a stream’s receipt, or a rebuilt one, has its name', async () => {
    const { lines } = await told(inventoryOf([entryOf('A'), entryOf('B')]), {
      receipts: [receiptOf('A', { path: null, streamName: 'db.dump' }), receiptOf('B', rebuilt)],
      options: { json: true },
    });
    expect(lines).toMatchObject([
      { state: 'confirmed', file: null, name: 'db.dump' },
      { state: 'confirmed', file: null, name: 'B' },
      { type: 'against' },
    ]);
  });
});

describe('as JSON', () => {
  test('each archive and the totals are an object, and the totals are said beside it', async () => {
    const { lines, said } = await told(
      inventoryOf([
        entryOf('A'),
        entryOf('C', { CreationDate: '2026-01-01T00:00:00Z' }),
        entryOf('D', { Size: 1 }),
      ]),
      { receipts: [receiptOf('A'), receiptOf('B'), receiptOf('D')], options: { json: true } },
    );
    const check = { type: 'receipt-check', schema: 1 };
    expect(lines).toEqual([
      {
        ...check,
        state: 'confirmed',
        archiveId: idOf('A'),
        file: '/data/A',
        vault: 'demo',
        completedAt: '2026-02-01T00:00:00.000Z',
        sizeBytes: 2048,
        treeHash: 'a'.repeat(64),
        description: 'A',
        name: 'A',
      },
      {
        ...check,
        state: 'unknown',
        archiveId: idOf('C'),
        file: null,
        vault: null,
        completedAt: '2026-01-01T00:00:00Z',
        sizeBytes: 2048,
        treeHash: 'c'.repeat(64),
        description: 'C',
        name: 'C',
      },
      expect.objectContaining({ state: 'different', archiveId: idOf('D') }),
      expect.objectContaining({ state: 'missing', archiveId: idOf('B') }),
      {
        type: 'against',
        schema: 1,
        vault: 'demo',
        takenAt: '2026-02-28T12:00:00Z',
        confirmed: 1,
        different: 1,
        unproved: 0,
        missing: 1,
        replaced: 0,
        young: 0,
        deleted: 0,
        deletedListed: 0,
        unknown: 1,
        malformed: 0,
      },
    ]);
    expect(said).toHaveLength(1);
    expect(JSON.parse(said[0] ?? '')).toMatchObject({
      type: 'note',
      message: expect.stringContaining('1 confirmed, 1 different, 1 missing, 1 unknown here'),
    });
  });

  test('under --quiet the totals are the object alone', async () => {
    const { lines, said } = await told(inventoryOf([entryOf('A')]), { options: { json: true, quiet: true } });
    expect(lines).toHaveLength(2);
    expect(said).toEqual([]);
  });

  test('a faulty entry has what it lacks', async () => {
    const { lines } = await told(inventoryOf([entryOf('A', { Size: 'many' })]), { options: { json: true } });
    expect(lines).toMatchObject([
      { type: 'faulty-entry', archiveId: idOf('A'), sizeBytes: null, name: 'A' },
      { type: 'against', vault: 'demo', malformed: 1, unknown: 0 },
    ]);
  });

  test('an inventory that names no vault is of none', async () => {
    const { lines } = await told(inventoryOf([], { vault: null }), {
      options: { json: true, vault: 'demo' },
    });
    expect(lines).toMatchObject([{ type: 'against', vault: null, takenAt: '2026-02-28T12:00:00Z' }]);
  });
});

describe('under --quiet', () => {
  const options = { quiet: true };

  test('what is confirmed is left out, and so are the totals when all of it is', async () => {
    const { lines, said } = await told(inventoryOf([entryOf('A')]), { receipts: [receiptOf('A')], options });
    expect({ lines, said }).toEqual({ lines: [], said: [] });
  });

  test('anything else is told, with what it is out of', async () => {
    const { lines, said } = await told(inventoryOf([entryOf('A'), entryOf('B')]), {
      receipts: [receiptOf('A')],
      options,
    });
    expect(lines).toEqual([`unknown  ${idOf('B')}  2026-02-01T00:00:00Z  2 KiB  "B"`]);
    expect(said).toEqual([`F${asOf}1 confirmed, 1 unknown here`]);
  });
});

test('hundreds of archives that are not listed are all told', async () => {
  const receipts = Array.from({ length: 401 }, (_, index) =>
    receiptOf('A', { archiveId: `${index}`.padStart(138, 'A'), path: `/data/${index}` }),
  );
  const { lines, said } = await told(inventoryOf([]), { receipts });
  expect(lines).toHaveLength(401);
  expect(new Set(lines).size).toBe(401);
  expect(said).toEqual([`F${asOf}0 confirmed, 401 missing`]);
});

describe('which vault an inventory is of', () => {
  const unnamed = inventoryOf([], { vault: null });

  test('must be said where it does not say so itself', async () => {
    const { error } = await told(unnamed, { receipts: [receiptOf('A')] });
    expect(error).toMatchObject({
      code: 'usage',
      message: 'this inventory does not tell of which vault it is',
    });
    expect((await told(unnamed, { options: { vault: 'demo' } })).error).toBe(null);
  });

  test('is said at once, before anything is printed', async () => {
    const text = inventoryOf([entryOf('A')], { vault: null });
    expect((await told(text)).lines).toEqual([]);
    const other = await told(inventoryOf([entryOf('A')], { vault: 'other' }), { options: { vault: 'demo' } });
    expect(other).toMatchObject({ error: { code: 'usage' }, lines: [] });
  });

  test('a pipe may say after its list', async () => {
    const head = JSON.parse(inventoryOf([]));
    const stdin = JSON.stringify({
      ArchiveList: [entryOf('A')],
      VaultARN: head.VaultARN,
      InventoryDate: head.InventoryDate,
    });
    const piped = await told(null, { receipts: [receiptOf('A'), receiptOf('B')], stdin });
    expect(piped.lines.map((line) => line.split('  ')[0])).toEqual(['confirmed', 'missing']);
    const named = await told(null, { options: { vault: 'other' }, stdin });
    expect(named).toMatchObject({ error: { code: 'usage' } });
    expect(named.error?.message).toBe('this is the inventory of vault demo, not of other');
  });
});

describe('"kept"', () => {
  const of = (vault: string, letter: string) => ({ vault, text: inventoryOf([entryOf(letter)], { vault }) });
  const inOther = receiptOf('B', { destination: { ...demo, vault: 'other' } });

  test('stands for the inventory of each vault with receipts', async () => {
    const { lines, error } = await told(null, {
      receipts: [receiptOf('A'), inOther],
      kept: [of('demo', 'A'), of('other', 'B')],
    });
    expect(error).toBe(null);
    expect(lines.map((line) => line.split('  ').slice(0, 2))).toEqual([
      ['confirmed', idOf('A')],
      ['confirmed', idOf('B')],
    ]);
  });

  test('is of the vault alone that is named', async () => {
    const { lines } = await told(null, {
      receipts: [receiptOf('A'), inOther],
      kept: [of('demo', 'A'), of('other', 'B')],
      options: { vault: 'other' },
    });
    expect(lines).toEqual([expect.stringContaining(`confirmed  ${idOf('B')}`)]);
  });

  test('says of which vault none is kept, and goes on', async () => {
    const { lines, said, error } = await told(null, {
      receipts: [receiptOf('A'), inOther],
      kept: [of('other', 'B')],
    });
    expect(said[0]).toBe('glacier-up: no inventory of vault demo is kept here');
    expect(lines).toEqual([expect.stringContaining(`confirmed  ${idOf('B')}`)]);
    expect(error).toBe(null);
  });

  test('is exit 4 when none is kept', async () => {
    expect((await told(null, { receipts: [receiptOf('A')] })).error).toEqual({
      code: 'inventory-unknown',
      message: 'no inventory of a vault with receipts is kept here',
    });
  });

  test('finds the one of a vault that was spelled in several ways', async () => {
    const spelled = { ...demo, profile: 'backup' };
    const { lines } = await told(null, {
      receipts: [receiptOf('A'), receiptOf('B', { destination: spelled })],
      kept: [{ vault: 'demo', text: inventoryOf([entryOf('A'), entryOf('B')]), destination: spelled }],
    });
    expect(lines.map((line) => line.split('  ')[0])).toEqual(['confirmed', 'confirmed']);
  });

  test('that is too old is a failure of its vault alone; one that is damaged ends the run', async () => {
    const kept = [of('demo', 'A'), of('other', 'B')];
    const receipts = [receiptOf('A'), inOther];
    const aged = await told(null, { receipts, kept, options: { maxAge: 1000 } });
    expect(aged.error).toBe(null);
    expect(aged.failed).toEqual([
      expect.stringContaining('was asked for 1 minute ago, longer than --max-age'),
      expect.stringContaining('was asked for 1 minute ago, longer than --max-age'),
    ]);
    const damaged = await told(null, { receipts, kept, damaged: '{' });
    expect(damaged).toMatchObject({ error: { code: 'failed' }, lines: [] });
  });
});

test('an inventory file that is too old is refused', async () => {
  const { error, lines } = await told(inventoryOf([entryOf('A')]), { options: { maxAge: 1000 } });
  expect(error).toMatchObject({ code: 'inventory-old' });
  expect(lines).toEqual([]);
});
