import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateVaultCommand,
  DeleteArchiveCommand,
  DescribeJobCommand,
  DescribeVaultCommand,
  GetJobOutputCommand,
  GlacierClient,
  InitiateJobCommand,
  InitiateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  paginateListJobs,
  paginateListParts,
  paginateListVaults,
  UploadArchiveCommand,
  UploadMultipartPartCommand,
} from '@aws-sdk/client-glacier';
import { expect, onTestFinished, test } from 'vitest';
import { MIB, sampleBytes, startTestVault, treeHash } from './helpers/vault.js';

const common = { accountId: '-', vaultName: 'sdk' };

async function start(faults: readonly string[] = []) {
  const { url } = await startTestVault({ faults, inventoryEveryMs: 0 });
  const client = new GlacierClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  await client.send(new CreateVaultCommand(common));
  return client;
}

test('the SDK uploads an archive in parts, lists them page by page and completes', async () => {
  const client = await start();
  const bytes = sampleBytes(3 * MIB + 100);
  const { uploadId, location } = await client.send(
    new InitiateMultipartUploadCommand({ ...common, partSize: String(MIB), archiveDescription: 'by SDK' }),
  );
  expect(location).toMatch(/^\/\d{12}\/vaults\/sdk\/multipart-uploads\//);
  for (let first = 0; first < bytes.length; first += MIB) {
    const body = bytes.subarray(first, first + MIB);
    const range = `bytes ${first}-${first + body.length - 1}/*`;
    const { checksum } = await client.send(
      new UploadMultipartPartCommand({ ...common, uploadId, range, body }),
    );
    expect(checksum).toBe(treeHash(body));
  }
  const hashes: (string | undefined)[] = [];
  let pages = 0;
  for await (const page of paginateListParts({ client, pageSize: 1 }, { ...common, uploadId })) {
    pages += 1;
    hashes.push(...(page.Parts ?? []).map((part) => part.SHA256TreeHash));
  }
  expect([pages, hashes[3]]).toEqual([4, treeHash(bytes.subarray(3 * MIB))]);
  const { UploadsList } = await client.send(new ListMultipartUploadsCommand(common));
  expect(UploadsList).toMatchObject([{ MultipartUploadId: uploadId, ArchiveDescription: 'by SDK' }]);
  const complete = new CompleteMultipartUploadCommand({
    ...common,
    uploadId,
    archiveSize: String(bytes.length),
    checksum: treeHash(bytes),
  });
  const done = await client.send(complete);
  expect(done.checksum).toBe(treeHash(bytes));
  expect((await client.send(complete)).archiveId).toBe(done.archiveId);
  await expect(client.send(new AbortMultipartUploadCommand({ ...common, uploadId }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: `The upload ID was not found: ${uploadId}`,
    $metadata: { httpStatusCode: 404, requestId: expect.stringMatching(/^.{47}$/) },
  });
});

test('the SDK retrieves an archive in ranges, and the inventory', async () => {
  const client = await start();
  const bytes = sampleBytes(2 * MIB + 9);
  const { archiveId } = await client.send(new UploadArchiveCommand({ ...common, body: bytes }));
  const retrieval = { Type: 'archive-retrieval', ArchiveId: archiveId, Description: 'by SDK' };
  const { jobId, location } = await client.send(
    new InitiateJobCommand({ ...common, jobParameters: retrieval }),
  );
  expect(location).toBe(`/111122223333/vaults/sdk/jobs/${jobId}`);
  expect(await client.send(new DescribeJobCommand({ ...common, jobId }))).toMatchObject({
    Action: 'ArchiveRetrieval',
    Completed: true,
    JobDescription: 'by SDK',
    SHA256TreeHash: treeHash(bytes),
    StatusCode: 'Succeeded',
  });
  for (const [first, end] of [
    [0, 2 * MIB],
    [2 * MIB, bytes.length],
  ] as const) {
    const range = `bytes=${first}-${end - 1}`;
    const output = await client.send(new GetJobOutputCommand({ ...common, jobId, range }));
    const expected = bytes.subarray(first, end);
    expect([output.status, output.checksum, output.contentRange]).toEqual([
      206,
      treeHash(expected),
      `bytes ${first}-${end - 1}/${bytes.length}`,
    ]);
    expect(Buffer.from((await output.body?.transformToByteArray()) ?? []).equals(expected)).toBe(true);
  }
  const inventory = await client.send(
    new InitiateJobCommand({ ...common, jobParameters: { Type: 'inventory-retrieval', Format: 'CSV' } }),
  );
  const { body } = await client.send(new GetJobOutputCommand({ ...common, jobId: inventory.jobId }));
  expect(await body?.transformToString()).toContain(`${archiveId},,`);
  const jobIds: unknown[] = [];
  for await (const page of paginateListJobs({ client, pageSize: 1 }, common)) {
    jobIds.push(...(page.JobList ?? []).map((job) => job.JobId));
  }
  expect(jobIds).toEqual([inventory.jobId, jobId]);
  await expect(client.send(new DescribeJobCommand({ ...common, jobId: 'unknown' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'The job ID was not found: unknown',
  });
});

test('the SDK uploads, describes and deletes', async () => {
  const client = await start();
  const { archiveId } = await client.send(new UploadArchiveCommand({ ...common, body: sampleBytes(5000) }));
  await client.send(new DeleteArchiveCommand({ ...common, archiveId }));
  expect(await client.send(new DescribeVaultCommand(common))).toMatchObject({
    VaultName: 'sdk',
    NumberOfArchives: 0,
  });
  const names: unknown[] = [];
  for await (const page of paginateListVaults({ client }, { accountId: '-', limit: 1 })) {
    names.push(...(page.VaultList ?? []).map((vault) => vault.VaultName));
  }
  expect(names).toEqual(['sdk', 'v']);
});

test('the SDK reads the service’s errors by their names', async () => {
  const client = await start(['describe-vault#1:error=ThrottlingException', 'describe-vault#2:html=503']);
  const describe = () => client.send(new DescribeVaultCommand(common));
  await expect(describe()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
  await expect(describe()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
  await expect(describe()).resolves.toMatchObject({ VaultName: 'sdk' });
  await expect(
    client.send(new InitiateMultipartUploadCommand({ ...common, partSize: '3' })),
  ).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
});
