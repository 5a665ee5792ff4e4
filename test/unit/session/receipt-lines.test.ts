/** What the lines of the receipt log are, and what those of one archive say together. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NameReading } from '../../../src/names/name-reading.js';
import { foldLines, type LogLine, type NoteLine, parseLine } from '../../../src/session/receipts/lines.js';
import { type Receipt, readingOf } from '../../../src/session/receipts/receipt.js';
import { openReceiptLog } from '../../../src/session/receipts/receipt-log.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const recorded: NameReading = { name: 'a.txt', modifiedAt: null, writer: 'mtglacier' };
const at = '2026-01-01T00:00:00.000Z';

function receipt(changes: Partial<Receipt> = {}): Receipt {
  return {
    schema: 1,
    archiveId: 'archive',
    location: '/1/vaults/v/archives/archive',
    accountId: '1',
    destination: { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'v' },
    uploadId: 'upload',
    sizeBytes: 1,
    treeHash: 'a'.repeat(64),
    description: 'd',
    partSizeBytes: null,
    parts: null,
    startedAt: null,
    completedAt: at,
    path: '/a',
    identity: null,
    ...changes,
  };
}

const uploaded = receipt();
const rebuilt = receipt({ uploadId: null, path: null, completedAt: '2026-01-01T00:00:00Z' });
const named = receipt({ uploadId: null, completedAt: '2026-01-02T00:00:00Z' });
const imported = receipt({ uploadId: null, path: null, recorded });

const deleted = (deletedAt: string): NoteLine => ({
  schema: 1,
  kind: 'deleted',
  archiveId: 'archive',
  deletedAt,
});
const bound = (path: string | null, streamName?: string): NoteLine => ({
  ...{ schema: 1, kind: 'bound', archiveId: 'archive', boundAt: at, path, identity: null },
  ...(streamName === undefined ? {} : { streamName }),
});
const fold = (...lines: LogLine[]) => foldLines(lines.map((line) => ({ line })));

describe('of two receipts of one archive', () => {
  test.each([
    ['that of the upload, though another one is later', uploaded, rebuilt, uploaded],
    ['that of the upload, though it is later', rebuilt, uploaded, uploaded],
    ['that of the first upload', uploaded, receipt({ uploadId: 'other' }), uploaded],
    ['the one that knows the file', rebuilt, named, named],
    ['the one that knows the file, though another tool has recorded it', imported, named, named],
    ['the first that knows the file', named, imported, named],
    ['the one with what another tool has recorded', rebuilt, imported, imported],
    ['the first with what another tool has recorded', imported, { ...imported, completedAt: at }, imported],
    ['the first from an inventory', rebuilt, receipt({ uploadId: null, path: null }), rebuilt],
  ])('%s is believed', (_which, first, second, believed) => {
    expect(fold(first, second)).toEqual(believed);
  });
});

describe('the notes of an archive', () => {
  test('say nothing without a receipt', () => {
    expect(fold(deleted(at))).toBeNull();
  });

  test('say when it was deleted first', () => {
    expect(fold(uploaded, deleted(at), deleted('later'))).toEqual({ ...uploaded, deletedAt: at });
  });

  test('make a receipt from an inventory that of the file it was bound to first, or of the stream', () => {
    expect(fold(rebuilt, bound('/one'), bound('/two'))).toEqual({ ...rebuilt, path: '/one' });
    expect(fold(bound(null, 'dump'), rebuilt)).toEqual({ ...rebuilt, streamName: 'dump' });
  });

  test('do not change what an upload says of its file', () => {
    expect(fold(uploaded, bound('/other'))).toEqual(uploaded);
  });
});

describe('a line is', () => {
  const line = (changes: Record<string, unknown>) => JSON.stringify({ ...uploaded, ...changes });
  test.each([
    ['a receipt', line({})],
    ['a receipt from an inventory', line({ uploadId: null })],
    ['a deletion', JSON.stringify(deleted(at))],
    ['a binding', JSON.stringify(bound('/a'))],
  ])('%s', (_what, text) => {
    expect(parseLine(text)).toEqual(JSON.parse(text));
  });

  test.each([
    ['of a newer version', line({ schema: 2 })],
    ['without an archive', line({ archiveId: undefined })],
    ['without a word of its upload', line({ uploadId: undefined })],
    ['without a tree hash', line({ treeHash: undefined })],
    ['without a vault', line({ destination: undefined })],
    ['of an unknown kind', line({ kind: 'moved', movedAt: at })],
    ['of a deletion without its time', JSON.stringify({ ...deleted(at), deletedAt: undefined })],
    ['of another text', 'null'],
    ['cut off', line({}).slice(0, -1)],
  ])('none when it is %s', (_what, text) => {
    expect(parseLine(text)).toBeNull();
  });
});

describe('what a record of another tool adds to the log', () => {
  function openLog() {
    const folder = tempFolder();
    return openReceiptLog(join(folder, 'receipts'), undefined, fakeClock(0));
  }
  const deletion = deleted(at) as NoteLine & { kind: 'deleted' };

  test('is what the log does not say yet, each once', async () => {
    const log = openLog();
    const lines = [imported, imported, deletion, deletion];
    expect(await log.appendRecorded(lines)).toEqual([imported, deletion]);
    expect(await log.appendRecorded(lines)).toEqual([]);
    expect([...log.all()]).toEqual([{ ...imported, deletedAt: at }]);
  });

  test('is no deletion of an archive that the log does not know', async () => {
    const log = openLog();
    expect(await log.appendRecorded([deletion])).toEqual([]);
    expect(log.isNotedDeleted('archive')).toBe(false);
  });

  test('is the name of an archive that only an inventory knows, and not of an uploaded one', async () => {
    const log = openLog();
    await log.appendAll([rebuilt, { ...uploaded, archiveId: 'other' }]);
    expect(await log.appendRecorded([imported, { ...imported, archiveId: 'other' }])).toEqual([imported]);
    expect(log.byArchiveId('archive')).toEqual(imported);
    expect(log.byArchiveId('other')?.path).toBe('/a');
  });
});

describe('for a long list of archives', () => {
  test('deletions and receipts are those of the moment at which the look-ups began', async () => {
    const folder = tempFolder();
    const log = openReceiptLog(folder, undefined, fakeClock(0));
    await log.appendAll([uploaded, receipt({ archiveId: 'kept' })]);
    await log.noteDeleted('archive');
    await log.noteGone('kept', 'not-found');
    const isDeleted = log.deletionsNoted();
    const lookUp = log.lookUps();
    const other = openReceiptLog(folder, undefined, fakeClock(0));
    await other.append(receipt({ archiveId: 'late' }));
    await other.noteDeleted('kept');
    expect(['archive', 'kept', 'late'].map(isDeleted)).toEqual([true, false, false]);
    expect(lookUp('archive')?.deletedAt).toBeDefined();
    expect(lookUp('kept')).toMatchObject({ gone: { reason: 'not-found' } });
    expect(lookUp('kept')?.deletedAt).toBeUndefined();
    expect(lookUp('late')).toBeNull();
  });

  test('an archive without a receipt can be noted as deleted', async () => {
    const log = openReceiptLog(tempFolder(), undefined, fakeClock(0));
    await log.noteDeleted('unknown');
    expect(log.isNotedDeleted('unknown')).toBe(true);
    expect(log.deletionsNoted()('unknown')).toBe(true);
    expect(log.lookUps()('unknown')).toBeNull();
  });
});

test('an archive from a pipe is found by the name of its stream, apart from a file of that name', async () => {
  const log = openReceiptLog(tempFolder(), undefined, fakeClock(0));
  const { identity, ...fields } = receipt({ archiveId: 'stream', path: null });
  await log.append({ ...fields, streamName: 'dump', identity });
  await log.append(receipt({ archiveId: 'file', path: 'stdin' }));
  expect([...log.bySubject('stdin:dump')].map(({ archive }) => archive.archiveId)).toEqual(['stream']);
  expect([...log.subjects()]).toEqual(['stdin:dump', 'stdin']);
});

test.each([
  ['behind the path', (name: object, identity: object, rest: object) => ({ ...rest, ...name, ...identity })],
  ['at the end', (name: object, identity: object, rest: object) => ({ ...rest, ...identity, ...name })],
])('the name of a stream is found %s of its line', async (_, order) => {
  const log = openReceiptLog(tempFolder(), undefined, fakeClock(0));
  const { identity, ...rest } = receipt({ archiveId: 'stream', path: null });
  await log.append(order({ streamName: 'dump' }, { identity }, rest) as Receipt);
  await log.append(receipt({ archiveId: 'nameless', path: null }));
  expect([...log.bySubject('stdin:dump')].map(({ archive }) => archive.archiveId)).toEqual(['stream']);
});

test('the name of a file is what another tool recorded, or else what the description says', () => {
  const description = 'dir/from-description';
  expect(readingOf({ description, recorded })).toBe(recorded);
  expect(readingOf({ description }).name).toBe(description);
  expect(readingOf({ description, recorded: { ...recorded, name: null } }).name).toBe(description);
});
