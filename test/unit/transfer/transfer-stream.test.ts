/** An archive from a pipe, on a vault in memory: the promise is that of a file, though a pipe is read once. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Producer, pipedProducer } from '../../../src/archive/producer.js';
import { GlacierUpError } from '../../../src/errors.js';
import {
  choosePartSize,
  type StreamRequest,
  transferStream,
} from '../../../src/transfer/stream/transfer-stream.js';
import type { UploadDeps } from '../../../src/transfer/upload-deps.js';
import { rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { MiB, seededBytes } from '../../helpers/bytes.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';
import { storePart } from '../../helpers/store-part.js';

sharedPool();
let place: Awaited<ReturnType<typeof memoryPlace>>;
const bytes = seededBytes(3 * MiB + 5);

beforeEach(async () => {
  place = await memoryPlace();
  mkdirSync(join(place.folder, 'spool'));
});

const producing = (content: Buffer) => () => pipedProducer(Readable.from([content], { objectMode: false }));

/** A producer that gives these bytes, and then dies. */
function dying(content: Buffer): () => Producer {
  return () => ({
    ...producing(content)(),
    assertEnded: async () => {
      throw new GlacierUpError('producer-failed', 'the producer ended with status 1');
    },
  });
}

/** One run of the command, as a process of its own would make it. */
async function run(changes: Partial<StreamRequest> = {}, depChanges: Partial<UploadDeps> = {}) {
  const { deps, events } = await place.next();
  const started: string[] = [];
  const { startProducer = producing(bytes), ...others } = changes;
  const request: StreamRequest = {
    name: 'dump',
    isRepeatable: true,
    endCompletes: true,
    partSizeBytes: MiB,
    spoolFolder: join(place.folder, 'spool'),
    patienceMs: 0,
    startProducer: (pipePath) => {
      started.push(pipePath);
      return startProducer(pipePath);
    },
    ...others,
  };
  const ending = transferStream({ ...deps, ...depChanges }, request);
  const outcome = await ending.then(
    (archived) => ({ ...archived, error: null }),
    (error: unknown) => ({ receipt: null, isNew: false, error }),
  );
  const notes = events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
  return { ...outcome, deps, events, notes, runs: started.length };
}

/** The producer dies behind the second part. */
async function cutOff(changes: Partial<StreamRequest> = {}): Promise<string> {
  const { error } = await run({ startProducer: dying(bytes.subarray(0, 2 * MiB + 7)), ...changes });
  expect(error).toMatchObject({ code: 'producer-failed' });
  const [uploadId = ''] = place.vault.openUploads;
  return uploadId;
}

const hashOf = (content: Buffer) => rawTreeHashOf(content).toString('hex');
/** The tree hashes of the archives: comparing megabytes byte by byte takes minutes. */
const contents = () => [...place.vault.archives.values()].map((archive) => hashOf(archive.bytes));

describe('a stream', () => {
  test('becomes one archive of its bytes, with a receipt, and nothing is left of it', async () => {
    const { receipt, isNew, deps, events } = await run({
      description: 'nightly',
      expectedBytes: bytes.length,
    });
    expect(isNew).toBe(true);
    expect(contents()).toEqual([hashOf(bytes)]);
    expect(receipt).toMatchObject({
      ...{ streamName: 'dump', path: null, identity: null, description: 'nightly', sizeBytes: bytes.length },
      treeHash: hashOf(bytes),
      parts: { total: 4, sent: 4, kept: 0 },
    });
    expect(events.find(({ kind }) => kind === 'receiving')).toMatchObject({
      ...{ file: 'dump', partSizeBytes: MiB, expectedBytes: bytes.length },
      ...{ keptParts: 0, keptBytes: 0, isNew: true },
    });
    expect(deps.sessions.list().sessions).toEqual([]);
    expect(readdirSync(join(place.folder, 'spool'))).toEqual([]);
  });

  test('that is archived already is sent, and dropped at its end, unless it is to be archived again', async () => {
    const first = await run();
    const second = await run();
    expect(second).toMatchObject({ isNew: false, receipt: { archiveId: first.receipt?.archiveId } });
    expect(contents()).toHaveLength(1);
    expect(place.vault.openUploads).toEqual([]);
    expect(second.deps.sessions.list().sessions).toEqual([]);
    await run({ again: true });
    expect(contents()).toEqual([hashOf(bytes), hashOf(bytes)]);
  });

  test('of another name with this content is that archive, and is found by its own name from then on', async () => {
    const first = await run();
    const second = await run({ name: 'copy' });
    expect(second).toMatchObject({ isNew: false, receipt: { archiveId: first.receipt?.archiveId } });
    const bound = [...second.deps.receipts.bySubject('stdin:copy')];
    expect(bound.map(({ archive }) => archive.archiveId)).toEqual([first.receipt?.archiveId]);
    await run({ name: 'copy' });
    expect([...second.deps.receipts.bySubject('stdin:copy')]).toHaveLength(1);
  });

  test('without a byte begins no upload', async () => {
    const { error } = await run({ startProducer: producing(Buffer.alloc(0)) });
    expect(error).toMatchObject({ code: 'archive-unusable', message: expect.stringContaining('empty') });
    expect(place.vault.requests).toEqual([]);
  });

  test('whose end nobody vouches for is stored whole, and completed by nobody', async () => {
    const { error, deps } = await run({ endCompletes: false });
    expect(error).toMatchObject({
      code: 'end-unconfirmed',
      message: expect.stringContaining(`${bytes.length}`),
    });
    expect(contents()).toEqual([]);
    const [session] = deps.sessions.list().sessions;
    expect(session).toMatchObject({
      streamName: 'dump',
      completion: { sizeBytes: bytes.length, treeHash: hashOf(bytes) },
    });
    expect((await run()).isNew).toBe(true);
    expect(contents()).toEqual([hashOf(bytes)]);
  });

  test('of a producer that dies is no archive, and its last part is not sent', async () => {
    const uploadId = await cutOff();
    const { deps } = await place.next();
    const { parts } = await deps.vault.listParts(uploadId, deps.signal);
    expect(parts.map(({ range }) => range.end)).toEqual([MiB, 2 * MiB]);
    expect(contents()).toEqual([]);
    expect(readdirSync(join(place.folder, 'spool'))).toEqual([]);
  });
});

describe('a stream that was interrupted', () => {
  test('is compared with what is stored, and only the rest is sent', async () => {
    const uploadId = await cutOff();
    const before = place.vault.requests.length;
    const { receipt, events } = await run();
    const requests = place.vault.requests.slice(before);
    expect(requests).not.toContain('initiateUpload');
    expect(requests.filter((operation) => operation === 'uploadPart')).toHaveLength(2);
    expect(receipt).toMatchObject({ uploadId, parts: { total: 4, sent: 2, kept: 2 } });
    expect(events.find(({ kind }) => kind === 'receiving')).toMatchObject({
      ...{ uploadId, keptParts: 2, keptBytes: 2 * MiB, expectedBytes: null, isNew: false },
    });
    expect(contents()).toEqual([hashOf(bytes)]);
  });

  test('is begun once more when the service has forgotten it', async () => {
    const uploadId = await cutOff();
    place.vault.forget(uploadId);
    const { notes, receipt } = await run();
    expect(notes).toContainEqual(expect.stringContaining('starting a new upload'));
    expect(receipt?.parts).toEqual({ total: 4, sent: 4, kept: 0 });
    expect(contents()).toEqual([hashOf(bytes)]);
  });

  test('has a part sent again that the vault has with other bytes than it confirmed', async () => {
    const uploadId = await cutOff();
    await storePart(place.vault, uploadId, MiB, seededBytes(MiB, 2));
    const { notes, receipt } = await run();
    expect(notes).toEqual([expect.stringContaining('is not in the vault as it was sent')]);
    expect(receipt?.parts).toEqual({ total: 4, sent: 3, kept: 1 });
    expect(contents()).toEqual([hashOf(bytes)]);
  });

  test('keeps its description, and says so', async () => {
    await cutOff({ description: 'first' });
    const { notes, receipt } = await run({ description: 'second' });
    expect(notes).toEqual([expect.stringContaining('first')]);
    expect(receipt?.description).toBe('first');
  });

  test('is refused with another part size', async () => {
    await cutOff();
    expect((await run({ partSizeBytes: 2 * MiB })).error).toMatchObject({ code: 'usage' });
  });

  test('is refused when the upload has a part that none of its size can be', async () => {
    await cutOff();
    for (const range of [
      { start: 5, end: MiB },
      { start: 0, end: MiB + 1 },
    ]) {
      const { deps } = await place.next();
      const listParts: typeof deps.vault.listParts = async (id, signal) => ({
        ...(await deps.vault.listParts(id, signal)),
        parts: [{ range, treeHash: 'a'.repeat(64) }],
      });
      const { error } = await run({}, { vault: { ...deps.vault, listParts } });
      expect(error).toMatchObject({ code: 'upload-foreign' });
    }
  });

  test('starts over when that is asked for', async () => {
    const uploadId = await cutOff();
    const { receipt } = await run({ startOver: true });
    expect(receipt?.uploadId).not.toBe(uploadId);
    expect(receipt?.parts).toMatchObject({ kept: 0 });
    expect(place.vault.openUploads).toEqual([]);
  });
});

describe('a stream that is not what an earlier run stored', () => {
  const other = seededBytes(3 * MiB + 5, 2);

  test('is refused, and what is stored stays', async () => {
    const uploadId = await cutOff();
    expect((await run({ startProducer: producing(other) })).error).toMatchObject({ code: 'archive-changed' });
    expect(place.vault.openUploads).toEqual([uploadId]);
  });

  test('starts over in the same run when its producer can be run again', async () => {
    await cutOff();
    const { receipt, notes, runs } = await run({ startProducer: producing(other), onChange: 'start-over' });
    expect({ runs, parts: receipt?.parts }).toEqual({ runs: 2, parts: { total: 4, sent: 4, kept: 0 } });
    expect(notes).toEqual([expect.stringContaining('starting over')]);
    expect(contents()).toEqual([hashOf(other)]);
    expect(place.vault.openUploads).toEqual([]);
  });

  test('has what was stored dropped when it is a pipe, and the next run begins', async () => {
    await cutOff();
    const changes = { startProducer: producing(other), onChange: 'start-over', isRepeatable: false } as const;
    const { error, runs } = await run(changes);
    expect(error).toMatchObject({ code: 'archive-changed', message: expect.stringContaining('is dropped') });
    expect({ runs, open: place.vault.openUploads }).toEqual({ runs: 1, open: [] });
    expect((await run(changes)).isNew).toBe(true);
  });

  test('by its end is taken for a producer that died where nobody vouches for the end', async () => {
    const uploadId = await cutOff();
    const short = producing(bytes.subarray(0, MiB));
    const changes = { startProducer: short, onChange: 'start-over' } as const;
    const kept = await run({ ...changes, endCompletes: false });
    expect(kept.error).toMatchObject({ code: 'archive-changed' });
    expect(place.vault.openUploads).toEqual([uploadId]);
    expect((await run(changes)).isNew).toBe(true);
    expect(contents()).toEqual([hashOf(bytes.subarray(0, MiB))]);
  });
});

describe('an earlier run of which the reply to Complete was lost', () => {
  test('is settled first, and the stream is that archive', async () => {
    place.vault.failNext('completeUpload', 'lost', 'access-denied');
    await run();
    expect(contents()).toHaveLength(1);
    const { isNew, notes, deps } = await run();
    expect(notes).toContainEqual(expect.stringContaining('the earlier upload of dump is archive'));
    expect(isNew).toBe(false);
    expect(contents()).toHaveLength(1);
    expect(deps.sessions.list().sessions).toEqual([]);
  });
});

describe('the part size of a stream', () => {
  test.each([
    ['is 64 MiB when nobody says more', {}, 64 * MiB],
    ['is the one that is given', { partSizeBytes: 2 * MiB }, 2 * MiB],
    ['holds what is expected', { expectedBytes: 1_000_000 * MiB }, 512 * MiB],
    ['is smaller where the line is limited, so that a part passes in time', { limitRate: 1000 }, MiB],
  ])('%s', (_what, request, partSizeBytes) => {
    expect(choosePartSize(request)).toBe(partSizeBytes);
  });
});
