/*
 * Following the hints comes to an end. For every state that an upload can be in here (its session's phase), at the service,
 * and in the file system, every command about it is run, then every command that its messages name, and so on. At most five
 * commands lead to exit 0, or to a sentence that says what only a person can decide; and while there is something to archive,
 * one of the ways archives it.
 *
 * GLACIER_UP_TEST_SWEEP=all walks every state; the ordinary run takes a part that has every phase and every end of an upload.
 */
import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { afterAll, describe, expect, test } from 'vitest';
import { treeHash } from '../server/helpers/vault.js';
import { countCases, isWhole } from './helpers/sweep.js';
import {
  followHints,
  makeWorld,
  otherBytes,
  partSizeBytes,
  type Step,
  sizeBytes,
  storyOf,
  streamName,
  type World,
} from './helpers/walk.js';

const vault = ['--vault', 'demo'];
const sending = [...vault, '--part-size', '1M', '--concurrency', '1', '--retry-for', '0'];
const uploadStream = ['upload', '-', '--name', streamName];
const firstPart = (content: Buffer): Buffer => content.subarray(0, partSizeBytes);
const lastPart = (content: Buffer): Buffer => content.subarray(partSizeBytes);

interface Phase {
  /** Leaves a session behind. */
  begin(world: World): Promise<unknown>;
  ends: readonly string[];
  files: readonly string[];
}

/** A run that meets faults, and the service without them afterwards. */
async function failing(world: World, words: readonly string[], ...faults: string[]): Promise<void> {
  await world.faults(...faults);
  const { code, stderr } = await world.run(words);
  expect(code, stderr).toBe(5);
  await world.faults();
}

async function interrupted(world: World, words: readonly string[], parts: number): Promise<void> {
  const signals = new EventEmitter();
  let stored = 0;
  const onStderr = (text: string): void => {
    const before = stored;
    stored += text.match(/part \S+ stored/g)?.length ?? 0;
    if (before < parts && stored >= parts) signals.emit('SIGINT');
  };
  expect(await world.run([...words, '--verbose'], { signals, onStderr })).toMatchObject({ signal: 'SIGINT' });
}

/** Another tool begins an upload and sends parts. */
async function begunElsewhere({ other, content }: World, parts: 1 | 2): Promise<string> {
  const uploadId = await other.begin();
  await other.sendPart(uploadId, 0, firstPart(content));
  if (parts === 2) await other.sendPart(uploadId, partSizeBytes, lastPart(content));
  return uploadId;
}

const ends: Record<string, (world: World, uploadId: string) => unknown> = {
  'is open': () => {},
  'has expired': (world) => world.passADay(),
  'was aborted': ({ other }, uploadId) => other.abort(uploadId),
  'was completed by another tool': async ({ other, content }, uploadId) => {
    await other.sendPart(uploadId, 0, firstPart(content));
    await other.sendPart(uploadId, partSizeBytes, lastPart(content));
    await other.complete(uploadId, content);
  },
  'was completed by another tool, and is forgotten': async (world, uploadId) => {
    await ends['was completed by another tool']?.(world, uploadId);
    world.passADay();
  },
  'was completed by another tool with other content': async ({ other, content }, uploadId) => {
    const theirs = Buffer.concat([otherBytes(partSizeBytes), lastPart(content)]);
    await other.sendPart(uploadId, 0, firstPart(theirs));
    await other.sendPart(uploadId, partSizeBytes, lastPart(theirs));
    await other.complete(uploadId, theirs);
  },
  'has a part that differs': ({ other }, uploadId) => other.sendPart(uploadId, 0, otherBytes(partSizeBytes)),
  'has a part too many': ({ other }, uploadId) =>
    other.sendPart(uploadId, 4 * partSizeBytes, otherBytes(partSizeBytes)),
};

const files: Record<string, (world: World) => void> = {
  'is the same': () => {},
  'has changed': (world) => world.change(),
  'is gone': (world) => world.deleteFile(),
};

const everyEnd = Object.keys(ends);
const everyFile = Object.keys(files);
const everyStream = ['is the same', 'has changed'];

const phases: Record<string, Phase> = {
  'was asked for, and its ID not noted': {
    begin: (world) => failing(world, ['upload', world.file, ...sending], 'initiate:lose-reply'),
    ends: ['is open'],
    files: everyFile,
  },
  'has one of two parts': {
    begin: (world) => failing(world, ['upload', world.file, ...sending], 'upload-part#2:status=503'),
    ends: everyEnd,
    files: everyFile,
  },
  'has every part': {
    begin: (world) => interrupted(world, ['upload', world.file, ...sending], 2),
    ends: everyEnd,
    files: everyFile,
  },
  'was begun elsewhere': {
    begin: async (world) => {
      const uploadId = await begunElsewhere(world, 1);
      const words = ['resume', `--upload-id=${uploadId}`, world.file, ...vault, '--retry-for', '0'];
      await failing(world, words, 'upload-part:status=503');
    },
    ends: everyEnd,
    files: everyFile,
  },
  'was sent a Complete that did not arrive': {
    begin: (world) => failing(world, ['upload', world.file, ...sending], 'complete:status=503'),
    ends: everyEnd,
    files: everyFile,
  },
  'was begun elsewhere, and sent a Complete that did not arrive': {
    begin: async (world) => {
      const uploadId = await begunElsewhere(world, 1);
      const words = ['resume', `--upload-id=${uploadId}`, world.file, ...vault, '--retry-for', '0'];
      await failing(world, words, 'complete:status=503');
    },
    ends: everyEnd,
    files: everyFile,
  },
  'was completed, and the reply was lost': {
    begin: (world) => failing(world, ['upload', world.file, ...sending], 'complete:lose-reply'),
    ends: ['is open', 'has expired'],
    files: everyFile,
  },
  'comes from a pipe and has one of two parts': {
    begin: (world) => failing(world, [...uploadStream, ...sending], 'upload-part#2:status=503'),
    ends: everyEnd,
    files: everyStream,
  },
  'comes from a pipe that has ended': {
    begin: async (world) => expect(await world.run([...uploadStream, ...sending])).toMatchObject({ code: 1 }),
    ends: everyEnd,
    files: everyStream,
  },
  'comes from a pipe, and was sent a Complete that did not arrive': {
    begin: (world) => failing(world, [...uploadStream, '--eof-completes', ...sending], 'complete:status=503'),
    ends: everyEnd,
    files: everyStream,
  },
  'was completed by its hash, and the Complete did not arrive': {
    begin: async (world) => {
      const uploadId = await begunElsewhere(world, 2);
      const hash = ['--tree-hash', treeHash(world.content), '--size', String(sizeBytes)];
      const words = ['complete', `--upload-id=${uploadId}`, ...hash, ...vault, '--retry-for', '0'];
      await failing(world, words, 'complete:status=503');
    },
    ends: everyEnd,
    files: ['is the same'],
  },
};

/** What a way may end with beside exit 0. */
const forAPerson = [
  /put the old file back/,
  /put it back/,
  /check the file and the upload ID/,
  /check the hash, the size and the upload ID/,
  /no such file/,
];

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The commands that begin a way, of a session. */
function commandsAbout(world: World): { words: string[]; isToArchive: boolean }[] {
  const [session] = world.sessions();
  if (!session) throw new Error('there is no session');
  const { id, path, streamName: name } = session;
  const upload =
    name !== undefined
      ? [...uploadStream, ...vault]
      : path !== null
        ? ['upload', world.file, ...vault]
        : null;
  return [
    ...(upload ? [{ words: upload, isToArchive: true }] : []),
    { words: ['resume', id], isToArchive: true },
    { words: ['complete', id], isToArchive: true },
    { words: ['list-parts', id], isToArchive: false },
    { words: ['reconcile', id], isToArchive: false },
    { words: ['abort', id, '--yes'], isToArchive: false },
  ];
}

describe('the hints lead to an end when an upload', () => {
  const counted = countCases('hints');
  afterAll(counted.print);

  describe.each(Object.entries(phases).map(([name, phase], turn) => [name, phase, turn] as const))(
    '%s',
    (_, phase, turn) => {
      const all = phase.ends.flatMap((end) => phase.files.map((file) => [end, file] as const));
      // Every seventh, each phase from another one on; a phase without a file here has few, and all of them are walked.
      const isTaken = (index: number): boolean => phase.files.length === 1 || (index + turn * 3) % 7 === 0;
      const states = all.filter((_state, index) => isWhole || isTaken(index));

      test.each(states)(
        'and %s, and what it is of %s',
        async (end, file) => {
          const world = await makeWorld();
          const { content } = world;
          await phase.begin(world);
          await ends[end]?.(world, String(world.sessions()[0]?.uploadId));
          files[file]?.(world);
          const back = world.snapshot();
          const contents = [content, world.content].map(sha256);
          for (const { words, isToArchive } of commandsAbout(world)) {
            const ways: Step[][] = [];
            let isArchived = false;
            await followHints(world, words, (way) => {
              ways.push([...way]);
              const { code, stderr } = way.at(-1) as Step;
              const isEnd = code === 0 || forAPerson.some((sentence) => sentence.test(stderr));
              if (!isEnd) throw new Error(`this says nothing to do:\n${storyOf(way)}`);
              // What was completed before the file changed is settled by that: the next run is about the file as it is now.
              isArchived ||= code === 0 && world.archives().some((sha) => contents.includes(sha));
            });
            counted.add(true);
            const stories = ways.map(storyOf).join('\n--- or\n');
            if (isToArchive && file !== 'is gone') expect(isArchived, stories).toBe(true);
            await back();
          }
        },
        120_000,
      );
    },
  );
});
