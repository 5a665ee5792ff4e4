import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { describeJob, outputOf, startJob } from './helpers/jobs.js';
import { AUTHORIZATION, MIB, sampleBytes, startTestVault, type TestVault } from './helpers/vault.js';

const LOST = /ECONNRESET|socket hang up|EPIPE|aborted|the reply was cut/;
const SIZE_BYTES = 2 * MIB + 100;

/** A finished job, on a server with rules. */
async function withJob(...faults: string[]) {
  const vault = await startTestVault();
  const bytes = sampleBytes(SIZE_BYTES);
  const ArchiveId = await vault.upload(bytes);
  await vault.restart({ faults });
  const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
  return { vault, bytes, jobId, ArchiveId };
}

/** What has come of an output when it ends, or when so many bytes are there. */
async function receivedOf(vault: TestVault, jobId: string, enoughBytes = Number.POSITIVE_INFINITY) {
  const asking = request(`${vault.url}/-/vaults/v/jobs/${jobId}/output`, {
    headers: { 'x-amz-glacier-version': '2012-06-01', authorization: AUTHORIZATION },
  }).end();
  const [response] = await once(asking, 'response');
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  await new Promise<void>((resolve) => {
    response.on('data', (piece: Buffer) => {
      pieces.push(piece);
      sizeBytes += piece.length;
      if (sizeBytes >= enoughBytes) resolve();
    });
    response.on('error', () => undefined).on('close', () => resolve());
  });
  asking.destroy();
  return { bytes: Buffer.concat(pieces), complete: response.complete as boolean };
}

describe('faults of job-output', () => {
  test('corrupt changes one bit of the bytes, and the tree hash is still that of the true ones', async () => {
    const { vault, bytes, jobId } = await withJob('job-output#2:corrupt');
    const good = await outputOf(vault, jobId);
    const bad = await outputOf(vault, jobId);
    expect(bad.headers['x-amz-sha256-tree-hash']).toBe(good.headers['x-amz-sha256-tree-hash']);
    expect(bad.bytes.length).toBe(bytes.length);
    expect((bad.bytes[0] ?? 0) ^ (bytes[0] ?? 0)).toBe(1);
    expect(bad.bytes.subarray(1).equals(bytes.subarray(1))).toBe(true);
    expect((await outputOf(vault, jobId)).bytes.equals(bytes)).toBe(true);
  });

  test('wrong-tree-hash sends the true bytes with another hash', async () => {
    const { vault, bytes, jobId } = await withJob('job-output#1:wrong-tree-hash');
    const { headers, bytes: got } = await outputOf(vault, jobId);
    expect(got.equals(bytes)).toBe(true);
    expect(headers['x-amz-sha256-tree-hash']).not.toBe(
      (await outputOf(vault, jobId)).headers['x-amz-sha256-tree-hash'],
    );
  });

  test.each([
    ['job-output#1:cut-reply@1M', MIB],
    ['job-output#1:cut-reply', SIZE_BYTES / 2],
    ['job-output#1:cut-reply@100', 100],
  ])('%s drops the connection after so many bytes', async (rule, cutBytes) => {
    const { vault, bytes, jobId } = await withJob(rule);
    const { bytes: got, complete } = await receivedOf(vault, jobId);
    expect([complete, got.length]).toEqual([false, cutBytes]);
    expect(got.equals(bytes.subarray(0, cutBytes))).toBe(true);
    expect((await outputOf(vault, jobId)).bytes.equals(bytes)).toBe(true);
  });

  test('truncate-reply ends the bytes too soon, in otherwise whole HTTP', async () => {
    const { vault, bytes, jobId } = await withJob('job-output#1:truncate-reply@1500000');
    const { status, headers, bytes: got } = await outputOf(vault, jobId);
    expect([status, headers['content-length']]).toEqual([200, '1500000']);
    expect(got.equals(bytes.subarray(0, 1_500_000))).toBe(true);
  });

  test('stall sends so many bytes and then nothing, while the connection stays', async () => {
    const { vault, bytes, jobId } = await withJob('job-output#1:stall@1M');
    const { bytes: got, complete } = await receivedOf(vault, jobId, MIB);
    expect(complete).toBe(false);
    expect(got.equals(bytes.subarray(0, MIB))).toBe(true);
  });

  test('slow-body sends the bytes slowly, and all of them', async () => {
    const { vault, bytes, jobId } = await withJob('job-output#1:slow-body=16M/s');
    const startedAtMs = performance.now();
    expect((await outputOf(vault, jobId)).bytes.equals(bytes)).toBe(true);
    // Never faster than told, however fast the machine.
    expect(performance.now() - startedAtMs).toBeGreaterThan(100);
  });

  test('ignore-range sends the whole, as some proxies do', async () => {
    const { vault, jobId } = await withJob('job-output#1:ignore-range');
    const { status, headers, bytes } = await outputOf(vault, jobId, 'bytes=0-1048575');
    expect([status, bytes.length, headers['content-range']]).toEqual([200, SIZE_BYTES, undefined]);
    expect((await outputOf(vault, jobId, 'bytes=0-1048575')).status).toBe(206);
  });

  test('lose-reply, errors and pages of strangers are as for any operation', async () => {
    const { vault, bytes, jobId } = await withJob(
      'job-output#1:lose-reply',
      'job-output#2:error=ThrottlingException',
      'job-output#3:html=503',
      'job-output#4:late-error=ServiceUnavailableException',
    );
    await expect(outputOf(vault, jobId)).rejects.toThrow(LOST);
    for (const status of [400, 503, 500]) expect((await outputOf(vault, jobId)).status).toBe(status);
    expect((await outputOf(vault, jobId)).bytes.equals(bytes)).toBe(true);
  });
});

test('fail-job ends a job in failure, and its output cannot be had', async () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const vault = await startTestVault({
    now: () => nowMs,
    faults: ['initiate-job#1:fail-job'],
    jobDelayMs: 1000,
  });
  const ArchiveId = await vault.upload(sampleBytes(10));
  const failing = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
  const other = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
  expect((await describeJob(vault, failing)).json).toMatchObject({
    StatusCode: 'InProgress',
    StatusMessage: null,
  });
  nowMs += 1000;
  await vault.restart();
  expect((await describeJob(vault, failing)).json).toMatchObject({
    Completed: true,
    StatusCode: 'Failed',
    StatusMessage: 'Failed',
  });
  expect((await outputOf(vault, failing)).status).toBe(400);
  expect((await outputOf(vault, other)).status).toBe(200);
  const { json } = await vault.ask('GET', '/-/vaults/v/jobs?statuscode=Failed');
  expect(json.JobList.map((job: { JobId: string }) => job.JobId)).toEqual([failing]);
});

test('a reply of initiate-job that is lost leaves a job, which ListJobs shows', async () => {
  const { vault, ArchiveId } = await withJob('initiate-job#2:lose-reply', 'list-jobs#1:truncate-reply');
  await expect(startJob(vault, { Type: 'archive-retrieval', ArchiveId })).rejects.toThrow(LOST);
  expect((await vault.ask('GET', '/-/vaults/v/jobs')).json).toBe('not JSON');
  expect((await vault.ask('GET', '/-/vaults/v/jobs')).json.JobList).toHaveLength(2);
});
