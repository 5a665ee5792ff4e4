import { describe, expect, test } from 'vitest';
import { describeJob, initiateJob, inventoryOf, startJob } from './helpers/jobs.js';
import {
  ACCOUNT,
  MIB,
  sampleBytes,
  sha256,
  startTestVault,
  type TestVault,
  treeHash,
} from './helpers/vault.js';

const ARN = `arn:aws:glacier:eu-west-1:${ACCOUNT}:vaults/v`;
const DAY_MS = 24 * 60 * 60 * 1000;
const inventoryRetrieval = { Type: 'inventory-retrieval' };

async function uploadArchive(vault: TestVault, bytes: Buffer, description?: string): Promise<string> {
  const { headers } = await vault.ask('POST', '/-/vaults/v/archives', {
    headers: {
      'content-length': String(bytes.length),
      'x-amz-content-sha256': sha256(bytes),
      'x-amz-sha256-tree-hash': treeHash(bytes),
      'x-amz-archive-description': description,
    },
    body: bytes,
  });
  return String(headers['x-amz-archive-id']);
}

describe('an inventory', () => {
  test('is compact JSON with dates of whole seconds, and no description is ""', async () => {
    let nowMs = Date.UTC(2026, 0, 1, 12, 0, 0, 789);
    const vault = await startTestVault({ now: () => nowMs, inventoryEveryMs: 0 });
    const bytes = sampleBytes(100);
    const first = await uploadArchive(vault, bytes, 'with "quotes"');
    nowMs += 1500;
    const second = await vault.upload(sampleBytes(MIB + 1));
    nowMs += 10_000;
    const jobId = await startJob(vault, inventoryRetrieval);
    const { status, headers, text } = await inventoryOf(vault, jobId);
    expect(status).toBe(200);
    expect(text).toBe(
      `{"VaultARN":"${ARN}","InventoryDate":"2026-01-01T12:00:12Z","ArchiveList":[` +
        `{"ArchiveId":"${first}","ArchiveDescription":"with \\"quotes\\"","CreationDate":"2026-01-01T12:00:00Z",` +
        `"Size":100,"SHA256TreeHash":"${treeHash(bytes)}"},` +
        `{"ArchiveId":"${second}","ArchiveDescription":"","CreationDate":"2026-01-01T12:00:02Z",` +
        `"Size":1048577,"SHA256TreeHash":"${treeHash(sampleBytes(MIB + 1))}"}]}`,
    );
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'accept-ranges': 'bytes' });
    expect(headers).not.toHaveProperty('x-amz-sha256-tree-hash');
    expect((await describeJob(vault, jobId)).json).toMatchObject({
      Action: 'InventoryRetrieval',
      InventorySizeInBytes: text.length,
      InventoryRetrievalParameters: {
        EndDate: null,
        Format: 'JSON',
        Limit: null,
        Marker: null,
        StartDate: null,
      },
      RetrievalByteRange: null,
    });
  });

  test('is CSV if asked for, where quotes are escaped and backslashes are not', async () => {
    const vault = await startTestVault({ now: () => Date.UTC(2026, 0, 1), inventoryEveryMs: 0 });
    const bytes = sampleBytes(7);
    const lines = [];
    for (const [description, field] of [
      ['plain', 'plain'],
      ['a, b', '"a, b"'],
      ['{"Path":"x\\\\y"}', '"{\\"Path\\":\\"x\\\\y\\"}"'],
      ['ends in \\', 'ends in \\'],
      [undefined, ''],
    ]) {
      const archiveId = await uploadArchive(vault, bytes, description);
      lines.push(`${archiveId},${field},2026-01-01T00:00:00Z,7,${treeHash(bytes)}\n`);
    }
    const jobId = await startJob(vault, { ...inventoryRetrieval, Format: 'CSV' });
    const { headers, text } = await inventoryOf(vault, jobId);
    expect(headers['content-type']).toBe('text/csv');
    expect(text).toBe(`ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash\n${lines.join('')}`);
  });

  test('is what the vault held when it was taken, not what came or went since', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const vault = await startTestVault({ now: () => nowMs });
    const refused = await initiateJob(vault, JSON.stringify(inventoryRetrieval));
    expect([refused.status, refused.json]).toEqual([
      404,
      {
        code: 'ResourceNotFoundException',
        message:
          `Inventory retrieval jobs for vault ${ARN} cannot be initiated yet, ` +
          'as Amazon Glacier has not yet generated an initial inventory for this vault.',
        type: 'Client',
      },
    ]);
    nowMs += 1000;
    const kept = await vault.upload(sampleBytes(10, 'kept'));
    const deleted = await vault.upload(sampleBytes(10, 'deleted'));
    expect((await initiateJob(vault, JSON.stringify(inventoryRetrieval))).status).toBe(404);
    nowMs += DAY_MS;
    const later = await vault.upload(sampleBytes(10, 'later'));
    await vault.ask('DELETE', `/-/vaults/v/archives/${deleted}`);
    await vault.restart();
    const read = async () => {
      const { json } = await inventoryOf(vault, await startJob(vault, inventoryRetrieval));
      const ids = json.ArchiveList.map((archive: { ArchiveId: string }) => archive.ArchiveId);
      return { date: json.InventoryDate, ids };
    };
    expect(await read()).toEqual({ date: '2026-01-02T00:00:00Z', ids: [kept, deleted] });
    nowMs += DAY_MS;
    expect(await read()).toEqual({ date: '2026-01-03T00:00:00Z', ids: [kept, later] });
  });

  test('of a job stays what it was when the job began', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const vault = await startTestVault({ now: () => nowMs, inventoryEveryMs: 0, jobDelayMs: 1000 });
    await vault.upload(sampleBytes(10));
    const jobId = await startJob(vault, inventoryRetrieval);
    expect((await describeJob(vault, jobId)).json).toMatchObject({ InventorySizeInBytes: null });
    await vault.upload(sampleBytes(11));
    nowMs += 1000;
    expect((await inventoryOf(vault, jobId)).json.ArchiveList).toHaveLength(1);
  });

  test('can be of archives from a date on and before another', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const vault = await startTestVault({ now: () => nowMs, inventoryEveryMs: 0 });
    const ids: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      ids.push(await vault.upload(sampleBytes(10)));
      nowMs += DAY_MS;
    }
    const InventoryRetrievalParameters = {
      StartDate: '2026-01-02T00:00:00Z',
      EndDate: '2026-01-04T00:00:00Z',
    };
    const jobId = await startJob(vault, { ...inventoryRetrieval, InventoryRetrievalParameters });
    const { json } = await inventoryOf(vault, jobId);
    expect(json.ArchiveList.map((archive: { ArchiveId: string }) => archive.ArchiveId)).toEqual(
      ids.slice(1, 3),
    );
    expect((await describeJob(vault, jobId)).json.InventoryRetrievalParameters).toEqual({
      EndDate: '2026-01-04T00:00:00Z',
      Format: 'JSON',
      Limit: null,
      Marker: null,
      StartDate: '2026-01-02T00:00:00Z',
    });
  });

  test('comes in pages, whose markers stay right when archives go', async () => {
    const vault = await startTestVault({ inventoryEveryMs: 0 });
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.push(await vault.upload(sampleBytes(10)));
    const page = async (Marker?: string) => {
      const InventoryRetrievalParameters = { Limit: '2', Marker };
      const jobId = await startJob(vault, { ...inventoryRetrieval, InventoryRetrievalParameters });
      const { json } = await inventoryOf(vault, jobId);
      return {
        ids: json.ArchiveList.map((archive: { ArchiveId: string }) => archive.ArchiveId),
        marker: (await describeJob(vault, jobId)).json.InventoryRetrievalParameters.Marker,
      };
    };
    const first = await page();
    expect(first.ids).toEqual(ids.slice(0, 2));
    await vault.ask('DELETE', `/-/vaults/v/archives/${ids[0]}`);
    const second = await page(first.marker);
    expect(second.ids).toEqual(ids.slice(2, 4));
    expect(await page(second.marker)).toEqual({ ids: ids.slice(4), marker: null });
  });
});

/*
 * Lengths that the real service's replies had, in September 2016, of a vault whose name has six letters: everything
 * else of these bodies has a fixed length. Archive jobs have had a Tier since.
 */
describe('the recorded lengths', () => {
  const post = (vault: TestVault, job: object) =>
    vault.ask('POST', '/-/vaults/photos/jobs', { body: Buffer.from(JSON.stringify(job)) });

  test('of jobs and of an inventory of 28 archives are met to the byte', async () => {
    let nowMs = Date.UTC(2016, 8, 20, 17, 3, 43, 221);
    const vault = await startTestVault({ now: () => nowMs, inventoryEveryMs: 0, jobDelayMs: 1000 });
    await vault.ask('PUT', '/-/vaults/photos');
    // What is left of 9,011 bytes for the descriptions, with sizes of one digit.
    for (let i = 0; i < 28; i += 1) {
      const bytes = sampleBytes(1);
      await vault.ask('POST', '/-/vaults/photos/archives', {
        headers: {
          'content-length': '1',
          'x-amz-content-sha256': sha256(bytes),
          'x-amz-sha256-tree-hash': treeHash(bytes),
          'x-amz-archive-description': 'x'.repeat(i === 0 ? 20 : 7),
        },
        body: bytes,
      });
    }
    const { headers } = await post(vault, inventoryRetrieval);
    const job = `/-/vaults/photos/jobs/${headers['x-amz-job-id']}`;
    const lengthOf = async (path: string) => Number((await vault.ask('GET', path)).headers['content-length']);
    expect(await lengthOf(job)).toBe(623);
    expect(await lengthOf('/-/vaults/photos/jobs')).toBe(651);
    nowMs += 1000;
    expect(await lengthOf(`${job}/output`)).toBe(9011);
    expect(await lengthOf(job)).toBe(650);
  });

  test('of a job for an archive of 100 MB is met, but for the tier', async () => {
    const vault = await startTestVault({ jobDelayMs: 1000 });
    await vault.ask('PUT', '/-/vaults/photos');
    const sizeBytes = 100 * MIB;
    const bytes = Buffer.alloc(sizeBytes);
    const { headers } = await vault.ask('POST', '/-/vaults/photos/archives', {
      headers: {
        'content-length': String(sizeBytes),
        'x-amz-content-sha256': sha256(bytes),
        'x-amz-sha256-tree-hash': treeHash(bytes),
      },
      body: bytes,
    });
    const started = await post(vault, {
      Type: 'archive-retrieval',
      ArchiveId: headers['x-amz-archive-id'],
      Description: 'abc',
    });
    const { text } = await vault.ask('GET', `/-/vaults/photos/jobs/${started.headers['x-amz-job-id']}`);
    expect(text.length - ',"Tier":"Standard"'.length).toBe(824);
  });
});
