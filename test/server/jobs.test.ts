import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeJob, initiateJob, inventoryOf, outputOf, startJob } from './helpers/jobs.js';
import { startServerProcess } from './helpers/process.js';
import {
  ACCOUNT,
  MIB,
  newFolder,
  sampleBytes,
  startTestVault,
  TestVault,
  treeHash,
} from './helpers/vault.js';

const ARN = `arn:aws:glacier:eu-west-1:${ACCOUNT}:vaults/v`;
const HOUR_MS = 60 * 60 * 1000;
const jobFolders = (vault: TestVault) => readdir(join(vault.dir, 'vaults', '1', 'jobs'));

/** A vault whose jobs take four hours of a clock that the test moves. */
async function withClock() {
  const clock = { nowMs: Date.UTC(2026, 0, 1, 12, 0, 0, 123) };
  const vault = await startTestVault({
    now: () => clock.nowMs,
    jobDelayMs: 4 * HOUR_MS,
    inventoryEveryMs: 0,
  });
  return { vault, clock };
}

describe('InitiateJob', () => {
  test('answers 202 with the job in Location, and no body', async () => {
    const vault = await startTestVault();
    const archiveId = await vault.upload(sampleBytes(10));
    const body = JSON.stringify({ Type: 'archive-retrieval', ArchiveId: archiveId });
    const { status, headers, text } = await initiateJob(vault, body);
    const jobId = headers['x-amz-job-id'];
    expect(jobId).toMatch(/^[A-Za-z0-9_-]{92}$/);
    expect([status, headers.location, text]).toEqual([202, `/${ACCOUNT}/vaults/v/jobs/${jobId}`, '']);
  });

  test.each([
    ['', 'MissingParameterValueException', 'Required parameter missing: Job Parameters'],
    ['{}', 'MissingParameterValueException', 'Required parameter missing: type'],
    ['{"Type":', 'SerializationException', 'Invalid JSON'],
    ['[]', 'SerializationException', 'Invalid JSON'],
    ['{"Type":1}', 'SerializationException', 'Invalid Type'],
    ['{"Type":"select"}', 'InvalidParameterValueException', 'Invalid job type: select'],
    [
      '{"Type":"archive-retrieval"}',
      'MissingParameterValueException',
      'Required parameter missing: archiveId',
    ],
    [
      '{"Type":"inventory-retrieval","Format":"XML"}',
      'InvalidParameterValueException',
      'Invalid format: XML',
    ],
    ['{"Type":"inventory-retrieval","Tier":"Fast"}', 'InvalidParameterValueException', 'Invalid tier: Fast'],
    [
      '{"Type":"inventory-retrieval","ArchiveId":"a"}',
      'InvalidParameterValueException',
      'ArchiveId is not allowed for job type inventory-retrieval',
    ],
    [
      '{"Type":"inventory-retrieval","InventoryRetrievalParameters":{"Limit":"0"}}',
      'InvalidParameterValueException',
      'Invalid limit: 0',
    ],
    [
      '{"Type":"inventory-retrieval","InventoryRetrievalParameters":{"Limit":5}}',
      'SerializationException',
      'Invalid Limit',
    ],
    [
      '{"Type":"inventory-retrieval","InventoryRetrievalParameters":{"StartDate":"2026-01-01"}}',
      'InvalidParameterValueException',
      'Invalid StartDate: 2026-01-01',
    ],
    [
      '{"Type":"inventory-retrieval","InventoryRetrievalParameters":{"Marker":"?"}}',
      'InvalidParameterValueException',
      'Invalid marker: ?',
    ],
    [
      '{"Type":"inventory-retrieval","Description":"é"}',
      'InvalidParameterValueException',
      'Invalid description: it must be at most 1024 characters of printable ASCII.',
    ],
  ])('refuses %s', async (body, code, message) => {
    const vault = await startTestVault({ inventoryEveryMs: 0 });
    await vault.upload(sampleBytes(10));
    const { status, json } = await initiateJob(vault, body);
    expect([status, json]).toEqual([400, { code, message, type: 'Client' }]);
    expect(await jobFolders(vault).catch(() => [])).toEqual([]);
  });

  test('knows no archive that is not there, and tells one of another vault', async () => {
    const vault = await startTestVault();
    const archiveId = 'a'.repeat(138);
    const unknown = await initiateJob(
      vault,
      JSON.stringify({ Type: 'archive-retrieval', ArchiveId: archiveId }),
    );
    expect([unknown.status, unknown.json.code, unknown.json.message]).toEqual([
      404,
      'ResourceNotFoundException',
      `The archive ID was not found: ${archiveId}`,
    ]);
    const there = await vault.upload(sampleBytes(10));
    await vault.ask('PUT', '/-/vaults/w');
    const { status, json } = await vault.ask('POST', '/-/vaults/w/jobs', {
      body: Buffer.from(JSON.stringify({ Type: 'archive-retrieval', ArchiveId: there })),
    });
    expect([status, json.code, json.message]).toEqual([
      400,
      'InvalidParameterValueException',
      'Invalid vault name: arn:aws:glacier:eu-west-1:111122223333:vaults/w',
    ]);
    expect(await jobFolders(vault).catch(() => [])).toEqual([]);
  });

  test('takes ranges of whole MiB, or up to the end of the archive', async () => {
    const vault = await startTestVault();
    const ArchiveId = await vault.upload(sampleBytes(2.5 * MIB));
    const asked = (RetrievalByteRange: string) =>
      initiateJob(vault, JSON.stringify({ Type: 'archive-retrieval', ArchiveId, RetrievalByteRange }));
    for (const range of ['0-1048575', '1048576-2621439', '0-2621439']) {
      expect((await asked(range)).status).toBe(202);
    }
    for (const range of ['0-1048574', '1-1048575', '0-2621440', '1048576-1048575', 'x', 'bytes=0-1048575']) {
      const { status, json } = await asked(range);
      expect([status, json.code, json.message]).toEqual([
        400,
        'InvalidParameterValueException',
        expect.stringContaining(`Invalid retrieval byte range: ${range}`),
      ]);
    }
    expect(await jobFolders(vault)).toHaveLength(3);
  });
});

describe('a job', () => {
  test('runs for as long as the delay says, and is then there for a day', async () => {
    const { vault, clock } = await withClock();
    const bytes = sampleBytes(3 * MIB + 7);
    const archiveId = await vault.upload(bytes);
    const jobId = await startJob(vault, {
      Type: 'archive-retrieval',
      ArchiveId: archiveId,
      Description: 'hi',
    });
    const running = {
      Action: 'ArchiveRetrieval',
      ArchiveId: archiveId,
      ArchiveSHA256TreeHash: treeHash(bytes),
      ArchiveSizeInBytes: bytes.length,
      Completed: false,
      CompletionDate: null,
      CreationDate: '2026-01-01T12:00:00.123Z',
      InventoryRetrievalParameters: null,
      InventorySizeInBytes: null,
      JobDescription: 'hi',
      JobId: jobId,
      RetrievalByteRange: `0-${bytes.length - 1}`,
      SHA256TreeHash: treeHash(bytes),
      SNSTopic: null,
      StatusCode: 'InProgress',
      StatusMessage: null,
      Tier: 'Standard',
      VaultARN: ARN,
    };
    expect((await describeJob(vault, jobId)).text).toBe(JSON.stringify(running));
    clock.nowMs += 4 * HOUR_MS - 1;
    const early = await outputOf(vault, jobId);
    expect([early.status, JSON.parse(early.bytes.toString())]).toEqual([
      400,
      {
        code: 'InvalidParameterValueException',
        message: `The job is not currently available for download: ${jobId}`,
        type: 'Client',
      },
    ]);
    clock.nowMs += 1;
    expect((await describeJob(vault, jobId)).json).toEqual({
      ...running,
      Completed: true,
      CompletionDate: '2026-01-01T16:00:00.123Z',
      StatusCode: 'Succeeded',
      StatusMessage: 'Succeeded',
    });
    clock.nowMs += 24 * HOUR_MS - 1;
    expect((await outputOf(vault, jobId)).bytes.equals(bytes)).toBe(true);
    clock.nowMs += 1;
    for (const { status, json } of [await describeJob(vault, jobId), await inventoryOf(vault, jobId)]) {
      expect([status, json.code, json.message]).toEqual([
        404,
        'ResourceNotFoundException',
        `The job ID was not found: ${jobId}`,
      ]);
    }
    await vault.restart();
    expect(await jobFolders(vault)).toEqual([]);
  });

  test('outlives the archive that it retrieves, and is deleted with the vault', async () => {
    const { vault, clock } = await withClock();
    const bytes = sampleBytes(5000);
    const archiveId = await vault.upload(bytes);
    const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId: archiveId });
    await vault.ask('DELETE', `/-/vaults/v/archives/${archiveId}`);
    await vault.restart();
    clock.nowMs += 4 * HOUR_MS;
    expect((await outputOf(vault, jobId)).bytes.equals(bytes)).toBe(true);
    const again = await initiateJob(
      vault,
      JSON.stringify({ Type: 'archive-retrieval', ArchiveId: archiveId }),
    );
    expect(again.status).toBe(404);
    expect((await vault.ask('DELETE', '/-/vaults/v')).status).toBe(204);
    expect(await readdir(join(vault.dir, 'vaults'))).toEqual([]);
  });

  test('that was acknowledged survives kill -9, with its output and its time', async () => {
    const dir = await newFolder();
    const { url, kill } = await startServerProcess(dir);
    const vault = new TestVault(dir, { url, folderId: '', close: kill }, {});
    await vault.ask('PUT', '/-/vaults/v');
    const bytes = sampleBytes(2 * MIB + 5);
    const archiveId = await vault.upload(bytes);
    const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId: archiveId });
    const before = await describeJob(vault, jobId);
    await kill();
    const restarted = new TestVault(
      dir,
      await startServerProcess(dir).then(({ url, kill }) => ({ url, folderId: '', close: kill })),
      {},
    );
    expect((await describeJob(restarted, jobId)).json).toEqual(before.json);
    expect((await outputOf(restarted, jobId)).bytes.equals(bytes)).toBe(true);
  });
});

describe('ListJobs', () => {
  test('shows the newest first, page by page, and filters', async () => {
    const { vault, clock } = await withClock();
    const archiveId = await vault.upload(sampleBytes(10));
    const jobIds: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      jobIds.unshift(await startJob(vault, { Type: 'archive-retrieval', ArchiveId: archiveId }));
      clock.nowMs += HOUR_MS;
    }
    const list = async (query: string) => {
      const { json } = await vault.ask('GET', `/-/vaults/v/jobs${query}`);
      return { ids: json.JobList.map((job: { JobId: string }) => job.JobId), marker: json.Marker };
    };
    expect(await list('')).toEqual({ ids: jobIds, marker: null });
    const first = await list('?limit=2');
    expect(first.ids).toEqual(jobIds.slice(0, 2));
    const second = await list(`?limit=2&marker=${first.marker}`);
    expect(second.ids).toEqual(jobIds.slice(2, 4));
    expect(await list(`?limit=2&marker=${second.marker}`)).toEqual({ ids: jobIds.slice(4), marker: null });
    expect((await list('?completed=true')).ids).toEqual(jobIds.slice(3));
    expect((await list('?completed=false')).ids).toEqual(jobIds.slice(0, 3));
    expect((await list('?statuscode=InProgress')).ids).toEqual(jobIds.slice(0, 3));
    expect((await list('?statuscode=Succeeded&completed=true')).ids).toEqual(jobIds.slice(3));
    expect((await list('?statuscode=Failed')).ids).toEqual([]);
  });

  test.each([
    ['?statuscode=finished', 'The job status code is not valid: finished'],
    ['?completed=yes', 'Invalid completed: yes. It must be true or false.'],
    ['?limit=51', 'Invalid limit: 51. It must be between 1 and 50.'],
    ['?marker=x', 'Invalid marker: x'],
  ])('refuses %s', async (query, message) => {
    const vault = await startTestVault();
    const { status, json } = await vault.ask('GET', `/-/vaults/v/jobs${query}`);
    expect([status, json.code, json.message]).toEqual([400, 'InvalidParameterValueException', message]);
  });
});
