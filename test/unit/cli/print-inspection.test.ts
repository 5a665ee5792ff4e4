/** What `list-parts` prints of an upload, and what it says to do next. */
import { describe, expect, test } from 'vitest';
import type { ListPartsRun } from '../../../src/cli/commands/list-parts/options.js';
import { printJson, printText } from '../../../src/cli/commands/list-parts/print-inspection.js';
import type { Target } from '../../../src/cli/operands/targets.js';
import type { UploadSession } from '../../../src/session/session.js';
import { type ComparedPart, countParts, firstGap, type PartState } from '../../../src/transfer/compare.js';
import type { Inspection } from '../../../src/transfer/inspect.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const now = '2026-03-01T12:00:00.000Z';
const destination = { profile: null, accountOption: '-', region: 'eu-west-1', endpoint: null, vault: 'demo' };
const id = '0123456789abcdef0123';
const completion = { treeHash: 'a'.repeat(64), sizeBytes: 40 } as UploadSession['completion'];

const session = (fields: Partial<UploadSession> = {}): UploadSession =>
  ({
    id,
    phase: 'uploading',
    destination,
    localFolder: null,
    path: '/photos.tar',
    uploadId: 'upload',
    completion: null,
    ...fields,
  }) as UploadSession;

const part = (index: number, state: PartState, hashes: Partial<ComparedPart> = {}): ComparedPart => ({
  index,
  range: { start: index * 10, end: index * 10 + 10 },
  state,
  treeHash: null,
  serverTreeHash: null,
  ...hashes,
});

function inspection(states: PartState[], fields: Partial<Inspection> = {}): Inspection {
  const parts = states.map((state, index) => part(index, state));
  return {
    uploadId: 'upload',
    description: 'photos.tar',
    partSizeBytes: 10,
    sizeBytes: 40,
    parts,
    counts: countParts(parts),
    firstGap: firstGap(parts),
    createdAt: '2026-03-01T10:00:00.000Z',
    lastActivityAt: null,
    mayExpireAt: null,
    fileChanged: null,
    lack: null,
    ...fields,
  };
}

interface How {
  columns?: number;
  isTTY?: boolean;
  verbose?: boolean;
  session?: UploadSession | null;
  name?: string;
}

/** The lines of the result, and the notes. */
function printed(
  shown: Inspection,
  {
    columns,
    isTTY = columns !== undefined,
    verbose,
    session: of = session(),
    name = '/photos.tar',
  }: How = {},
) {
  const [lines, notes, jsons] = [[] as string[], [] as string[], [] as object[]];
  const stdout = { write: () => {}, isTTY, columns };
  const command = {
    reporter: {
      line: (text: string) => lines.push(text),
      note: (text: string) => notes.push(text),
      json: (object: object) => jsons.push(object),
    },
    context: { stdout, clock: fakeClock(Date.parse(now)) },
    options: { verbose },
    givenOptions: new Set<string>(),
  } as unknown as ListPartsRun;
  const target = {
    session: of,
    selector: { vault: 'demo' },
    name,
    file: of?.path ?? null,
  } as unknown as Target;
  printText(command, shown, target);
  printJson(command, shown);
  return { lines, notes, jsons, next: notes.at(-1) };
}

describe('the parts', () => {
  test('are lines with the hash of the service, or else of the file', () => {
    const parts = [
      part(0, 'matching', { treeHash: 'ab', serverTreeHash: 'ab' }),
      part(1, 'different', { treeHash: 'cd', serverTreeHash: 'ef' }),
      part(2, 'missing', { treeHash: 'gh' }),
      part(3, 'missing'),
    ];
    const { lines } = printed(
      inspection([], { parts, counts: countParts(parts), firstGap: { start: 20, end: 40 } }),
    );
    expect(lines).toEqual([
      '0-9  matching  ab',
      '10-19  different  ef',
      '20-29  missing  gh',
      '30-39  missing  -',
      '/photos.tar: 4 parts of 10 bytes; 1 matching, 2 missing, 1 different; first gap 20-39',
    ]);
  });

  test('are runs of one state for a person, with a map', () => {
    const shown = inspection(['matching', 'matching', 'missing', 'matching', 'matching', 'matching']);
    expect(printed(shown, { columns: 80 }).lines).toEqual([
      '0-19  matching  2 parts',
      '20-29  missing  1 part',
      '30-59  matching  3 parts',
      '[##.###]',
      '# matching  . missing',
      expect.stringContaining('first gap 20-29'),
    ]);
    expect(printed(shown, { columns: 80, verbose: true }).lines.slice(0, 7)).toEqual([
      '0-9  matching  -',
      '10-19  matching  -',
      '20-29  missing  -',
      '30-39  matching  -',
      '40-49  matching  -',
      '50-59  matching  -',
      '[##.###]',
    ]);
    expect(printed(shown, { verbose: true }).lines).toHaveLength(7);
  });

  test('are a map as wide as the terminal, or as 80 columns', () => {
    const shown = inspection(Array<PartState>(100).fill('matching'));
    const rows = (how: How) => printed(shown, how).lines.filter((line) => line.startsWith('['));
    expect(rows({ columns: 42 })).toEqual([
      `[${'#'.repeat(40)}]`,
      `[${'#'.repeat(40)}]`,
      `[${'#'.repeat(20)}]`,
    ]);
    expect(rows({ isTTY: true })).toEqual([`[${'#'.repeat(78)}]`, `[${'#'.repeat(22)}]`]);
  });

  test('that do not follow each other are no run', () => {
    const parts = [part(0, 'unknown'), part(2, 'unknown')];
    const { lines } = printed(inspection([], { parts, counts: countParts(parts) }), { columns: 80 });
    expect(lines.slice(0, 2)).toEqual(['0-9  unknown  1 part', '20-29  unknown  1 part']);
  });

  test('are as many as the size tells, and else as many as are there', () => {
    const sum = (fields: Partial<Inspection>) =>
      printed(inspection(['matching', 'missing'], { firstGap: null, ...fields })).lines.at(-1);
    expect(sum({ sizeBytes: 31 })).toBe('/photos.tar: 4 parts of 10 bytes; 1 matching, 1 missing');
    expect(sum({ sizeBytes: null })).toBe('/photos.tar: 2 parts of 10 bytes; 1 matching, 1 missing');
    expect(printed(inspection([], { sizeBytes: null })).lines).toEqual(['/photos.tar: 0 parts of 10 bytes']);
  });

  test('are objects with --json, then all of them', () => {
    const lastActivityAt = '2026-03-01T11:00:00.000Z';
    const { jsons } = printed(inspection(['matching', 'missing'], { lastActivityAt, fileChanged: 'grew' }));
    expect(jsons).toEqual([
      { type: 'part', range: '0-9', state: 'matching', treeHash: null, serverTreeHash: null },
      { type: 'part', range: '10-19', state: 'missing', treeHash: null, serverTreeHash: null },
      expect.objectContaining({
        type: 'parts',
        uploadId: 'upload',
        matching: 1,
        missing: 1,
        firstGap: '10-19',
        lastActivityAt,
        fileChanged: 'grew',
      }),
    ]);
    expect(printed(inspection(['matching'])).jsons.at(-1)).toMatchObject({
      firstGap: null,
      fileChanged: null,
    });
  });
});

describe('the life of the upload', () => {
  const idle = (hours: number) => {
    const last = Date.parse(now) - hours * 3_600_000;
    return {
      lastActivityAt: new Date(last).toISOString(),
      mayExpireAt: new Date(last + 24 * 3_600_000).toISOString(),
    };
  };

  test.each([
    [1, 'last confirmed 1h ago; may be dropped after 23h more without a part'],
    [24, 'last confirmed 1d ago: the service may drop it at any time'],
    [30, 'last confirmed 1d 6h ago: the service may drop it at any time'],
  ])('after %d idle hours', (hours, text) => {
    expect(printed(inspection(['matching'], idle(hours))).notes).toEqual([text, expect.any(String)]);
  });

  test('is not said where this machine has no session of the upload', () => {
    expect(printed(inspection(['matching'])).notes).toHaveLength(1);
    expect(printed(inspection(['matching'], { fileChanged: 'grew' })).notes[0]).toBe(
      'the file has changed since the upload began (grew)',
    );
  });
});

describe('what to do next', () => {
  const stream = (fields: Partial<UploadSession> = {}) =>
    session({ path: null, streamName: 'a pipe', ...fields });
  const all: PartState[] = ['matching', 'matching', 'matching', 'matching'];

  test.each<[string, PartState[], Partial<Inspection>, UploadSession | null, string]>([
    ['parts are missing', ['matching', 'missing'], {}, session(), `next: glacier-up resume ${id}`],
    ['parts are different', ['matching', 'different'], {}, session(), `next: glacier-up resume ${id}`],
    [
      'one is missing and one different',
      ['missing', 'different'],
      {},
      session(),
      `next: glacier-up resume ${id}`,
    ],
    ['none is', all, {}, session(), `every part is there; next: glacier-up complete ${id}`],
    [
      'none is, and the upload has no session here',
      all,
      {},
      null,
      'every part is there; next: glacier-up complete --vault demo --upload-id=upload /photos.tar',
    ],
    [
      'parts are missing, and the upload has no session here',
      ['missing'],
      {},
      null,
      'next: glacier-up resume --vault demo --upload-id=upload /photos.tar',
    ],
    [
      'a stored part has other bytes than the file has now',
      ['different'],
      { fileChanged: 'grew' },
      session(),
      'put the old file back to resume; or, to archive the file as it is now: glacier-up upload /photos.tar --vault demo --start-over',
    ],
    [
      'the file has changed behind what is stored',
      ['matching', 'missing'],
      { fileChanged: 'grew' },
      session(),
      `next: glacier-up resume ${id}`,
    ],
    [
      'a stored part cannot be of this file',
      ['matching', 'unexpected'],
      {},
      session(),
      `some parts cannot belong to this file: check the file and the upload ID: glacier-up upload /photos.tar --vault demo --region eu-west-1 --start-over archives the file as it is now; glacier-up abort ${id} drops the upload`,
    ],
    [
      'a stored part cannot be of this file, and the upload has no session here',
      ['matching', 'unexpected'],
      {},
      null,
      'some parts cannot belong to this file: check the file and the upload ID',
    ],
    [
      'a stored part cannot be of the file as it is now',
      ['matching', 'unexpected', 'missing'],
      { fileChanged: 'shrank' },
      session(),
      `next: glacier-up resume ${id}`,
    ],
    ['there is no file', ['unknown'], { sizeBytes: null }, null, 'name the file to compare its parts'],
    [
      'there is no file here',
      ['unknown'],
      { sizeBytes: null },
      session(),
      'name the file to compare its parts',
    ],
    [
      'there is no file, and the upload was to be completed by its hash',
      ['unknown'],
      { sizeBytes: null },
      session({ path: null, completion }),
      `next: glacier-up complete ${id} finishes it`,
    ],
    [
      'it is of a pipe that has not come to its end',
      ['unknown'],
      { sizeBytes: null },
      stream(),
      "next: run the producer again into glacier-up upload - --name 'a pipe' --vault demo",
    ],
    [
      'it is of a pipe that has',
      ['unknown'],
      { sizeBytes: null },
      stream({ completion }),
      `the stream had come to its end, every part is there; next: glacier-up complete ${id}`,
    ],
    [
      'what is stored is not the archive of the hash',
      ['unknown'],
      { sizeBytes: null, lack: 'a part is missing' },
      session({ path: null, completion }),
      `a part is missing; check the hash, the size and the upload ID; glacier-up upload FILE --vault demo --region eu-west-1 archives the file, on a machine that has it; glacier-up abort ${id} drops the upload`,
    ],
    [
      'what is stored is not the archive that came from the pipe',
      ['unknown'],
      { sizeBytes: null, lack: 'a part is missing' },
      stream({ completion }),
      `a part is missing; run its producer into glacier-up upload - --name 'a pipe' --vault demo --region eu-west-1 --start-over; glacier-up abort ${id} drops the upload`,
    ],
  ])('where %s', (_, states, fields, of, text) => {
    expect(printed(inspection(states, fields), { session: of }).next?.replaceAll('"', '')).toBe(text);
  });
});
