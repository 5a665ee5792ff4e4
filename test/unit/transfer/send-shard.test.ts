/** One archive from many machines, on a vault in memory: each knows its file, the ID of the upload, and its share. */
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { beginForShards } from '../../../src/transfer/shards/begin-for-shards.js';
import { type ShardRequest, sendShard } from '../../../src/transfer/shards/send-shard.js';
import { transfer } from '../../../src/transfer/transfer.js';
import type { UploadDeps } from '../../../src/transfer/upload-deps.js';
import { rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { MiB, seededBytes, seededFile } from '../../helpers/bytes.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';
import { storePart } from '../../helpers/store-part.js';

sharedPool();
let place: Awaited<ReturnType<typeof memoryPlace>>;
let file: string;
let bytes: Buffer;
let deps: UploadDeps;
let events: Awaited<ReturnType<typeof place.next>>['events'];
const sizeBytes = 4 * MiB + 5;

beforeEach(async () => {
  place = await memoryPlace();
  file = join(place.folder, 'photos.tar');
  bytes = seededFile(file, sizeBytes);
  ({ deps, events } = await place.next());
});

async function begin(): Promise<string> {
  const begun = await beginForShards(deps, { file, partSizeBytes: MiB, again: false });
  if ('archived' in begun) throw new Error('archived already');
  return begun.uploadId;
}

function send(uploadId: string, index: number, changes: Partial<ShardRequest> = {}, by: UploadDeps = deps) {
  return sendShard(by, { file, uploadId, shard: { index, count: 2 }, replaceParts: false, ...changes });
}

const partsSent = () => place.vault.requests.filter((operation) => operation === 'uploadPart').length;

describe('an upload for many machines', () => {
  test('is begun with the plan of the file, and leaves nothing on this machine', async () => {
    const begun = await beginForShards(deps, { file, partSizeBytes: MiB, description: 'all', again: false });
    expect(begun).toEqual({
      uploadId: place.vault.openUploads[0],
      accountId: '123456789012',
      plan: { sizeBytes, partSizeBytes: MiB, partCount: 5 },
      description: 'all',
    });
    expect(deps.sessions.list().sessions).toEqual([]);
  });

  test('is not begun for a file that is archived, unless it is to be archived again', async () => {
    const { receipt } = await transfer(deps, { file, mode: 'upload', partSizeBytes: MiB });
    expect(await beginForShards(deps, { file, again: false })).toMatchObject({
      archived: { archiveId: receipt.archiveId },
    });
    expect(place.vault.openUploads).toEqual([]);
    expect(await beginForShards(deps, { file, again: true })).toHaveProperty('uploadId');
  });

  test('is refused while this machine has an upload of the file under way', async () => {
    place.vault.failNext('uploadPart', 'unsent', 'access-denied');
    await expect(transfer(deps, { file, mode: 'upload', partSizeBytes: MiB })).rejects.toThrow();
    const [session] = deps.sessions.list().sessions;
    await expect(beginForShards(deps, { file, again: true })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`session ${session?.id}`),
    });
    expect(place.vault.openUploads).toHaveLength(1);
  });
});

describe('a shard', () => {
  test('sends its own parts alone, and reports what nobody has stored yet', async () => {
    const uploadId = await begin();
    expect(await send(uploadId, 1)).toEqual({
      plan: { sizeBytes, partSizeBytes: MiB, partCount: 5 },
      parts: { total: 2, sent: 2, kept: 0 },
      sizeBytes: 2 * MiB,
      missing: 3,
    });
    expect(await send(uploadId, 0)).toMatchObject({
      parts: { total: 3, sent: 3, kept: 0 },
      sizeBytes: 2 * MiB + 5,
      missing: 0,
    });
    const treeHash = rawTreeHashOf(bytes).toString('hex');
    await place.vault.completeUpload({ uploadId, sizeBytes, treeHash }, deps.signal);
    expect([...place.vault.archives.values()].map((archive) => archive.bytes.equals(bytes))).toEqual([true]);
  });

  test('that is run again sends nothing, and one that was interrupted what is missing', async () => {
    const uploadId = await begin();
    await storePart(place.vault, uploadId, 2 * MiB, bytes.subarray(2 * MiB, 3 * MiB));
    const before = partsSent();
    expect(await send(uploadId, 0)).toMatchObject({ parts: { total: 3, sent: 2, kept: 1 } });
    expect(events.find(({ kind }) => kind === 'sending')).toMatchObject({
      file: expect.stringContaining('shard 0/2'),
      plan: { sizeBytes: 2 * MiB + 5, partCount: 3 },
      ...{ keptParts: 1, keptBytes: MiB, isNew: false },
    });
    expect(await send(uploadId, 0)).toMatchObject({ parts: { total: 3, sent: 0, kept: 3 }, missing: 2 });
    expect(partsSent() - before).toBe(2);
  });

  test('refuses an upload with parts of another file, and sends nothing', async () => {
    const uploadId = await begin();
    await storePart(place.vault, uploadId, 0, seededBytes(MiB, 2));
    const before = partsSent();
    await expect(send(uploadId, 0)).rejects.toMatchObject({ code: 'upload-foreign' });
    expect(partsSent()).toBe(before);
  });

  test('sends its parts again that differ when it is told to, and says so', async () => {
    const uploadId = await begin();
    await storePart(place.vault, uploadId, 0, seededBytes(MiB, 2));
    expect(await send(uploadId, 0, { replaceParts: true })).toMatchObject({ parts: { sent: 3, kept: 0 } });
    expect(events).toContainEqual({ kind: 'note', message: expect.stringContaining('sending it again') });
    expect(events.find(({ kind }) => kind === 'sending')).toMatchObject({ keptParts: 0, isNew: true });
    expect(await send(uploadId, 0)).toMatchObject({ parts: { sent: 0, kept: 3 } });
  });

  test('leaves parts of other shards alone, whose bytes it does not read', async () => {
    const uploadId = await begin();
    await storePart(place.vault, uploadId, MiB, seededBytes(MiB, 2));
    expect(await send(uploadId, 0)).toMatchObject({ parts: { sent: 3 }, missing: 1 });
    await expect(send(uploadId, 1)).rejects.toMatchObject({ code: 'upload-foreign' });
  });

  test('of a file too large for the part size is refused', async () => {
    const uploadId = await begin();
    const listParts: typeof deps.vault.listParts = async (id, signal) => ({
      ...(await deps.vault.listParts(id, signal)),
      partSizeBytes: 256,
    });
    const vault = { ...deps.vault, listParts };
    await expect(send(uploadId, 0, {}, { ...deps, vault })).rejects.toMatchObject({ code: 'upload-foreign' });
    expect(partsSent()).toBe(0);
  });

  test('says that every shard must be sent when the upload is gone', async () => {
    const uploadId = await begin();
    place.vault.forget(uploadId);
    await expect(send(uploadId, 0)).rejects.toMatchObject({
      code: 'upload-gone',
      hint: expect.stringContaining('send every shard'),
    });
    expect(place.vault.openUploads).toEqual([]);
  });

  test('succeeds when the upload comes to its end once its parts are stored', async () => {
    const uploadId = await begin();
    let lists = 0;
    const listParts: typeof deps.vault.listParts = (id, signal) => {
      lists += 1;
      if (lists === 2) place.vault.forget(uploadId);
      return deps.vault.listParts(id, signal);
    };
    const vault = { ...deps.vault, listParts };
    expect(await send(uploadId, 0, {}, { ...deps, vault })).toMatchObject({
      parts: { sent: 3 },
      missing: null,
    });
  });

  test('fails when the service does not list what it confirmed, after it has sent it twice', async () => {
    const uploadId = await begin();
    const listParts: typeof deps.vault.listParts = async (id, signal) => ({
      ...(await deps.vault.listParts(id, signal)),
      parts: [],
    });
    const vault = { ...deps.vault, listParts };
    await expect(send(uploadId, 0, {}, { ...deps, vault })).rejects.toMatchObject({
      code: 'part-list-untrue',
      message: expect.stringContaining('3 parts'),
    });
    expect(partsSent()).toBe(6);
  });

  test('fails when parts of another file come meanwhile', async () => {
    const uploadId = await begin();
    let lists = 0;
    const listParts: typeof deps.vault.listParts = async (id, signal) => {
      lists += 1;
      if (lists === 2) await storePart(place.vault, uploadId, 0, seededBytes(MiB, 2));
      return deps.vault.listParts(id, signal);
    };
    const vault = { ...deps.vault, listParts };
    await expect(send(uploadId, 0, {}, { ...deps, vault })).rejects.toMatchObject({
      code: 'upload-foreign',
      message: expect.stringContaining('while this shard was sent'),
    });
  });

  test('says that nothing is under way any more, also when it fails', async () => {
    await expect(send('none', 0)).rejects.toThrow();
    expect(events).toEqual([{ kind: 'ended' }]);
  });
});
