/** `receipts --import`: records of other tools. The journal in version B was written by mtglacier's own Journal.pm (1.120). */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLines, makePlace, type Place } from '../helpers/place.js';

const [idA, idB, idC] = ['A', 'B', 'C'].map((letter) => letter.repeat(138)) as [string, string, string];
const [hashA, hashB] = ['a', 'b'].map((digit) => digit.repeat(64)) as [string, string];

const journalB = [
  `B\t1371000100\tCREATED\t${idA}\t1234\t1352924178\t${hashA}\tdir/café x.txt`,
  `B\t1371000200\tCREATED\t${idB}\t5\tNONE\t${hashB}\ttail `,
  `B\t1371000300\tRETRIEVE_JOB\t${idA}\t${'J'.repeat(92)}`,
  `B\t1371000400\tDELETED\t${idB}\ttail `,
  '',
].join('\n');

function imports(place: Place, content: string | Buffer, words: string[] = [], vault = 'photos') {
  const file = join(place.folder, 'record');
  writeFileSync(file, content);
  return place.plain([
    ...[
      'receipts',
      '--import',
      file,
      '--vault',
      vault,
      '--region',
      'eu-west-1',
      '--account-id',
      '012345678901',
    ],
    ...words,
  ]);
}

/** What the last import left, as `receipts --json` has it. */
async function receiptsOf(place: Place): Promise<Record<string, unknown>[]> {
  return jsonLines(await place.plain(['receipts', '--json']));
}

describe('the journal of mtglacier', () => {
  test('in version B, as mtglacier wrote it, becomes receipts with names and times', async () => {
    const place = makePlace(1);
    const { code, stdout, stderr } = await imports(place, journalB);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${idA}  "dir/café x.txt"\n${idB}  "tail "\n` });
    expect(stderr).toContain('2 receipts written, 0 archives had one already, 1 deletion noted');
    expect(await receiptsOf(place)).toMatchObject([
      {
        archiveId: idA,
        vault: 'photos',
        region: 'eu-west-1',
        accountId: '012345678901',
        sizeBytes: 1234,
        treeHash: hashA,
        completedAt: '2013-06-12T01:21:40.000Z',
        deletedAt: null,
        file: null,
        recorded: { name: 'dir/café x.txt', modifiedAt: '2012-11-14T20:16:18.000Z', writer: 'mtglacier' },
      },
      {
        archiveId: idB,
        deletedAt: '2013-06-12T01:26:40.000Z',
        recorded: { name: 'tail ', modifiedAt: null, writer: 'mtglacier' },
      },
    ]);
  });

  test('imported again adds nothing; what it has grown by is added', async () => {
    const place = makePlace(1);
    await imports(place, journalB);
    const before = place.receipts();
    const again = await imports(place, journalB);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(place.receipts()).toEqual(before);
    const more = await imports(place, `${journalB}B\t1371000500\tCREATED\t${idC}\t5\t0\t${hashB}\tc\n`);
    expect(more.stdout).toBe(`${idC}  "c"\n`);
  });

  test.each([
    ['A', `A\t1371000100\tCREATED\t${idA}\t5\t0\t${hashA}\ta b`, 'a b', '1970-01-01T00:00:00.000Z'],
    [
      'A, of an archive whose name it did not know',
      `A\t1\tCREATED\t${idA}\t5\t9\t${hashA}\t${idA}`,
      null,
      null,
    ],
    ['C', `C\t1371000100\tCREATED\t${idA}\t5\t-1\t${hashA}\tx`, 'x', '1969-12-31T23:59:59.000Z'],
    ['0', `1371000100 CREATED ${idA} 5 ${hashA} a b `, 'a b ', null],
  ])('in version %s', async (_version, line, name, modifiedAt) => {
    const place = makePlace(1);
    expect((await imports(place, `${line}\n`)).code).toBe(0);
    expect(await receiptsOf(place)).toMatchObject([{ archiveId: idA, recorded: { name, modifiedAt } }]);
  });

  test('has its broken lines named by number and reason, and the others imported', async () => {
    const place = makePlace(1);
    const lines = [
      `B\t1371000100\tCREATED\t${idA}\t5\t0\t${hashA}\ta`,
      `B\t1371000100\tCREATED\t${idB}\t5\t0\tabc\tb`,
      'B\tnonsense',
      `D\t1371000100\tCREATED\t${idB}\t5\t0\t${hashB}\tb`,
      `B\t1371000100\tCREATED\t${idC}\t5\t0\t${hashB}\tcut o`,
    ];
    const { code, stdout, stderr } = await imports(place, lines.join('\n'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${idA}  "a"\n` });
    for (const told of [
      'record:2: refused: "abc" is no tree hash',
      'record:3: refused: it is no line of a journal',
      'record:4: refused: it is of a newer version of mtglacier',
      'record:5: refused: it is cut off',
      '4 records were refused',
    ]) {
      expect(stderr).toContain(told);
    }
    const json = await imports(place, lines.join('\n'), ['--json']);
    expect(jsonLines(json).slice(-2)).toMatchObject([
      { type: 'refused-record', number: 5, reason: 'it is cut off' },
      { type: 'imported', added: 0, known: 1, refused: 4 },
    ]);
  });

  test('names a rebuilt receipt, and does not touch one with another tree hash', async () => {
    const place = makePlace(1);
    const inventory = join(place.folder, 'inventory.json');
    const entry = { ArchiveDescription: '', CreationDate: '2013-06-12T01:21:41Z', Size: 1234 };
    const ArchiveList = [
      { ...entry, ArchiveId: idA, SHA256TreeHash: hashA },
      { ...entry, ArchiveId: idB, SHA256TreeHash: hashA },
    ];
    const VaultARN = 'arn:aws:glacier:eu-west-1:012345678901:vaults/photos';
    writeFileSync(
      inventory,
      JSON.stringify({ VaultARN, InventoryDate: '2013-06-13T00:00:00Z', ArchiveList }),
    );
    await place.plain(['receipts', '--rebuild', inventory, '--vault', 'photos', '--region', 'eu-west-1']);
    const { code, stderr } = await imports(place, journalB);
    expect(code).toBe(1);
    expect(stderr).toContain('record:2: refused: its tree hash or size is not that of the archive');
    expect(await receiptsOf(place)).toMatchObject([
      { archiveId: idA, completedAt: '2013-06-12T01:21:41Z', recorded: { name: 'dir/café x.txt' } },
      { archiveId: idB, treeHash: hashA },
    ]);
  });

  test('of a thousand archives and more is whole though a line in it is broken', async () => {
    const place = makePlace(1);
    const line = (number: number) =>
      `B\t1371000100\tCREATED\t${String(number).padStart(138, 'x')}\t5\t0\t${hashA}\tf${number}`;
    const lines = Array.from({ length: 2500 }, (_, number) => line(number));
    lines[1234] = 'broken';
    const { code } = await imports(place, `${lines.join('\n')}\n`);
    expect(code).toBe(1);
    expect(place.receipts()).toHaveLength(2499);
  });
});

test('the name leads `retrieve` to the archive', async () => {
  const place = makePlace(1000);
  const archiveId = (await place.run(['upload', place.file])).stdout.trim();
  const [receipt] = place.receipts() as [{ treeHash: string }];
  const other = join(place.folder, 'other');
  const journal = join(place.folder, 'journal');
  writeFileSync(
    journal,
    `B\t1371000100\tCREATED\t${archiveId}\t1000\t0\t${receipt.treeHash}\tdir/name.tar\n`,
  );
  expect((await place.run(['receipts', '--import', journal, '--state-dir', other])).code).toBe(0);
  const words = ['retrieve', 'dir/name.tar', '--dry-run', '--json', '--state-dir', other];
  expect(jsonLines(await place.run(words))).toMatchObject([{ archiveId, file: 'name.tar', sizeBytes: 1000 }]);
});

describe('other records', () => {
  test('the journal of glacier-interface is replayed', async () => {
    const place = makePlace(1);
    const entry = { size: 5, hash: hashA, uri: `/012345678901/vaults/photos/archives/${idA}` };
    const journal = [
      {
        state: 'CREATE',
        id: idA,
        name: 'a é',
        modifiedDate: 1352924178123,
        createdDate: 'Jan 10, 2015 12:25:43 PM',
        ...entry,
      },
      {
        state: 'CREATE',
        id: idB,
        name: 'b',
        modifiedDate: 0,
        createdDate: 'Nov 14, 2012, 9:16:18 PM',
        ...entry,
      },
      {
        state: 'DELETE',
        id: idB,
        name: 'b',
        modifiedDate: 0,
        createdDate: 'Jan 10, 2015 12:25:43 PM',
        ...entry,
      },
    ];
    const text = JSON.stringify({ journal, name: 'photos', metadata: 'MT_AWS_GLACIER_B' }, null, 2);
    expect(await imports(place, text)).toMatchObject({ code: 0, stdout: `${idA}  "a é"\n` });
    expect(await receiptsOf(place)).toMatchObject([
      {
        completedAt: new Date(2015, 0, 10, 12, 25, 43).toISOString(),
        recorded: { name: 'a é', modifiedAt: '2012-11-14T20:16:18.123Z', writer: 'glacier-interface' },
      },
    ]);
  });

  test('the CSV of SAGU; what is of other vaults and regions is left out', async () => {
    const place = makePlace(1);
    const row = (id: string, path: string, vault: string, endpoint = 'EU_WEST_1') =>
      `${id},${path},5,${vault},${endpoint},Fri Nov 27 06:49:32 EST 2026,${hashA}\n`;
    const text =
      row(idA, '"C:\\Photos 2012\\a, ""b"".jpg"', 'photos') +
      row(idB, 'b', 'other') +
      row(idC, 'c', 'photos', 'US_EAST_1');
    const { code, stderr } = await imports(place, text);
    expect(code).toBe(0);
    expect(stderr).toContain('2 records are of other vaults');
    expect(await receiptsOf(place)).toMatchObject([
      {
        archiveId: idA,
        completedAt: '2026-11-27T11:49:32.000Z',
        recorded: { name: 'C:\\Photos 2012\\a, "b".jpg', writer: 'sagu' },
      },
    ]);
  });

  test('CSV with names of columns, in any order, and a name of two lines', async () => {
    const place = makePlace(1);
    const text = `Name,Archive ID,Tree Hash,Size,Date,mtime\r\n"a\nb",${idA},${hashA},5,2013-01-02 03:04:05.678+00:00,1352924178.5\r\n`;
    expect((await imports(place, text)).code).toBe(0);
    expect(await receiptsOf(place)).toMatchObject([
      {
        completedAt: '2013-01-02T03:04:05.678Z',
        recorded: { name: 'a\nb', modifiedAt: '2012-11-14T20:16:18.500Z', writer: null },
      },
    ]);
  });

  const rsyncRow = (id: string, compression: string) =>
    `{"id":1,"path":"/srv/${compression}.txt","file_size":12,"mtime":1352924178.5,"archive_id":"${id}","location":"/012345678901/vaults/photos/archives/x","checksum":"${hashA}","compression":"${compression}","timestamp":"Wed, 14 Nov 2012 20:16:18 GMT"}`;

  test('the rows of glacier-rsync: the size of a compressed file is not that of its archive', async () => {
    const place = makePlace(1);
    const text = `[${rsyncRow(idA, 'plain')},\n${rsyncRow(idB, 'zstd')}]\n`;
    const { code, stderr } = await imports(place, text);
    expect(code).toBe(1);
    expect(stderr).toContain('record:2: refused: it has no size: fetch the inventory of the vault first');
    expect(await receiptsOf(place)).toMatchObject([
      {
        archiveId: idA,
        sizeBytes: 12,
        recorded: { name: '/srv/plain.txt', modifiedAt: '2012-11-14T20:16:18.500Z' },
      },
    ]);
  });

  test('the rows of glacier-cli and Synology get size and tree hash from the kept inventory', async () => {
    const place = makePlace(1000);
    const archiveId = (await place.run(['upload', place.file])).stdout.trim();
    const stateDir = join(place.folder, 'other');
    const local = ['--state-dir', stateDir];
    const record = join(place.folder, 'record');
    const cli = `[{"id":"${archiveId}","name":"my file.txt","vault":"demo","key":"AKIDEXAMPLE","last_seen_upstream":1371000000,"created_here":1370999999.5,"deleted_here":null}]\n`;
    writeFileSync(record, cli);
    const first = await place.run(['receipts', '--import', record, ...local]);
    expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('no size and no tree hash') });
    expect(existsSync(join(stateDir, 'receipts.jsonl'))).toBe(false);
    expect((await place.run(['inventory', '--wait', ...local])).code).toBe(0);
    const second = await place.run(['receipts', '--import', record, ...local]);
    expect(second).toMatchObject({ code: 0, stdout: `${archiveId}  "my file.txt"\n` });
    const another = ['--state-dir', join(place.folder, 'third')];
    expect((await place.run(['inventory', '--wait', ...another])).code).toBe(0);
    const row = (path: string) =>
      `{"key":"k","shareName":"homes","basePath":"${path}","archiveID":"${archiveId}","lastBkpTime":1371000000,"fileSize":1000,"checksum":"x"}`;
    writeFileSync(record, `[${row('a.txt')},\n${row('copy.txt')}]\n`);
    const synology = await place.run(['receipts', '--import', record, ...another]);
    expect(synology).toMatchObject({
      code: 1,
      stdout: `${archiveId}  "homes/a.txt"\n`,
      stderr: expect.stringContaining('record:2: refused: its archive is that of record 1'),
    });
  });

  test.each([
    [
      'a database of glacier-rsync',
      'SQLite format 3\0 CREATE TABLE sync_history',
      'SELECT \\* FROM sync_history',
    ],
    ['a database of Synology', 'SQLite format 3\0 CREATE TABLE file_info_tb', 'SELECT \\* FROM file_info_tb'],
    ['another database', 'SQLite format 3\0 CREATE TABLE x', 'CSV'],
    ['an inventory', 'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n', '--rebuild'],
    ['a text', 'hello\n', 'not a record of archives'],
    ['nothing', '', 'not a record of archives'],
  ])('%s is refused, and the message says what to do', async (_what, content, message) => {
    const place = makePlace(1);
    const { code, stderr } = await imports(place, content);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(message));
    expect(place.receipts()).toEqual([]);
  });

  test('a file that is missing is exit 3', async () => {
    const place = makePlace(1);
    const words = ['receipts', '--import', 'missing', '--vault', 'photos', '--region', 'eu-west-1'];
    expect(await place.plain(words)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no such file'),
    });
  });

  test('bytes that are no UTF-8 are refused by line', async () => {
    const place = makePlace(1);
    const file = join(place.folder, 'record');
    writeFileSync(file, `B\t1371000100\tCREATED\t${idA}\t5\t0\t${hashA}\ta\n`);
    appendFileSync(file, Buffer.from(`B\t1\tCREATED\t${idB}\t5\t0\t${hashA}\tcaf\xe9\n`, 'latin1'));
    const words = ['receipts', '--import', file, '--vault', 'photos', '--region', 'eu-west-1'];
    expect(await place.plain(words)).toMatchObject({
      code: 1,
      stdout: `${idA}  "a"\n`,
      stderr: expect.stringContaining('record:2: refused: it is not UTF-8'),
    });
  });
});
