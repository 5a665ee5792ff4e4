/**
 * What any Glacier vault must do for this program: the suite that the embedded vault passes, and that somebody with
 * an account can run against Amazon. Everything it makes it aborts, but for the archives of completed uploads.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { ByteRange } from '../../src/glacier/byte-range.js';
import type { VaultJobs } from '../../src/glacier/jobs.js';
import { listParts, listUploads } from '../../src/glacier/part-list.js';
import type { PartRequest, Vault } from '../../src/glacier/vault.js';
import type { Vaults } from '../../src/glacier/vaults.js';
import { joinRawTreeHashes, rawTreeHashOf } from '../../src/treehash/tree-hash.js';
import { MiB, seededBytes } from '../helpers/bytes.js';

type VaultUnderTest = Vault & Vaults & VaultJobs;

const signal = new AbortController().signal;
const unknownId = 'A'.repeat(92);

/** @param open opens the vault under test; it exists already */
export function describeVault(name: string, open: () => VaultUnderTest): void {
  describe(`the vault contract: ${name}`, () => {
    test('initiate answers with an upload ID and the number of the account', async () => {
      const vault = open();
      const { uploadId, accountId } = await initiate(vault);
      expect(uploadId).toMatch(/^[A-Za-z0-9_-]{20,}$/);
      expect(accountId).toMatch(/^\d{12}$/);
      await vault.abortUpload(uploadId, signal);
    });

    test('a part is answered with the tree hash of its bytes, and listed', async () => {
      const vault = open();
      const { uploadId, accountId } = await initiate(vault, 'a description with  two spaces');
      const bytes = seededBytes(MiB, 1);
      expect(await vault.uploadPart(partOf(uploadId, 0, bytes), signal)).toBe(hex(rawTreeHashOf(bytes)));
      expect(await listParts(vault, uploadId, signal)).toEqual({
        uploadId,
        accountId,
        partSizeBytes: MiB,
        description: 'a description with  two spaces',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        parts: [{ range: { start: 0, end: MiB }, treeHash: hex(rawTreeHashOf(bytes)) }],
      });
      await vault.abortUpload(uploadId, signal);
    });

    test('a part sent again replaces the one before', async () => {
      const vault = open();
      const { uploadId } = await initiate(vault);
      await vault.uploadPart(partOf(uploadId, 0, seededBytes(MiB, 1)), signal);
      const second = seededBytes(MiB, 2);
      await vault.uploadPart(partOf(uploadId, 0, second), signal);
      const { parts } = await listParts(vault, uploadId, signal);
      expect(parts.map(({ treeHash }) => treeHash)).toEqual([hex(rawTreeHashOf(second))]);
      await vault.abortUpload(uploadId, signal);
    });

    test('parts come in any order and at once, and are listed by range, 50 a page', async () => {
      const vault = open();
      const { uploadId } = await initiate(vault);
      const order = Array.from({ length: 51 }, (_, index) => (index * 20) % 51);
      const tiny = (index: number): Buffer => seededBytes(MiB, index + 1);
      for (let first = 0; first < order.length; first += 8) {
        const batch = order.slice(first, first + 8);
        await Promise.all(
          batch.map((index) => vault.uploadPart(partOf(uploadId, index * MiB, tiny(index)), signal)),
        );
      }
      const page = await vault.listPartsPage(uploadId, null, signal);
      expect(page.parts).toHaveLength(50);
      expect(page.marker).not.toBeNull();
      const { parts } = await listParts(vault, uploadId, signal);
      expect(parts.map(({ range }) => range.start / MiB)).toEqual(
        Array.from({ length: 51 }, (_, index) => index),
      );
      await vault.abortUpload(uploadId, signal);
    });

    test('a body other than its hashes say is refused as a hash mismatch', async () => {
      const vault = open();
      const { uploadId } = await initiate(vault);
      const part = partOf(uploadId, 0, seededBytes(MiB, 1));
      const other = seededBytes(MiB, 2);
      const wrongBody = { ...part, openBody: () => bodyOf(other) };
      await expect(vault.uploadPart(wrongBody, signal)).rejects.toMatchObject({ code: 'hash-mismatch' });
      const wrongTreeHash = { ...part, treeHash: hex(rawTreeHashOf(other)) };
      await expect(vault.uploadPart(wrongTreeHash, signal)).rejects.toMatchObject({ code: 'hash-mismatch' });
      expect((await listParts(vault, uploadId, signal)).parts).toEqual([]);
      await vault.abortUpload(uploadId, signal);
    });

    test('a part that does not begin at a multiple of the part size is refused', async () => {
      const vault = open();
      const { uploadId } = await initiate(vault);
      const part = partOf(uploadId, 512 * 1024, seededBytes(MiB, 1));
      await expect(vault.uploadPart(part, signal)).rejects.toMatchObject({ code: 'request-invalid' });
      await vault.abortUpload(uploadId, signal);
    });

    test('complete refuses a missing part, a wrong size and a wrong hash, and the upload stays open', async () => {
      const vault = open();
      const { uploadId } = await initiate(vault);
      const parts = [seededBytes(MiB, 1), seededBytes(1000, 2)];
      const treeHash = hex(joinRawTreeHashes(parts.map((bytes) => rawTreeHashOf(bytes))));
      const sizeBytes = MiB + 1000;
      await vault.uploadPart(partOf(uploadId, 0, parts[0]), signal);
      const refused = { code: 'request-invalid', service: { operation: 'CompleteMultipartUpload' } };
      const right = { uploadId, sizeBytes, treeHash };
      await expect(vault.completeUpload(right, signal)).rejects.toMatchObject(refused);
      await vault.uploadPart(partOf(uploadId, MiB, parts[1]), signal);
      const wrongSize = { ...right, sizeBytes: sizeBytes + 1 };
      await expect(vault.completeUpload(wrongSize, signal)).rejects.toMatchObject(refused);
      const wrongHash = { ...right, treeHash: 'a'.repeat(64) };
      await expect(vault.completeUpload(wrongHash, signal)).rejects.toMatchObject(refused);
      expect((await listParts(vault, uploadId, signal)).parts).toHaveLength(2);
      await vault.abortUpload(uploadId, signal);
    });

    test('complete repeated gives the same archive ID; the upload is listed no more and cannot be aborted', async () => {
      const vault = open();
      const { uploadId, accountId } = await initiate(vault);
      const bytes = seededBytes(1000, 1);
      await vault.uploadPart(partOf(uploadId, 0, bytes), signal);
      const request = { uploadId, sizeBytes: 1000, treeHash: hex(rawTreeHashOf(bytes)) };
      const archive = await vault.completeUpload(request, signal);
      expect(archive.archiveId).toMatch(/^[A-Za-z0-9_-]{20,}$/);
      expect(archive.accountId).toBe(accountId);
      expect(archive.location).toMatch(new RegExp(`/archives/${archive.archiveId}$`));
      expect(await vault.completeUpload(request, signal)).toEqual(archive);
      const gone = { code: 'upload-gone' };
      await expect(vault.listPartsPage(uploadId, null, signal)).rejects.toMatchObject(gone);
      await expect(vault.abortUpload(uploadId, signal)).rejects.toMatchObject(gone);
      const open_ = await listUploads(vault, signal);
      expect(open_.map((upload) => upload.uploadId)).not.toContain(uploadId);
    });

    test('an upload is listed while it is open; aborted it is gone, and aborted again no error', async () => {
      const vault = open();
      const { uploadId } = await initiate(vault, 'open');
      const listed = (await listUploads(vault, signal)).find((upload) => upload.uploadId === uploadId);
      expect(listed).toMatchObject({ description: 'open', partSizeBytes: MiB });
      await vault.abortUpload(uploadId, signal);
      await vault.abortUpload(uploadId, signal);
      await expect(vault.listPartsPage(uploadId, null, signal)).rejects.toMatchObject({
        code: 'upload-gone',
      });
      const uploads = await listUploads(vault, signal);
      expect(uploads.map((upload) => upload.uploadId)).not.toContain(uploadId);
    });

    test('an upload ID that never was is an upload that is gone', async () => {
      const vault = open();
      await expect(vault.listPartsPage(unknownId, null, signal)).rejects.toMatchObject({
        code: 'upload-gone',
      });
    });

    test('a request that is cancelled rejects with the reason it was cancelled for', async () => {
      const vault = open();
      const reason = new Error('enough');
      await expect(vault.listUploadsPage(null, AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}

/**
 * What jobs must do, for vaults whose jobs are done at once: Amazon's take hours.
 * @param open opens the vault under test; it exists already
 */
export function describeJobs(name: string, open: () => VaultUnderTest): void {
  const bytes = seededBytes(2 * MiB + 1000, 7);

  async function archiveIn(vault: VaultUnderTest): Promise<string> {
    const { uploadId } = await initiate(vault, 'to come back');
    for (let start = 0; start < bytes.length; start += MiB) {
      await vault.uploadPart(partOf(uploadId, start, bytes.subarray(start, start + MiB)), signal);
    }
    const completion = { uploadId, sizeBytes: bytes.length, treeHash: hex(rawTreeHashOf(bytes)) };
    return (await vault.completeUpload(completion, signal)).archiveId;
  }

  async function outputOf(vault: VaultUnderTest, jobId: string, range: ByteRange) {
    const pieces: Uint8Array[] = [];
    const openSink = () => {
      pieces.length = 0;
      return (piece: Uint8Array) => void pieces.push(Uint8Array.from(piece));
    };
    const treeHash = await vault.readJobOutput({ jobId, range, openSink }, signal);
    return { treeHash, output: Buffer.concat(pieces) };
  }

  function expectOutput(
    { treeHash, output }: { treeHash: string | null; output: Buffer },
    expected: Buffer,
  ): void {
    expect(output.equals(expected)).toBe(true);
    expect(treeHash).toBe(hex(rawTreeHashOf(expected)));
  }

  describe(`the contract of jobs: ${name}`, () => {
    test('an archive comes back by its job, whole and by ranges, with the tree hash of each', async () => {
      const vault = open();
      const archiveId = await archiveIn(vault);
      const asked = { kind: 'archive', archiveId, range: null, tier: 'Standard' } as const;
      const jobId = await vault.initiateJob(asked, signal);
      const job = await vault.describeJob(jobId, signal);
      const treeHash = hex(rawTreeHashOf(bytes));
      expect(job).toMatchObject({ jobId, kind: 'archive', status: 'Succeeded', inventory: null });
      const whole = { start: 0, end: bytes.length };
      const sizeBytes = bytes.length;
      expect(job.archive).toEqual({
        archiveId,
        sizeBytes,
        treeHash,
        range: whole,
        rangeTreeHash: treeHash,
        tier: 'Standard',
      });
      expectOutput(await outputOf(vault, jobId, whole), bytes);
      const second = bytes.subarray(MiB, 2 * MiB);
      expectOutput(await outputOf(vault, jobId, { start: MiB, end: 2 * MiB }), second);
      await vault.deleteArchive(archiveId, signal);
    });

    test('a job of a range brings that range', async () => {
      const vault = open();
      const archiveId = await archiveIn(vault);
      const range = { start: MiB, end: 2 * MiB };
      const jobId = await vault.initiateJob({ kind: 'archive', archiveId, range, tier: 'Bulk' }, signal);
      const treeHash = hex(rawTreeHashOf(bytes.subarray(MiB, 2 * MiB)));
      const { archive } = await vault.describeJob(jobId, signal);
      expect(archive).toMatchObject({
        range,
        rangeTreeHash: treeHash,
        tier: 'Bulk',
        sizeBytes: bytes.length,
      });
      expectOutput(await outputOf(vault, jobId, { start: 0, end: MiB }), bytes.subarray(MiB, 2 * MiB));
      await vault.deleteArchive(archiveId, signal);
    });

    test('jobs are listed, the newest first', async () => {
      const vault = open();
      const first = await vault.initiateJob({ kind: 'inventory' }, signal);
      const second = await vault.initiateJob({ kind: 'inventory' }, signal);
      const { jobs } = await vault.listJobsPage(null, signal);
      const listed = jobs.map(({ jobId }) => jobId).filter((jobId) => jobId === first || jobId === second);
      expect(listed).toEqual([second, first]);
    });

    test('an inventory lists an archive, and not one that is deleted', async () => {
      const vault = open();
      const [kept, deleted] = [await archiveIn(vault), await archiveIn(vault)];
      await vault.deleteArchive(deleted, signal);
      const jobId = await vault.initiateJob({ kind: 'inventory' }, signal);
      const { inventory } = await vault.describeJob(jobId, signal);
      expect(inventory).toMatchObject({ format: 'JSON', isWhole: true });
      const { treeHash, output } = await outputOf(vault, jobId, { start: 0, end: inventory?.sizeBytes ?? 0 });
      expect(treeHash).toBeNull();
      const { ArchiveList } = JSON.parse(output.toString());
      const listed = ArchiveList.map(({ ArchiveId }: { ArchiveId: string }) => ArchiveId);
      expect(listed).toContain(kept);
      expect(listed).not.toContain(deleted);
      const entry = ArchiveList.find(({ ArchiveId }: { ArchiveId: string }) => ArchiveId === kept);
      expect(entry).toMatchObject({
        ArchiveDescription: 'to come back',
        Size: bytes.length,
        SHA256TreeHash: hex(rawTreeHashOf(bytes)),
      });
      await vault.deleteArchive(kept, signal);
    });

    test('an archive that is deleted already can be deleted again, and brought back no more', async () => {
      const vault = open();
      const archiveId = await archiveIn(vault);
      await vault.deleteArchive(archiveId, signal);
      await vault.deleteArchive(archiveId, signal);
      const asked = { kind: 'archive', archiveId, range: null, tier: 'Standard' } as const;
      await expect(vault.initiateJob(asked, signal)).rejects.toMatchObject({ code: 'archive-gone' });
    });

    test('a job that never was is gone', async () => {
      await expect(open().describeJob(unknownId, signal)).rejects.toMatchObject({ code: 'job-gone' });
    });
  });
}

function initiate(vault: VaultUnderTest, description = 'contract test') {
  return vault.initiateUpload({ partSizeBytes: MiB, description }, signal);
}

function partOf(uploadId: string, start: number, bytes: Buffer | undefined): PartRequest {
  if (!bytes) throw new Error('no bytes');
  return {
    uploadId,
    range: { start, end: start + bytes.length },
    treeHash: hex(rawTreeHashOf(bytes)),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    openBody: () => bodyOf(bytes),
  };
}

/** As the archive's own streams: with a length, so that it is not sent chunked. */
function bodyOf(bytes: Buffer): Readable {
  return Object.assign(Readable.from([bytes], { objectMode: false }), { byteLength: bytes.length });
}

function hex(digest: Buffer): string {
  return digest.toString('hex');
}
