/**
 * A Complete that only asks: whether somebody completed an upload that is not open any more. Such a question makes no
 * archive, so nothing that happens to it may end in "the outcome is unknown".
 */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { CliResult } from '../helpers/cli.js';
import { type ServedPlace, servedPlace } from './helpers/served-place.js';
import { isWhole } from './helpers/sweep.js';

const sending = ['--part-size', '1M', '--concurrency', '1'];

/** A run that is stopped when so many of three parts are stored. */
async function stopped(place: ServedPlace, parts: number): Promise<void> {
  const signals = new EventEmitter();
  let stored = 0;
  const onStderr = (text: string): void => {
    const before = stored;
    stored += text.match(/part \S+ stored/g)?.length ?? 0;
    if (before < parts && stored >= parts) signals.emit('SIGINT');
  };
  const words = ['upload', place.file, ...sending, '--verbose'];
  expect(await place.run(words, { signals, onStderr })).toMatchObject({ signal: 'SIGINT' });
}

/** What the question meets once; the next answer is the service's own. The ordinary run takes the first two. */
const troubles = [
  'status=503',
  'lose-reply',
  'error=ServiceUnavailableException',
  'error=RequestTimeoutException',
  'error=ThrottlingException',
  'cut-reply',
  'html=503',
].slice(0, isWhole ? undefined : 2);

const commands: Record<
  string,
  { run(place: ServedPlace): Promise<CliResult>; code: number; archives: number }
> = {
  'upload FILE': { run: (place) => place.run(['upload', place.file]), code: 0, archives: 1 },
  'upload --start-over': {
    run: (place) => place.run(['upload', place.file, '--start-over']),
    code: 0,
    archives: 1,
  },
  'resume FILE': { run: (place) => place.run(['resume', place.file]), code: 8, archives: 0 },
  'resume SESSION': { run: (place) => place.plain(['resume', place.session()]), code: 8, archives: 0 },
  'complete FILE': { run: (place) => place.run(['complete', place.file]), code: 8, archives: 0 },
  'complete SESSION': { run: (place) => place.plain(['complete', place.session()]), code: 8, archives: 0 },
  'complete by its hash': {
    run: async (place) => {
      const hash = (await place.plain(['treehash', place.file])).stdout.slice(0, 64);
      const uploadId = String(place.sessions()[0]?.uploadId);
      const size = String(readFileSync(place.file).length);
      return place.run(['complete', `--upload-id=${uploadId}`, '--tree-hash', hash, '--size', size]);
    },
    code: 8,
    archives: 0,
  },
  'list-parts SESSION': {
    run: (place) => place.plain(['list-parts', place.session()]),
    code: 8,
    archives: 0,
  },
  'reconcile SESSION': { run: (place) => place.plain(['reconcile', place.session()]), code: 0, archives: 0 },
  abort: { run: (place) => place.plain(['abort', place.session(), '--yes']), code: 0, archives: 0 },
};

describe.each(isWhole ? [1, 3] : [3])(
  'an upload with %d of 3 parts expired between two runs, and was not completed',
  (parts) => {
    describe.each(Object.entries(commands))('%s', (_, { run, code, archives }) => {
      test.each(troubles)(
        'whose question meets %s once, does not say that the outcome is unknown',
        async (trouble) => {
          const place = await servedPlace();
          await stopped(place, parts);
          place.passADay();
          await place.faults(`complete#1:${trouble}`);
          const result = await run(place);
          expect(result.code, result.stderr).toBe(code);
          expect(place.archives()).toHaveLength(archives);
          expect(place.sessions().filter(({ phase }) => phase === 'completing')).toEqual([]);
          const end = await place.run(['upload', place.file]);
          expect(end.code, end.stderr).toBe(0);
          expect(place.archives()).toMatchObject([{ archiveId: end.stdout.trim() }]);
        },
      );
    });
  },
);

test('a question that nobody answers is exit 5, and leaves the session as it was', async () => {
  const place = await servedPlace();
  await stopped(place, 3);
  place.passADay();
  await place.faults('complete:status=503');
  for (const words of [
    ['upload', place.file],
    ['complete', place.file],
    ['abort', place.file, '--yes'],
  ]) {
    expect(await place.run([...words, '--retry-for', '0'])).toMatchObject({ code: 5 });
    expect(place.sessions()).toMatchObject([{ phase: 'uploading' }]);
  }
});

test('a question that is answered with "completed" and no archive ID leaves the outcome unknown', async () => {
  const place = await servedPlace();
  await stopped(place, 3);
  expect(await place.other.complete()).toMatchObject({ status: 201 });
  await place.faults('complete:no-archive-id');
  expect(await place.run(['upload', place.file])).toMatchObject({ code: 6 });
  await place.faults();
  expect(await place.run(['upload', place.file])).toMatchObject({ code: 0 });
  expect(place.archives()).toHaveLength(1);
});

describe('of a plain pipe that ended, whose upload expired before anybody completed it,', () => {
  async function endedAndExpired(): Promise<ServedPlace> {
    const place = await servedPlace();
    expect(await piped(place)).toMatchObject({ code: 1 });
    place.passADay();
    return place;
  }

  const piped = (place: ServedPlace, ...words: string[]): Promise<CliResult> =>
    place.run(['upload', '-', '--name', 'photos.tar', ...sending, ...words], {
      stdin: readFileSync(place.file),
    });

  test.each(['delay=1ms', ...troubles])(
    'complete says that it is gone though its question meets %s, and reconcile agrees',
    async (trouble) => {
      const place = await endedAndExpired();
      await place.faults(`complete#1:${trouble}`);
      const completed = await place.run(['complete', 'photos.tar']);
      expect(completed.code, completed.stderr).toBe(8);
      expect(completed.stderr).toContain('is gone, and was not completed');
      expect(completed.stderr).toMatch(
        /hint: .*run its producer again into "glacier-up upload - --name photos\.tar/,
      );
      const reconciled = await place.plain(['reconcile', place.session()]);
      expect(reconciled).toMatchObject({ code: 0, stdout: '' });
      expect(reconciled.stderr).toContain('glacier-up has not completed it');
      expect(await piped(place, '--eof-completes')).toMatchObject({ code: 0 });
      expect(place.archives()).toHaveLength(1);
      expect(place.sessions()).toEqual([]);
    },
  );

  test('complete finds the archive that another machine made of it', async () => {
    const place = await servedPlace();
    expect(await piped(place)).toMatchObject({ code: 1 });
    expect(await place.other.complete()).toMatchObject({ status: 201 });
    const { code, stdout, stderr } = await place.run(['complete', 'photos.tar']);
    expect(code, stderr).toBe(0);
    expect(place.archives()).toMatchObject([{ archiveId: stdout.trim() }]);
  });
});
