/** An upload that is completed by its tree hash and size, on the vault in memory. */
import { beforeEach, describe, expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import type { UploadSession } from '../../../src/session/session.js';
import { completeWithoutFile } from '../../../src/transfer/lifecycle/complete-without-file.js';
import { rawSha256, rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { MiB, seededBytes } from '../../helpers/bytes.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';

sharedPool();
const bytes = seededBytes(2 * MiB + 5);
const treeHash = rawTreeHashOf(bytes).toString('hex');

let place: Awaited<ReturnType<typeof memoryPlace>>;
let uploadId: string;

/** An upload that another tool has begun and sent parts of. */
beforeEach(async () => {
  place = await memoryPlace();
  ({ uploadId } = await place.vault.initiateUpload(
    { partSizeBytes: MiB, description: 'theirs' },
    new AbortController().signal,
  ));
  for (const start of [0, MiB]) await store(start);
});

async function store(start: number): Promise<void> {
  const part = bytes.subarray(start, start + MiB);
  const hash = rawTreeHashOf(part).toString('hex');
  const openBody = () => [part] as never;
  await place.vault.uploadPart(
    {
      uploadId,
      range: { start, end: start + part.length },
      treeHash: hash,
      sha256: rawSha256(part).toString('hex'),
      openBody,
    },
    new AbortController().signal,
  );
}

/** One run of the command. @param complete in place of the service's answers to Complete */
async function run(changes: { treeHash?: string; sizeBytes?: number; complete?: GlacierUpError } = {}) {
  const { deps } = await place.next();
  const { complete, ...named } = changes;
  const vault = complete
    ? {
        ...deps.vault,
        completeUpload: () => Promise.reject(complete),
        askWhetherCompleted: () => Promise.reject(complete),
      }
    : deps.vault;
  return completeWithoutFile({ ...deps, vault }, { uploadId, sizeBytes: bytes.length, treeHash, ...named });
}

async function sessions(): Promise<UploadSession[]> {
  return (await place.next()).deps.sessions.list().sessions;
}

const notFound = new GlacierUpError('upload-gone', 'no such upload', {
  service: { operation: 'CompleteMultipartUpload', httpStatus: 404 },
});
const refusal = new GlacierUpError('request-invalid', 'the parts do not match', {
  service: { operation: 'CompleteMultipartUpload', httpStatus: 400 },
});

describe('an upload whose parts are the archive', () => {
  beforeEach(() => store(2 * MiB));

  test('becomes the archive, and a second run gives its receipt without a request', async () => {
    const receipt = await run();
    const [archive] = [...place.vault.archives.values()];
    expect(archive?.bytes.equals(bytes)).toBe(true);
    expect(receipt).toMatchObject({
      archiveId: archive?.archiveId,
      treeHash,
      uploadId,
      description: 'theirs',
    });
    expect(await sessions()).toEqual([]);
    const before = place.vault.requests.length;
    expect(await run()).toMatchObject({ archiveId: archive?.archiveId });
    expect(place.vault.requests.slice(before)).toEqual([]);
  });

  test('is completed by the next run when the answer was lost', async () => {
    place.vault.failNext('completeUpload', 'lost', 'access-denied');
    await expect(run()).rejects.toMatchObject({ code: 'access-denied' });
    expect(await sessions()).toMatchObject([{ phase: 'completing' }]);
    const receipt = await run();
    expect([...place.vault.archives.keys()]).toEqual([receipt.archiveId]);
    expect(await sessions()).toEqual([]);
  });

  test('is kept when Complete is refused, and completed by the next run', async () => {
    await expect(run({ complete: refusal })).rejects.toBe(refusal);
    expect(await sessions()).toMatchObject([{ phase: 'completing' }]);
    await expect(run({ complete: refusal })).rejects.toBe(refusal);
    const { archiveId } = await run();
    expect([...place.vault.archives.keys()]).toEqual([archiveId]);
  });

  test('that ends before Complete arrives is forgotten: there is nothing to send', async () => {
    await expect(run({ complete: notFound })).rejects.toMatchObject({ code: 'upload-gone', cause: notFound });
    expect(await sessions()).toEqual([]);
  });

  test('is not completed where no receipt could be written', async () => {
    const { deps } = await place.next();
    const receipts = {
      ...deps.receipts,
      assertWritable: () => {
        throw new GlacierUpError('state-unusable', 'the disk is full');
      },
    };
    const completed = completeWithoutFile(
      { ...deps, receipts },
      { uploadId, sizeBytes: bytes.length, treeHash },
    );
    await expect(completed).rejects.toMatchObject({ code: 'state-unusable' });
    expect(place.vault.archives.size).toBe(0);
  });

  test('and that somebody else has completed meanwhile, gives the receipt', async () => {
    await expect(run({ complete: refusal })).rejects.toBe(refusal);
    const other = { treeHash: '00'.repeat(32), complete: refusal };
    await expect(run(other)).rejects.toMatchObject({ code: 'hash-mismatch' });
    expect(await sessions()).toMatchObject([{ phase: 'uploading' }]);
    const signal = new AbortController().signal;
    const content = { uploadId, sizeBytes: bytes.length, treeHash };
    const { archiveId } = await place.vault.completeUpload(content, signal);
    expect(await run()).toMatchObject({ archiveId });
    expect(await sessions()).toEqual([]);
  });

  test('of which Complete was sent, and that is gone, has an unknown end', async () => {
    await expect(run({ complete: refusal })).rejects.toBe(refusal);
    place.vault.forget(uploadId);
    await expect(run({ complete: refusal })).rejects.toMatchObject({ code: 'completion-unknown' });
    await expect(run()).rejects.toMatchObject({ code: 'completion-unknown' });
    expect(await sessions()).toMatchObject([{ phase: 'completing' }]);
  });
});

describe('an upload whose parts are not the archive', () => {
  test('because one is missing, is left as it is', async () => {
    await expect(run()).rejects.toMatchObject({
      code: 'parts-missing',
      message:
        'the 2 parts listed cover 2097152 bytes without a gap; an archive of 2097157 bytes has 3 parts',
    });
    expect(place.vault.requests).not.toContain('completeUpload');
    expect(place.vault.openUploads).toEqual([uploadId]);
  });

  test.each([
    ['are of another size', { sizeBytes: 2 * MiB + 4 }, 'parts-missing'],
    ['have another tree hash', { treeHash: '00'.repeat(32) }, 'hash-mismatch'],
  ])('because they %s, is left as it is', async (_, changes, code) => {
    await store(2 * MiB);
    await expect(run(changes)).rejects.toMatchObject({ code });
    expect(place.vault.requests).not.toContain('completeUpload');
    expect(await sessions()).toEqual([]);
  });

  test('because it has a gap, is left as it is', async () => {
    const { deps } = await place.next();
    const list = await deps.vault.listParts(uploadId, deps.signal);
    const [first, second] = list.parts;
    if (!first || !second) throw new Error('two parts are stored');
    const moved = { ...second, range: { start: 2 * MiB, end: bytes.length } };
    const listParts = async () => ({ ...list, parts: [first, moved] });
    const completed = completeWithoutFile(
      { ...deps, vault: { ...deps.vault, listParts } },
      { uploadId, sizeBytes: bytes.length, treeHash },
    );
    await expect(completed).rejects.toThrow('cover 1048576 bytes without a gap');
  });
});

describe('an upload that the service does not know', () => {
  test('is an error, and leaves no session', async () => {
    place.vault.forget(uploadId);
    await expect(run()).rejects.toMatchObject({ code: 'upload-gone' });
    expect(await sessions()).toEqual([]);
  });
});
