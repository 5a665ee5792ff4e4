/** For all that an earlier run can leave behind: `upload --dry-run` says what the same command without it then sends. */
import { EventEmitter } from 'node:events';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB, seededBytes } from '../helpers/bytes.js';
import type { CliOptions, CliResult } from '../helpers/cli.js';
import { startRecorder } from '../helpers/network.js';
import { jsonLines } from '../helpers/place.js';
import { servedPlace } from './helpers/served-place.js';

async function scene() {
  const place = await servedPlace();
  const recorder = await startRecorder(place.url);
  const run = (words: readonly string[], options?: Partial<CliOptions>): Promise<CliResult> =>
    place.plain([...words, '--vault', 'v', '--endpoint-url', recorder.url], options);
  const upload = (...words: string[]): Promise<CliResult> => run(['upload', place.file, ...words]);
  const firstUpload = (...words: string[]): Promise<CliResult> => upload('--part-size', '1M', ...words);
  /** Is stopped once so many of its three parts are stored. */
  const interrupted = async (parts: number): Promise<void> => {
    const signals = new EventEmitter();
    let stored = 0;
    const onStderr = (text: string): void => {
      const before = stored;
      stored += text.match(/part \S+ stored/g)?.length ?? 0;
      if (before < parts && stored >= parts) signals.emit('SIGINT');
    };
    const words = ['upload', place.file, '--part-size', '1M', '--verbose', '--concurrency', '1'];
    expect(await run(words, { signals, onStderr })).toMatchObject({ signal: 'SIGINT' });
  };
  /** Meets the fault, and nothing is tried twice. */
  const failed = async (rule: string): Promise<void> => {
    await place.faults(rule);
    expect((await firstUpload('--retry-for', '0')).code).not.toBe(0);
    await place.faults();
  };
  const stateFolder = join(place.folder, 'home/.local/state/glacier-up/sessions');
  const sessionFile = (): string => {
    const name = readdirSync(stateFolder).find((one) => one.endsWith('.json'));
    return join(stateFolder, String(name));
  };
  const archiveCopy = async (): Promise<void> => {
    const copy = join(place.folder, 'source/copy.tar');
    copyFileSync(place.file, copy);
    expect((await run(['upload', copy])).code).toBe(0);
  };
  return { ...place, recorder, upload, firstUpload, interrupted, failed, sessionFile, archiveCopy };
}

type Scene = Awaited<ReturnType<typeof scene>>;

const initiate = /^POST \S+\/multipart-uploads$/;
const part = /^PUT \S+\/multipart-uploads\/[^/]+$/;
const complete = /^POST \S+\/multipart-uploads\/[^/]+$/;
const question = /^GET /;

const nothingBefore = async (): Promise<void> => {};

/** What was before, the options of the command, and its action. */
const states: [string, (scene: Scene) => Promise<unknown>, string[], string][] = [
  ['nothing', nothingBefore, [], 'begin'],
  ['an archive of the file', ({ upload }) => upload(), [], 'nothing'],
  ['an archive of the file', ({ upload }) => upload(), ['--again'], 'begin'],
  ['an archive of a copy of the file', ({ archiveCopy }) => archiveCopy(), [], 'nothing'],
  [
    'an archive of the file before it changed',
    async ({ upload, replaceFile }) => {
      await upload();
      replaceFile();
    },
    [],
    'begin',
  ],
  ['an upload with one part', ({ interrupted }) => interrupted(1), [], 'resume'],
  ['an upload with every part', ({ interrupted }) => interrupted(3), [], 'resume'],
  ['an upload with one part', ({ interrupted }) => interrupted(1), ['--start-over'], 'start-over'],
  [
    'an upload of which the service has another part than was sent',
    async ({ interrupted, other }) => {
      await interrupted(3);
      await other.sendPart(1, seededBytes(MiB, 7));
    },
    [],
    'resume',
  ],
  [
    'an upload that the service has dropped',
    async ({ interrupted, passADay, faults }) => {
      await interrupted(1);
      passADay();
      await faults();
    },
    [],
    'begin',
  ],
  [
    'an upload of the file before it changed',
    async ({ interrupted, replaceFile }) => {
      await interrupted(1);
      replaceFile();
    },
    ['--on-change', 'start-over'],
    'start-over',
  ],
  [
    'an upload that is an archive with a receipt, and whose session is still there',
    async ({ interrupted, sessionFile, upload }) => {
      await interrupted(1);
      const file = sessionFile();
      const session = readFileSync(file);
      await upload();
      writeFileSync(file, session, { mode: 0o600 });
    },
    [],
    'nothing',
  ],
  [
    'an upload whose Complete was not answered',
    ({ failed }) => failed('complete:lose-reply'),
    [],
    'complete-again',
  ],
  [
    'an upload whose Complete failed',
    ({ failed }) => failed('complete:error=ServiceUnavailableException'),
    ['--start-over'],
    'complete-again',
  ],
  [
    'an upload that was asked for, and whose ID did not come',
    ({ failed }) => failed('initiate:lose-reply'),
    [],
    'begin',
  ],
  [
    'an upload that was asked for, and an archive of a copy of the file',
    async ({ failed, archiveCopy }) => {
      await failed('initiate:lose-reply');
      await archiveCopy();
    },
    [],
    'nothing',
  ],
];

describe('--dry-run says what the same command sends, after', () => {
  test.each(states)('%s (%#)', async (_, before, words, action) => {
    const here = await scene();
    await before(here);
    const { recorder, upload } = here;
    const state = JSON.stringify([here.sessions(), here.receipts()]);
    recorder.take();
    const dry = await upload(...words, '--dry-run', '--json');
    expect(dry, dry.stderr).toMatchObject({ code: 0 });
    expect(recorder.take().filter((request) => !question.test(request))).toEqual([]);
    expect(JSON.stringify([here.sessions(), here.receipts()])).toBe(state);
    const plan = jsonLines(dry).find(({ type }) => type === 'plan');
    expect(plan).toMatchObject({ action });

    const real = await upload(...words);
    expect(real, real.stderr).toMatchObject({ code: 0 });
    const sent = recorder.take();
    const count = (kind: RegExp): number => sent.filter((request) => kind.test(request)).length;
    expect(plan).toMatchObject({
      parts: { toSend: count(part) },
      requests: count(initiate) + count(part) + count(complete),
      archiveId: action === 'nothing' ? real.stdout.trim() : null,
    });
  });
});

describe('--dry-run is refused as the same command is, after', () => {
  test.each([
    [
      'an upload of the file before it changed',
      async ({ interrupted, replaceFile }: Scene) => {
        await interrupted(1);
        replaceFile();
      },
      [],
      3,
    ],
    [
      'an upload with another part size',
      ({ interrupted }: Scene) => interrupted(1),
      ['--part-size', '2M'],
      2,
    ],
  ])('%s', async (_, before, words, code) => {
    const here = await scene();
    await before(here);
    const dry = await here.upload(...words, '--dry-run');
    const real = await here.upload(...words);
    expect(dry).toEqual(real);
    expect(real.code, real.stderr).toBe(code);
  });
});

test('--dry-run of files of which only Complete is to be sent counts them apart', async () => {
  const here = await scene();
  await here.failed('complete:lose-reply');
  const other = join(here.folder, 'source/other.tar');
  writeFileSync(other, 'other');
  const dry = await here.upload(other, '--dry-run', '--json');
  expect(jsonLines(dry).at(-1)).toMatchObject({
    type: 'summary',
    toSend: 1,
    toComplete: 1,
    archivedAlready: 0,
  });
});
