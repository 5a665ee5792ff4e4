/**
 * Everything that can become of a Complete, and everything that can be done next. For each pair: one archive and
 * its receipt, or exit 6 with what to do; never a second upload.
 */
import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { MiB, seededBytes } from '../helpers/bytes.js';
import type { CliResult } from '../helpers/cli.js';
import { type ServedPlace, servedPlace } from './helpers/served-place.js';
import { isWhole } from './helpers/sweep.js';

const upload = (place: ServedPlace, ...words: string[]): Promise<CliResult> =>
  place.run(['upload', place.file, ...words]);

const firstUpload = (place: ServedPlace, ...words: string[]): Promise<CliResult> =>
  upload(place, '--part-size', '1M', ...words);

/** The first run meets the fault at its only Complete. */
const failsWith =
  (code: number, ...rules: string[]) =>
  async (place: ServedPlace): Promise<void> => {
    await place.faults(...rules);
    const result = await firstUpload(place, '--retry-for', '0');
    expect(result, result.stderr).toMatchObject({ code, stdout: '' });
    expect(place.sessions()).toMatchObject([{ phase: 'completing' }]);
    await place.faults();
  };

/** Every part is stored, and the first run is stopped before its Complete. */
async function stopsBeforeComplete(place: ServedPlace): Promise<void> {
  const signals = new EventEmitter();
  let stored = 0;
  let isSent = false;
  const onStderr = (text: string): void => {
    stored += text.match(/part \S+ stored/g)?.length ?? 0;
    if (stored < 3 || isSent) return;
    isSent = true;
    signals.emit('SIGINT');
  };
  const words = ['upload', place.file, '--part-size', '1M', '--verbose', '--concurrency', '1'];
  expect(await place.run(words, { signals, onStderr })).toMatchObject({ signal: 'SIGINT' });
  expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
}

/**
 * What is true at the service. `settled`: Complete gives, or will give, the archive ID. `unknowable`: the service
 * knows the upload no more. `nameless`: it never says which archive. `untrue`: it names another hash. `refused`: a
 * part is not what it was, and Complete is a 400. `foreign`: so is a part that no plan of this file has. `open`: completed by another tool, which the session does not know.
 */
type Truth = 'settled' | 'unknowable' | 'nameless' | 'untrue' | 'refused' | 'foreign' | 'open';

const histories: [string, Truth, number, (place: ServedPlace) => Promise<void>][] = [
  ['the reply was lost', 'settled', 1, failsWith(5, 'complete:lose-reply')],
  ['the reply was cut', 'settled', 1, failsWith(5, 'complete:cut-reply')],
  ['it failed with 500', 'settled', 0, failsWith(5, 'complete:error=ServiceUnavailableException')],
  [
    'it worked, and was answered with 500',
    'settled',
    1,
    failsWith(5, 'complete:late-error=ServiceUnavailableException'),
  ],
  ['it failed with 408', 'settled', 0, failsWith(5, 'complete:error=RequestTimeoutException')],
  [
    'it worked, and was answered with 408',
    'settled',
    1,
    failsWith(5, 'complete:late-error=RequestTimeoutException'),
  ],
  ['it was throttled', 'settled', 0, failsWith(5, 'complete:error=ThrottlingException')],
  ['a portal answered in HTML', 'settled', 0, failsWith(5, 'complete:html=200')],
  ['it worked without naming the archive', 'settled', 1, failsWith(6, 'complete:no-archive-id')],
  ['it worked, and the answer named another hash', 'settled', 1, failsWith(10, 'complete:wrong-tree-hash')],
  [
    'another tool completed the upload meanwhile',
    'settled',
    1,
    async (place) => {
      await failsWith(5, 'complete:error=ServiceUnavailableException')(place);
      expect(await place.other.complete()).toMatchObject({ status: 201 });
    },
  ],
  [
    'another tool completed the upload before this one sent Complete',
    'open',
    1,
    async (place) => {
      await stopsBeforeComplete(place);
      expect(await place.other.complete()).toMatchObject({ status: 201 });
    },
  ],
  [
    'the reply was lost, and the service has forgotten the upload (404)',
    'unknowable',
    1,
    async (place) => {
      await failsWith(5, 'complete:lose-reply')(place);
      place.passADay();
    },
  ],
  [
    'it failed with 500, and the service has dropped the upload (404)',
    'unknowable',
    0,
    async (place) => {
      await failsWith(5, 'complete:error=ServiceUnavailableException')(place);
      place.passADay();
    },
  ],
  [
    'no answer ever names the archive',
    'nameless',
    1,
    async (place) => {
      await failsWith(6, 'complete:no-archive-id')(place);
      await place.faults('complete:no-archive-id');
    },
  ],
  [
    'every answer names another hash',
    'untrue',
    1,
    async (place) => {
      await failsWith(10, 'complete:wrong-tree-hash')(place);
      await place.faults('complete:wrong-tree-hash');
    },
  ],
  [
    'a part is another one at the service (400, wrong hash)',
    'refused',
    0,
    async (place) => {
      await failsWith(5, 'complete:error=ServiceUnavailableException')(place);
      await place.other.sendPart(1, seededBytes(MiB, 7));
    },
  ],
  [
    'the service has lost a part (400, missing range)',
    'refused',
    0,
    async (place) => {
      await failsWith(5, 'complete:error=ServiceUnavailableException')(place);
      await place.faults('complete#1:error=InvalidParameterValueException', 'list-parts#1:omit-part=2');
    },
  ],
  [
    'another tool has sent a part that cannot be one of the file (400)',
    'foreign',
    0,
    async (place) => {
      await failsWith(5, 'complete:error=ServiceUnavailableException')(place);
      await place.other.sendPart(1, seededBytes(MiB / 2, 7));
    },
  ],
];

interface Next {
  /** Exit codes; `settled` ends with the archive and its receipt. */
  code: Record<Truth, number>;
  /** Whether other content than the first is archived, too. */
  archivesReplacement?: true;
  run(place: ServedPlace): Promise<CliResult>;
}

const finishing = { settled: 0, open: 0, unknowable: 6, nameless: 6, untrue: 10, refused: 0, foreign: 8 };
/** `complete` sends no part; without its file no part can be sent; and a changed file is not mixed in. */
const completing = { ...finishing, refused: 1 };
const without = { ...finishing, refused: 3, foreign: 3, open: 3 };
const replaced = { ...finishing, refused: 3, foreign: 3 };

const nexts: Record<string, Next> = {
  'upload FILE': { code: finishing, run: upload },
  'resume FILE': { code: finishing, run: (place) => place.run(['resume', place.file]) },
  'resume SESSION': { code: finishing, run: (place) => place.plain(['resume', place.session()]) },
  'complete FILE': { code: completing, run: (place) => place.run(['complete', place.file]) },
  'complete SESSION': { code: completing, run: (place) => place.plain(['complete', place.session()]) },
  ...Object.fromEntries(
    ['upload', 'resume', 'complete'].map((command): [string, Next] => [
      `${command} FILE, which was deleted meanwhile`,
      {
        code: without,
        run: (place) => {
          place.deleteFile();
          return place.run([command, place.file]);
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    ['upload', 'resume', 'complete'].map((command): [string, Next] => [
      `${command} FILE, which was replaced meanwhile`,
      {
        code: replaced,
        ...(command === 'upload' ? { archivesReplacement: true } : {}),
        run: (place) => {
          place.replaceFile();
          return place.run([command, place.file]);
        },
      },
    ]),
  ),
  abort: {
    code: { ...finishing, foreign: 0 },
    run: (place) => place.run(['abort', place.file, '--yes']),
  },
  'upload --start-over': {
    code: { ...finishing, foreign: 0 },
    run: (place) => upload(place, '--start-over'),
  },
};

/**
 * The first history of each truth is followed by everything, and those that come to the same truth by a third of it each, in
 * turn. GLACIER_UP_TEST_SWEEP=all tries every pair.
 */
function nextsAfter(history: string): [string, Next][] {
  const index = histories.findIndex(([name]) => name === history);
  const truth = histories[index]?.[1];
  const isFirst = histories.findIndex(([, other]) => other === truth) === index;
  const all = Object.entries(nexts);
  return isWhole || isFirst ? all : all.filter((_next, at) => at % 3 === index % 3);
}

describe.each(histories)('%s; then', (happened, truth, archivesBefore, history) => {
  test.each(nextsAfter(happened))('%s', async (name, { code, run, archivesReplacement }) => {
    const place = await servedPlace();
    await history(place);
    expect(place.archives()).toHaveLength(archivesBefore);
    const isDropped = name === 'abort' && (truth === 'refused' || truth === 'foreign');
    const result = await run(place);
    expect(result.code, result.stderr).toBe(code[truth]);
    const expectedArchives = code[truth] === 0 && !isDropped ? (archivesReplacement ? 2 : 1) : archivesBefore;
    expect(
      place.archives().map(({ sha256 }) => sha256),
      result.stderr,
    ).toHaveLength(expectedArchives);
    if (code[truth] === 0) {
      expect(place.sessions()).toEqual([]);
      // Each archive has its receipt and each receipt its archive.
      const received = place.receipts().map(({ archiveId }) => archiveId);
      expect(received.sort()).toEqual(
        place
          .archives()
          .map(({ archiveId }) => archiveId)
          .sort(),
      );
      if (!isDropped && name !== 'abort') {
        expect(result.stdout.trim()).toBe(place.receipts().at(-1)?.archiveId);
      }
    } else {
      expect(place.receipts()).toEqual([]);
      expect(place.sessions()).toHaveLength(1);
      expect(result.stdout).toBe('');
      expect(result.stderr).toMatch(/^hint: /m);
    }
    if (code[truth] === 6) {
      expect(result.stderr).toMatch(
        /hint: run "glacier-up reconcile [0-9a-f]{20}".*inventory.*do not upload/,
      );
    }
    if (truth === 'nameless' || truth === 'untrue') await place.faults();
    if (isDropped || truth === 'unknowable' || truth === 'foreign') return;
    // In every case the promise holds: with the file as it was, the same command ends with exit 0 and one archive of it.
    if (name.includes('deleted') || name.includes('replaced')) place.restoreFile();
    const end = await upload(place);
    expect(end.code, end.stderr).toBe(0);
    expect(place.archives()).toHaveLength(archivesReplacement && code[truth] === 0 ? 2 : 1);
    expect(place.receipts().map(({ archiveId }) => archiveId)).toContain(end.stdout.trim());
  });
});
