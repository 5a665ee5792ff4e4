/** `retrieve NAME`: which archive has the name, and which file it becomes. */
import { describe, expect, test } from 'vitest';
import { archiveByName } from '../../../src/cli/commands/retrieve/archive-by-name.js';
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

/** A description of FastGlacier. @param coding what it says of compression and encryption */
const fastGlacier = (path: string, coding = ''): string =>
  `<m><v>4</v><p>${Buffer.from(path).toString('base64')}</p><lm>20121114T201618Z</lm>${coding && `<ce>${coding}</ce>`}</m>`;
const md5 = 'd'.repeat(32);

async function find(
  name: string,
  { receipts = [], entries, gone = [] }: { receipts?: Receipt[]; entries?: unknown[]; gone?: string[] },
) {
  const run = commandRun();
  const log = await appendReceipts(run.command, receipts);
  for (const letter of gone) await log.noteDeleted(idOf(letter));
  if (entries) await keepInventory(run.command, inventoryOf(entries));
  const found = await archiveByName(run.command, log, demo, name).then(
    (archive) => ({ archive }),
    (error: unknown) => ({ error: error as Error & { code: string } }),
  );
  return { ...run, archive: null, error: null, ...found };
}

const named = (letter: string, name: string, changes: object = {}) =>
  entryOf(letter, { ArchiveDescription: name, ...changes });

describe('a name', () => {
  test.each<[string, string, Parameters<typeof find>[1], string | null, string | null]>([
    ['of an entry', 'dir/a.txt', { entries: [named('A', 'dir/a.txt'), named('B', 'b')] }, 'A', 'a.txt'],
    ['of a receipt', 'a.txt', { receipts: [receiptOf('A', { description: 'a.txt' })] }, 'A', 'a.txt'],
    [
      'of a record of another tool',
      'b.txt',
      {
        receipts: [
          { ...receiptOf('A', rebuilt), recorded: { name: 'b.txt', modifiedAt: null, writer: null } },
        ],
      },
      'A',
      'b.txt',
    ],
    ['of a second reading', 'my file', { entries: [named('A', 'my%20file')] }, 'A', 'my%20file'],
    ['that nothing has', 'c', { receipts: [receiptOf('A')], entries: [named('B', 'b')] }, null, null],
    [
      'of an archive of another vault',
      'A',
      { receipts: [receiptOf('A', { destination: { ...demo, vault: 'other' }, accountId: '' })] },
      null,
      null,
    ],
    ['of an entry that is faulty', 'a', { entries: [named('A', 'a', { Size: 'many' })] }, null, null],
    ['of one that was deleted', 'A', { receipts: [receiptOf('A')], gone: ['A'] }, null, null],
    [
      'of one that was deleted and is listed still',
      'A',
      { receipts: [receiptOf('A')], entries: [entryOf('A')], gone: ['A'] },
      null,
      null,
    ],
    [
      'of two, one of which was deleted',
      'x',
      {
        receipts: [receiptOf('A', { ...rebuilt, description: 'other' })],
        entries: [named('A', 'x'), named('B', 'x')],
        gone: ['A'],
      },
      'B',
      'x',
    ],
    [
      'in receipt and inventory is of one archive',
      'A',
      { receipts: [receiptOf('A', { accountId: '' })], entries: [entryOf('A')] },
      'A',
      'A',
    ],
    ['that names no file', '..', { entries: [named('A', '..')] }, 'A', null],
  ])('%s', async (_, name, given, letter, fileName) => {
    const { archive, error } = await find(name, given);
    expect(error).toBe(null);
    if (letter === null) expect(archive).toBe(null);
    else expect(archive).toMatchObject({ archiveId: idOf(letter), fileName });
  });

  test('of a folder is refused', async () => {
    const { error } = await find('dir/', { entries: [named('A', fastGlacier('dir/'))] });
    expect(error).toMatchObject({
      code: 'usage',
      message: `archive ${idOf('A')} stands for the folder dir/: it has no content`,
    });
  });

  test('as Windows writes it becomes its last part', async () => {
    const { archive } = await find('C:\\dir\\a.txt', {
      entries: [named('A', '{"Path":"C:\\\\dir\\\\a.txt","UTCDateModified":"20121114T201618Z","Flags":0}')],
    });
    expect(archive).toMatchObject({ fileName: 'a.txt' });
  });
});

describe('a name that several archives have', () => {
  const entries = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      named('A', 'x', {
        ArchiveId: `${index}`.padStart(138, 'A'),
        CreationDate: `2026-01-${String(index + 1).padStart(2, '0')}T00:00:00Z`,
      }),
    );

  test('is refused, and lists them, the newest first', async () => {
    const { error } = await find('x', { entries: [...entries(2), named('B', 'x', { Size: 1 })] });
    const [first, second] = ['0', '1'].map((digit) => digit.padStart(138, 'A'));
    expect(error).toMatchObject({
      code: 'usage',
      message:
        `3 archives have the name x: ${idOf('B')} (2026-02-01T00:00:00Z, 1 byte), ` +
        `${second} (2026-01-02T00:00:00Z, 2 KiB), ${first} (2026-01-01T00:00:00Z, 2 KiB)`,
    });
  });

  test.each([
    [20, 20, false],
    [21, 20, true],
  ])('%i times lists %i of them', async (count, listed, hasMore) => {
    const { error } = await find('x', { entries: entries(count) });
    expect(error?.message.match(/\(2026-/g)).toHaveLength(listed);
    expect(error?.message.endsWith(', and 1 more')).toBe(hasMore);
  });
});

describe('of an archive that a tool has changed', () => {
  test.each([
    ['1:0', 'compressed'],
    ['0:1', 'encrypted'],
    ['1:1', 'compressed and encrypted'],
    ['0:0', null],
  ])('with %s: %s', async (coding, words) => {
    const { stderr } = await find('a', { entries: [named('A', fastGlacier('a', `${coding}:${md5}:9`))] });
    expect(stderr()).toBe(
      words === null
        ? ''
        : `glacier-up: a: the archive is ${words} by fastglacier, and is brought back like that\n`,
    );
  });
});
