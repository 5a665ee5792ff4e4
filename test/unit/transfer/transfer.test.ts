/** The promise, on a vault in memory: one archive, for each call that fails, before or after the service acted on it. */
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.js';
import { transfer } from '../../../src/transfer/transfer.js';
import type { TransferRequest } from '../../../src/transfer/transfer-request.js';
import { rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { MiB, seededBytes, seededFile } from '../../helpers/bytes.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';
import type { Operation } from '../../helpers/memory-vault.js';

sharedPool();
let place: Awaited<ReturnType<typeof memoryPlace>>;
let file: string;
const large = 2 * MiB + 5;

beforeEach(async () => {
  place = await memoryPlace();
  file = join(place.folder, 'photos.tar');
});

/** One run of the command, as a process of its own would make it. */
async function run(request: Partial<TransferRequest> = {}) {
  const { deps, events } = await place.next();
  const result = await transfer(deps, { file, mode: 'upload', partSizeBytes: MiB, ...request });
  return { ...result, events, deps };
}

/** Runs the command until it succeeds, as users do. */
async function runUntilDone(mostRuns = 4) {
  for (let runs = 1; ; runs += 1) {
    try {
      return { ...(await run()), runs };
    } catch (error) {
      if (runs === mostRuns) throw error;
    }
  }
}

function onlyArchive() {
  const archives = [...place.vault.archives.values()];
  expect(archives).toHaveLength(1);
  return archives[0] as (typeof archives)[number];
}

describe.each([
  ['one part', 1000],
  ['several parts', large],
])('a file of %s', (_, sizeBytes) => {
  test('becomes one archive of its bytes, with a receipt and without a session', async () => {
    const bytes = seededFile(file, sizeBytes);
    const { receipt, isNew, deps } = await run({ description: 'holiday' });
    const archive = onlyArchive();
    expect(isNew).toBe(true);
    expect(archive.bytes.equals(bytes)).toBe(true);
    expect(archive.description).toBe('holiday');
    expect(receipt).toMatchObject({
      archiveId: archive.archiveId,
      sizeBytes,
      treeHash: rawTreeHashOf(bytes).toString('hex'),
    });
    expect(deps.sessions.list().sessions).toEqual([]);
  });

  test('is not sent a second time', async () => {
    seededFile(file, sizeBytes);
    const first = await run();
    const before = place.vault.requests.length;
    const second = await run();
    expect(second).toMatchObject({ isNew: false, receipt: { archiveId: first.receipt.archiveId } });
    expect(place.vault.requests.slice(before)).toEqual([]);
  });

  const calls: Operation[] = ['initiateUpload', 'uploadPart', 'completeUpload'];
  const ends: ['unsent' | 'lost', ErrorCode][] = [
    ['unsent', 'temporary'],
    ['lost', 'temporary'],
    ['unsent', 'access-denied'],
    ['unsent', 'credentials-expired'],
    ['unsent', 'throttled'],
    ['lost', 'request-timeout'],
  ];
  test.each(calls.flatMap((call) => ends.map(([how, code]) => [call, how, code] as const)))(
    'is archived once when %s fails (%s, %s)',
    async (call, how, code) => {
      const bytes = seededFile(file, sizeBytes);
      place.vault.failNext(call, how, code);
      const { receipt, deps } = await runUntilDone();
      expect(onlyArchive().archiveId).toBe(receipt.archiveId);
      expect(onlyArchive().bytes.equals(bytes)).toBe(true);
      expect(deps.sessions.list().sessions).toEqual([]);
      expect((await run()).isNew).toBe(false);
    },
  );

  test('is archived once when the reply to Complete is lost for as long as the run asks', async () => {
    seededFile(file, sizeBytes);
    // The first one makes the archive; all that follow in this run fail.
    place.vault.failNext('completeUpload', 'lost');
    for (let tries = 0; tries < 40; tries += 1) place.vault.failNext('completeUpload', 'unsent');
    await expect(run()).rejects.toMatchObject({ code: 'temporary' });
    expect(place.vault.archives.size).toBe(1);
    const { receipt } = await runUntilDone(20);
    expect(onlyArchive().archiveId).toBe(receipt.archiveId);
  });
});

describe('an upload that was interrupted', () => {
  /** The reply to one part says that it may not be sent, although it is stored. */
  async function interrupt() {
    const bytes = seededFile(file, large);
    place.vault.failNext('uploadPart', 'lost', 'access-denied');
    await expect(run()).rejects.toMatchObject({ code: 'access-denied' });
    expect(place.vault.openUploads).toHaveLength(1);
    return bytes;
  }

  test('is carried on by what ListParts says, without sending again what is stored', async () => {
    const bytes = await interrupt();
    const [uploadId = ''] = place.vault.openUploads;
    const { deps } = await place.next();
    const { parts } = await deps.vault.listParts(uploadId, deps.signal);
    const before = place.vault.requests.length;
    const { receipt } = await run();
    const requests = place.vault.requests.slice(before);
    expect(requests).not.toContain('initiateUpload');
    expect(requests.filter((operation) => operation === 'uploadPart')).toHaveLength(3 - parts.length);
    expect(receipt.parts).toEqual({ total: 3, sent: 3 - parts.length, kept: parts.length });
    expect(parts.length).toBeGreaterThan(0);
    expect(onlyArchive().bytes.equals(bytes)).toBe(true);
  });

  test('is begun once more when the service has forgotten it', async () => {
    const bytes = await interrupt();
    for (const uploadId of place.vault.openUploads) place.vault.forget(uploadId);
    await runUntilDone();
    expect(onlyArchive().bytes.equals(bytes)).toBe(true);
  });

  test('is not completed with a file that has changed since', async () => {
    await interrupt();
    writeFileSync(file, seededBytes(large, 2));
    utimesSync(file, 1, 1);
    await expect(run()).rejects.toMatchObject({ code: 'archive-changed' });
    expect(place.vault.archives.size).toBe(0);
    await run({ startOver: true });
    expect(onlyArchive().bytes.equals(seededBytes(large, 2))).toBe(true);
    expect(place.vault.openUploads).toEqual([]);
  });

  test('leaves nothing to resume once it is done', async () => {
    await interrupt();
    expect((await run({ mode: 'resume' })).isNew).toBe(true);
    await expect(run({ mode: 'complete' })).rejects.toMatchObject({ code: 'session-unknown' });
  });
});

test('an archive whose Complete was sent is settled although its file is gone', async () => {
  seededFile(file, 1000);
  place.vault.failNext('completeUpload', 'lost', 'access-denied');
  await expect(run()).rejects.toMatchObject({ code: 'access-denied' });
  rmSync(file);
  const { receipt } = await run();
  expect(onlyArchive().archiveId).toBe(receipt.archiveId);
});

test('a copy of a file that is archived gets its receipt, and no archive', async () => {
  const bytes = seededFile(file, 1000);
  const first = await run();
  const copy = join(place.folder, 'copy.tar');
  writeFileSync(copy, bytes);
  const second = await run({ file: copy });
  expect(second).toMatchObject({ isNew: false, receipt: { archiveId: first.receipt.archiveId } });
  expect(place.vault.archives.size).toBe(1);
  await run({ file: copy, again: true });
  expect(place.vault.archives.size).toBe(2);
});

test('a file whose content several archives have stays the one that was named for it', async () => {
  const bytes = seededFile(file, 1000);
  const first = await run();
  const copy = join(place.folder, 'copy.tar');
  writeFileSync(copy, bytes);
  await run({ file: copy, again: true });
  utimesSync(file, 1, 1);
  expect((await run()).receipt.archiveId).toBe(first.receipt.archiveId);
});

describe('complete', () => {
  test('makes the archive when every part is stored, and sends none', async () => {
    seededFile(file, 1000);
    place.vault.failNext('uploadPart', 'lost', 'access-denied');
    await expect(run()).rejects.toMatchObject({ code: 'access-denied' });
    const before = place.vault.requests.length;
    const { receipt } = await run({ mode: 'complete' });
    expect(onlyArchive().archiveId).toBe(receipt.archiveId);
    expect(receipt.parts).toEqual({ total: 1, sent: 0, kept: 1 });
    expect(place.vault.requests.slice(before)).not.toContain('uploadPart');
  });

  test('is refused while parts are missing', async () => {
    seededFile(file, large);
    place.vault.failNext('uploadPart', 'unsent', 'access-denied');
    await expect(run()).rejects.toMatchObject({ code: 'access-denied' });
    await expect(run({ mode: 'complete' })).rejects.toMatchObject({
      code: 'parts-missing',
      message: expect.stringMatching(/of 3 parts (is|are) missing/),
    });
    expect(place.vault.archives.size).toBe(0);
  });

  test('is refused when it is not known whether the upload was begun', async () => {
    seededFile(file, 1000);
    for (let tries = 0; tries < 40; tries += 1) place.vault.failNext('initiateUpload', 'unsent');
    await expect(run()).rejects.toMatchObject({ code: 'temporary' });
    const [session] = (await place.next()).deps.sessions.list().sessions;
    expect(session?.phase).toBe('intent');
    await expect(run({ mode: 'complete' })).rejects.toMatchObject({
      code: 'parts-missing',
      message: expect.stringContaining('not begun'),
    });
    expect(place.vault.archives.size).toBe(0);
  });
});
