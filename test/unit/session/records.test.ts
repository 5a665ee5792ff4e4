/** What the records of other tools say, line by line: `receipts --import` makes receipts of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { csvFields } from '../../../src/session/records/csv-rows.js';
import { type NumberedRecord, openRecords } from '../../../src/session/records/read-records.js';
import { anyTime, secondsTime } from '../../../src/session/records/record.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const [idA, idB] = ['A', 'B'].map((letter) => letter.repeat(138)) as [string, string];
const hash = 'a'.repeat(64);

function recordFile(content: string | Buffer): string {
  const file = join(tempFolder(), 'record');
  writeFileSync(file, content);
  return file;
}

async function recordsIn(content: string | Buffer): Promise<NumberedRecord[]> {
  const records: NumberedRecord[] = [];
  for await (const record of await openRecords(recordFile(content))) records.push(record);
  return records;
}

/** What each line says: the reason of one that is refused, the ID of one that is not. */
async function saidIn(content: string | Buffer): Promise<[number, string][]> {
  const records = await recordsIn(content);
  return records.map((record) => [
    record.number,
    record.kind === 'refused' ? record.reason : record.archiveId,
  ]);
}

describe('a line of mtglacier', () => {
  test('of an archive has its size, hash, times and name', async () => {
    const line = `B\t1371000100\tCREATED\t${idA}\t1234\t-1\t${hash}\tdir/a b.txt\n`;
    expect(await recordsIn(line)).toEqual([
      {
        number: 1,
        kind: 'archive',
        archiveId: idA,
        vault: null,
        region: null,
        sizeBytes: 1234,
        treeHash: hash,
        createdAt: '2013-06-12T01:21:40.000Z',
        reading: { name: 'dir/a b.txt', modifiedAt: '1969-12-31T23:59:59.000Z', writer: 'mtglacier' },
      },
    ]);
  });

  test.each([
    ['version A', `A\t1371000200\tDELETED\t${idA}\tname`],
    ['version 0', `1371000200 DELETED ${idA} name`],
  ])('of a deletion, in %s, has its time', async (_version, line) => {
    expect(await recordsIn(`${line}\n`)).toEqual([
      { number: 1, kind: 'deleted', archiveId: idA, vault: null, deletedAt: '2013-06-12T01:23:20.000Z' },
    ]);
  });

  test('of a deletion without a possible time is refused', async () => {
    expect(await saidIn(`A\t99999999999999999999\tDELETED\t${idA}\tname\n`)).toEqual([
      [1, 'its time is invalid'],
    ]);
  });

  test.each([
    ['version C', `C\t1371000200\tRETRIEVE_JOB\t${idA}\tJ`],
    ['version 0', `1371000200 RETRIEVE_JOB ${idA}`],
  ])('of a job, in %s, says nothing of archives', async (_version, line) => {
    expect(await saidIn(`${line}\n`)).toEqual([]);
  });

  test('names no file when mtglacier knew none, and the time means nothing then', async () => {
    const lines = [idA, ''].map((name) => `A\t1\tCREATED\t${idA}\t5\t9\t${hash}\t${name}\n`);
    const readings = (await recordsIn(lines.join(''))).map((record) => 'reading' in record && record.reading);
    const nameless = { name: null, modifiedAt: null, writer: 'mtglacier' };
    expect(readings).toEqual([nameless, nameless]);
  });

  test('of a later version is told from one that is broken', async () => {
    const first = `B\t1\tCREATED\t${idA}\t5\t0\t${hash}\ta`;
    expect(await saidIn(`${first}\nZ\t1\tCREATED\nB\tbroken\n`)).toEqual([
      [1, idA],
      [2, 'it is of a newer version of mtglacier'],
      [3, 'it is no line of a journal'],
    ]);
  });
});

describe('an archive is refused', () => {
  const row = (changes: Record<string, unknown>) =>
    JSON.stringify({
      archive_id: idA,
      path: 'p',
      file_size: 1,
      checksum: hash,
      compression: null,
      ...changes,
    });
  test.each([
    ['without an ID', { archive_id: ' ' }, 'it has no archive ID'],
    ['with an ID that is too short', { archive_id: 'A'.repeat(19) }, `"${'A'.repeat(19)}" is no archive ID`],
    ['with a size below zero', { file_size: -1 }, '"-1" is no size'],
    ['with a size that is no whole number', { file_size: 1.5 }, '"1.5" is no size'],
    ['with a size that is no number', { file_size: 'x' }, '"x" is no size'],
    ['with a hash that is too short', { checksum: 'a'.repeat(63) }, `"${'a'.repeat(63)}" is no tree hash`],
  ])('%s', async (_what, changes, reason) => {
    expect(await saidIn(`[${row(changes)}]\n`)).toEqual([[1, reason]]);
  });

  test('but not for what the record does not say, or for a hash in capitals', async () => {
    const said = row({ file_size: 0, checksum: 'A'.repeat(64) });
    const unsaid = row({ file_size: null, checksum: null, path: null });
    expect(await recordsIn(`[${said},\n${unsaid}]\n`)).toMatchObject([
      { number: 1, sizeBytes: 0, treeHash: hash },
      { number: 2, sizeBytes: null, treeHash: null, reading: { name: null } },
    ]);
  });
});

describe('rows of sqlite3 -json', () => {
  test('of glacier-cli tell archives, and deletions with their vault', async () => {
    const row = (deleted: number | null) =>
      JSON.stringify({
        ...{ id: idA, name: 'n', vault: 'v', key: 'AKID', last_seen_upstream: 1 },
        ...{ created_here: 1371000100.5, deleted_here: deleted },
      });
    expect(await recordsIn(`[${row(null)},\n${row(1371000200)}]\n`)).toEqual([
      {
        ...{ number: 1, kind: 'archive', archiveId: idA, vault: 'v', region: null },
        ...{ sizeBytes: null, treeHash: null, createdAt: '2013-06-12T01:21:40.500Z' },
        reading: { name: 'n', modifiedAt: null, writer: 'glacier-cli' },
      },
      { number: 2, kind: 'deleted', archiveId: idA, vault: 'v', deletedAt: '2013-06-12T01:23:20.000Z' },
    ]);
  });

  test('of glacier-cli that were deleted, of what is no archive, are refused', async () => {
    const row = JSON.stringify({ id: '-', name: 'n', vault: 'v', last_seen_upstream: 1, deleted_here: 1 });
    expect(await saidIn(`[${row}]\n`)).toEqual([[1, '"-" is no archive ID']]);
  });

  test('of glacier-rsync name the vault; a compressed file has not the size of its archive', async () => {
    const row = (compression: string) =>
      JSON.stringify({
        ...{ path: '/a', file_size: 12, mtime: 1.5, archive_id: idA, checksum: hash, compression },
        ...{ location: '/1/vaults/photos/archives/x', timestamp: 'Wed, 14 Nov 2012 20:16:18 GMT' },
      });
    const reading = { name: '/a', modifiedAt: '1970-01-01T00:00:01.500Z', writer: 'glacier-rsync' };
    const archive = { kind: 'archive', vault: 'photos', createdAt: '2012-11-14T20:16:18.000Z' };
    expect(await recordsIn(`[\n${row('plain')},\n${row('zstd')}\n]\n`)).toMatchObject([
      { number: 2, ...archive, sizeBytes: 12, reading },
      { number: 3, ...archive, sizeBytes: null, reading: { ...reading, isCompressed: true } },
    ]);
  });

  test('of Synology name the file by share and path', async () => {
    const rows = [
      { shareName: 'homes', basePath: 'a.txt', archiveID: idA },
      { shareName: '', basePath: 'b.txt', archiveID: idA },
      { shareName: '', basePath: '', archiveID: idA },
    ];
    const records = await recordsIn(`[${rows.map((row) => JSON.stringify(row)).join(',\n')}]\n`);
    expect(records.map((record) => 'reading' in record && record.reading.name)).toEqual([
      'homes/a.txt',
      'b.txt',
      null,
    ]);
  });

  test('of another table, or of nothing, are refused', async () => {
    expect(await saidIn('[{"archiveID":"x"},\n{"compression":"plain"},\nbroken]\n')).toEqual([
      [1, 'it is no row of glacier-cli, glacier-rsync or Synology'],
      [2, 'it is no row of glacier-cli, glacier-rsync or Synology'],
      [3, 'it is no row as "sqlite3 -json" writes it'],
    ]);
  });
});

describe('the journal of glacier-interface', () => {
  const entry = (state: string | undefined, id: string | undefined, name = 'n') => ({
    ...{ state, id, name, size: 5, hash, modifiedDate: 1352924178123 },
    createdDate: 'Wed, 14 Nov 2012 20:16:18 GMT',
  });
  const journalOf = (journal: unknown[]) => JSON.stringify({ journal, name: 'photos' });

  test('says what is left when it is replayed', async () => {
    const journal = [
      entry('CREATE', idA, 'first'),
      entry('CREATE', idB),
      entry('DOWNLOAD', idA),
      entry('DELETE', idB),
      entry(undefined, idA, 'second'),
    ];
    expect(await recordsIn(journalOf(journal))).toEqual([
      {
        ...{ number: 1, kind: 'archive', archiveId: idA, vault: 'photos', region: null },
        ...{ sizeBytes: 5, treeHash: hash, createdAt: '2012-11-14T20:16:18.000Z' },
        reading: { name: 'second', modifiedAt: '2012-11-14T20:16:18.123Z', writer: 'glacier-interface' },
      },
    ]);
  });

  test('knows no time of a file for the time 0', async () => {
    const journal = [{ ...entry('CREATE', idA), modifiedDate: 0 }];
    expect(await recordsIn(journalOf(journal))).toMatchObject([{ reading: { modifiedAt: null } }]);
  });

  test('refuses each entry that it cannot read by itself', async () => {
    const journal = [null, entry('CREATE', undefined), entry('MOVE', idA), entry('CREATE', idB)];
    expect(await saidIn(journalOf(journal))).toEqual([
      [1, 'it has no archive ID'],
      [2, 'it has no archive ID'],
      [3, 'its state is not known'],
      [4, idB],
    ]);
  });

  test.each(['{"journal": 1}', '{', '{}'])('is not what only begins like one: %s', async (text) => {
    await expect(recordsIn(text)).rejects.toMatchObject({ code: 'failed' });
  });
});

describe('a record in CSV', () => {
  test.each([
    ['a,b', ['a', 'b']],
    ['', ['']],
    ['a,', ['a', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",', ['say "hi"', '']],
    ['a"b', null],
    ['"a" b', null],
    ['"a', null],
  ])('has fields as RFC 4180 says: %s', (line, fields) => {
    expect(csvFields(line)).toEqual(fields);
  });

  const sagu = (fields: string) => `${idA},a.txt,5,photos,EU_WEST_1,${fields}\n`;

  test('of SAGU has its fields in their places', async () => {
    expect(await recordsIn(sagu(`Fri Nov 27 06:49:32 EST 2026,${hash}`))).toEqual([
      {
        ...{ number: 1, kind: 'archive', archiveId: idA, vault: 'photos', region: 'eu-west-1' },
        ...{ sizeBytes: 5, treeHash: hash, createdAt: '2026-11-27T11:49:32.000Z' },
        reading: { name: 'a.txt', modifiedAt: null, writer: 'sagu' },
      },
    ]);
  });

  test('of SAGU has each line refused that is not whole', async () => {
    const text = `${sagu(`1,${hash}`)}\n${idA},a.txt,5\n"open,${idA}\n`;
    expect(await saidIn(text)).toEqual([
      [1, idA],
      [3, 'it has not the seven fields of a line of SAGU'],
      [4, 'a quote is not closed'],
    ]);
  });

  test('has the line refused where a quote opens that nothing closes', async () => {
    const text = `name,archiveid\na,${idA}\n"b,${idB}\nc,${idB}\nd,${idB}\n`;
    expect(await saidIn(text)).toEqual([
      [2, idA],
      [3, 'a quote is not closed'],
    ]);
  });

  test('names its columns as it likes, and leaves out what it does not know', async () => {
    const text = `\ufeffPath,Colour,ARCHIVE-ID,Modified\r\n"a\nb",red,${idA},1.5\r\nc,blue,${idB}\r\n`;
    expect(await recordsIn(text)).toEqual([
      {
        ...{ number: 2, kind: 'archive', archiveId: idA, vault: null, region: null },
        ...{ sizeBytes: null, treeHash: null, createdAt: null },
        reading: { name: 'a\nb', modifiedAt: '1970-01-01T00:00:01.500Z', writer: null },
      },
      { number: 4, kind: 'refused', reason: 'it has 3 fields, and the first line 4' },
    ]);
  });

  test('takes each field from the column of its name', async () => {
    const text = `hash,bytes,vaultname,region,created,file,archiveid\n${hash},7,v,eu-west-1,1,f,${idA}\n`;
    expect(await recordsIn(text)).toMatchObject([
      {
        ...{ archiveId: idA, vault: 'v', region: 'eu-west-1', sizeBytes: 7, treeHash: hash },
        ...{ createdAt: '1970-01-01T00:00:01.000Z', reading: { name: 'f' } },
      },
    ]);
  });

  test.each([
    ['no column of IDs', 'name,size\n'],
    ['that column alone', 'archiveid\n'],
    ['the columns of an inventory', 'ArchiveId,ArchiveDescription,Size\n'],
    ['a line that is too long to be one', `${'x'.repeat(2 ** 20 + 1)},archiveid\n`],
  ])('is not what has %s', async (_what, text) => {
    await expect(recordsIn(text)).rejects.toMatchObject({ code: 'failed' });
  });
});

describe('the lines of a record', () => {
  const line = (name: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`B\t1\tCREATED\t${idA}\t5\t0\t${hash}\t`),
      Buffer.from(name as string),
      Buffer.from('\n'),
    ]);

  test('each come whole from a file that is read in pieces', async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `${'é'.repeat(index % 50)} ${index}`);
    const records = await recordsIn(Buffer.concat(names.map(line)));
    expect(records.map((record) => 'reading' in record && record.reading.name)).toEqual(names);
    expect(records.map(({ number }) => number)).toEqual(names.map((_, index) => index + 1));
  });

  test('that are not UTF-8, or cut off at the end, are refused by their numbers', async () => {
    const text = Buffer.concat([
      line('a'),
      line(Buffer.from('caf\xe9', 'latin1')),
      line('b').subarray(0, -1),
    ]);
    expect(await saidIn(text)).toEqual([
      [1, idA],
      [2, 'it is not UTF-8'],
      [3, 'it is cut off'],
    ]);
  });

  test('longer than any record can have are refused at once', async () => {
    const text = Buffer.concat([line('a'), Buffer.alloc(2 ** 20 + 2, 'x')]);
    await expect(recordsIn(text)).rejects.toMatchObject({ code: 'failed' });
  });

  test('cannot be read from a file that does not exist, or from a folder', async () => {
    const folder = tempFolder();
    await expect(openRecords(join(folder, 'none'))).rejects.toMatchObject({
      code: 'archive-unusable',
      message: expect.stringContaining('no such file'),
    });
    await expect(openRecords(folder)).rejects.toMatchObject({
      code: 'archive-unusable',
      message: expect.stringContaining('it is a folder'),
    });
  });

  test.each([
    ['sync_history', 'SELECT * FROM sync_history'],
    ['file_info_tb', 'SELECT * FROM file_info_tb'],
    ['last_seen_upstream', 'SELECT * FROM archive'],
    ['nothing known', 'export the archives as CSV'],
  ])('are to be exported from a database with %s', async (mark, hint) => {
    await expect(recordsIn(`SQLite format 3\0 ${mark}`)).rejects.toMatchObject({
      code: 'failed',
      hint: expect.stringContaining(hint),
    });
  });
});

describe('the times that tools write', () => {
  test.each([
    ['1371000100', '2013-06-12T01:21:40.000Z'],
    ['-1', '1969-12-31T23:59:59.000Z'],
    [1.0005, '1970-01-01T00:00:01.001Z'],
    ['12345678901234567', null],
    ['1.', null],
    [null, null],
  ])('in seconds: %s', (text, time) => {
    expect(secondsTime(text)).toBe(time);
  });

  test.each([
    [' 1371000100 ', '2013-06-12T01:21:40.000Z'],
    ['2013-01-02T03:04:05Z', '2013-01-02T03:04:05.000Z'],
    ['Wed, 14 Nov 2012 20:16:18 GMT', '2012-11-14T20:16:18.000Z'],
    ['Fri Nov 27 06:49:32 EST 2026', '2026-11-27T11:49:32.000Z'],
    ['Fri Nov 27 06:49:32 CET 2026', new Date(2026, 10, 27, 6, 49, 32).toISOString()],
    ['tomorrow', null],
    ['', null],
    [undefined, null],
  ])('in any form: %s', (text, time) => {
    expect(anyTime(text)).toBe(time);
  });
});
