/** Independent eyes: Debian's AWS CLI drives the embedded vault as the shipped program serves it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawTreeHashOf } from '../../src/treehash/tree-hash.js';
import { aws, isAwsInstalled } from '../helpers/aws-cli.js';
import { MiB, seededBytes } from '../helpers/bytes.js';

if (!isAwsInstalled)
  process.stderr.write('awscli.test.ts is skipped: Debian package awscli is not installed\n');

const folder = mkdtempSync(join(tmpdir(), 'glacier-up-awscli-'));
const secret = 'a-secret-that-only-the-environment-holds';
const env = {
  PATH: '/usr/bin:/bin',
  HOME: folder,
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_DEFAULT_REGION: 'eu-west-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};

async function startServe(...more: string[]) {
  const bin = new URL('../../bin/glacier-up.js', import.meta.url).pathname;
  const words = [
    bin,
    'serve',
    '--dir',
    join(folder, 'vault'),
    '--access-key-id',
    'AKIDEXAMPLE',
    '--inventory-every',
    '0',
    ...more,
  ];
  const child = execa(process.execPath, words, { env, extendEnv: false, stdin: 'ignore', reject: false });
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(String(text))),
  );
  return { child, url: line.replace('listening on ', '').trim() };
}

let serve: Awaited<ReturnType<typeof startServe>>;

async function restartServe(...more: string[]): Promise<void> {
  serve.child.kill('SIGTERM');
  await serve.child;
  serve = await startServe(...more);
}

/** Runs `aws glacier …` and returns what it printed, as JSON where there is any. */
async function glacier(command: string, ...words: string[]): Promise<Record<string, unknown>> {
  const args = ['--endpoint-url', serve.url, 'glacier', command, '--account-id', '-', ...words];
  const stdout = await aws(args, env);
  return stdout === '' ? {} : JSON.parse(stdout);
}

const refusal = (words: Promise<unknown>): Promise<string> =>
  words.then(
    () => 'nothing was refused',
    (error: Error) => error.message,
  );

describe.skipIf(!isAwsInstalled)("Debian's awscli, with its signatures verified,", () => {
  const vault = ['--vault-name', 'photos'];

  beforeAll(async () => {
    serve = await startServe('--job-delay', '1h');
  });

  afterAll(async () => {
    serve.child.kill('SIGTERM');
    const { exitCode } = await serve.child;
    rmSync(folder, { recursive: true, force: true });
    expect(exitCode).toBe(0);
  });

  test('creates, describes and lists vaults', async () => {
    const { location } = await glacier('create-vault', ...vault);
    expect(location).toMatch(/^\/\d{12}\/vaults\/photos$/);
    expect(await glacier('describe-vault', ...vault)).toMatchObject({
      VaultName: 'photos',
      VaultARN: expect.stringMatching(/^arn:aws:glacier:eu-west-1:\d{12}:vaults\/photos$/),
      NumberOfArchives: 0,
      SizeInBytes: 0,
    });
    const { VaultList } = await glacier('list-vaults');
    expect(VaultList).toMatchObject([{ VaultName: 'photos' }]);
  });

  test('uploads an archive in three parts, page by page, and completes it twice', async () => {
    const bytes = seededBytes(2.5 * MiB, 4);
    const words = [...vault, '--part-size', String(MiB), '--archive-description', 'three parts'];
    const { uploadId } = await glacier('initiate-multipart-upload', ...words);
    const upload = [...vault, `--upload-id=${uploadId}`];
    for (const [index, end] of [MiB, 2 * MiB, 2.5 * MiB].entries()) {
      const part = bytes.subarray(index * MiB, end);
      const body = join(folder, `part-${index}`);
      writeFileSync(body, part);
      const range = `bytes ${index * MiB}-${end - 1}/*`;
      const { checksum } = await glacier(
        'upload-multipart-part',
        ...upload,
        '--body',
        body,
        '--range',
        range,
      );
      expect(checksum).toBe(rawTreeHashOf(part).toString('hex'));
    }
    const { Parts } = (await glacier('list-parts', ...upload, '--page-size', '1')) as { Parts: unknown[] };
    expect(Parts).toMatchObject([
      { RangeInBytes: '0-1048575' },
      { RangeInBytes: '1048576-2097151' },
      { RangeInBytes: '2097152-2621439' },
    ]);
    const { UploadsList } = await glacier('list-multipart-uploads', ...vault);
    expect(UploadsList).toMatchObject([{ MultipartUploadId: uploadId, ArchiveDescription: 'three parts' }]);
    const whole = [
      '--archive-size',
      String(bytes.length),
      '--checksum',
      rawTreeHashOf(bytes).toString('hex'),
    ];
    const wrong = ['--archive-size', String(bytes.length), '--checksum', 'a'.repeat(64)];
    expect(await refusal(glacier('complete-multipart-upload', ...upload, ...wrong))).toContain(
      'InvalidParameterValueException',
    );
    const first = await glacier('complete-multipart-upload', ...upload, ...whole);
    expect(first.archiveId).toMatch(/^[A-Za-z0-9_-]{138}$/);
    expect(await glacier('complete-multipart-upload', ...upload, ...whole)).toEqual(first);
    expect(await refusal(glacier('list-parts', ...upload))).toContain('The upload ID was not found');
    expect(await glacier('describe-vault', ...vault)).toMatchObject({
      NumberOfArchives: 1,
      SizeInBytes: bytes.length + 32_768,
    });
  }, 120_000);

  test('retrieves an archive, a range of it and the inventory by jobs', async () => {
    const bytes = seededBytes(3 * MiB + 5, 7);
    const file = join(folder, 'archive');
    writeFileSync(file, bytes);
    const { archiveId } = await glacier('upload-archive', ...vault, '--body', file);
    const job = (parameters: object) =>
      glacier('initiate-job', ...vault, '--job-parameters', JSON.stringify(parameters));
    const { jobId, location } = await job({ Type: 'archive-retrieval', ArchiveId: archiveId, Tier: 'Bulk' });
    expect(location).toBe(`/111122223333/vaults/photos/jobs/${jobId}`);
    expect(await refusal(glacier('get-job-output', ...vault, `--job-id=${jobId}`, file))).toContain(
      `The job is not currently available for download: ${jobId}`,
    );
    await restartServe('--job-delay', '0');
    const range = await job({
      Type: 'archive-retrieval',
      ArchiveId: archiveId,
      RetrievalByteRange: '2097152-3145732',
    });
    const described = await glacier('describe-job', ...vault, `--job-id=${range.jobId}`);
    expect(described).toMatchObject({
      Action: 'ArchiveRetrieval',
      ArchiveId: archiveId,
      Completed: true,
      RetrievalByteRange: '2097152-3145732',
      SHA256TreeHash: rawTreeHashOf(bytes.subarray(2 * MiB)).toString('hex'),
      StatusCode: 'Succeeded',
      Tier: 'Standard',
    });
    const out = join(folder, 'out');
    const got = await glacier('get-job-output', ...vault, `--job-id=${range.jobId}`, out);
    expect(got).toMatchObject({ status: 200, checksum: described.SHA256TreeHash });
    expect(readFileSync(out).equals(bytes.subarray(2 * MiB))).toBe(true);
    const some = ['--range', 'bytes=0-1048575'];
    expect(await glacier('get-job-output', ...vault, `--job-id=${range.jobId}`, ...some, out)).toMatchObject({
      status: 206,
      contentRange: 'bytes 0-1048575/1048581',
      checksum: rawTreeHashOf(bytes.subarray(2 * MiB, 3 * MiB)).toString('hex'),
    });
    expect(readFileSync(out).equals(bytes.subarray(2 * MiB, 3 * MiB))).toBe(true);
    for (const Format of ['JSON', 'CSV']) {
      const inventory = await job({ Type: 'inventory-retrieval', Format });
      await glacier('get-job-output', ...vault, `--job-id=${inventory.jobId}`, out);
      expect(readFileSync(out, 'utf8')).toContain(String(archiveId));
    }
    const { JobList } = (await glacier('list-jobs', ...vault)) as { JobList: { JobId: string }[] };
    expect(JobList).toHaveLength(4);
    expect(JobList.at(-1)).toMatchObject({ JobId: jobId, StatusCode: 'InProgress', Tier: 'Bulk' });
    const { JobList: done } = (await glacier('list-jobs', ...vault, '--completed', 'true')) as {
      JobList: unknown[];
    };
    expect(done).toHaveLength(3);
  }, 120_000);

  test('aborts an upload, and again, and it is gone', async () => {
    const { uploadId } = await glacier('initiate-multipart-upload', ...vault, '--part-size', String(MiB));
    const upload = [...vault, `--upload-id=${uploadId}`];
    await glacier('abort-multipart-upload', ...upload);
    await glacier('abort-multipart-upload', ...upload);
    expect(await refusal(glacier('list-parts', ...upload))).toContain('The upload ID was not found');
    expect((await glacier('list-multipart-uploads', ...vault)).UploadsList).toEqual([]);
  }, 120_000);

  test('locks a vault, sets policies, and is refused what they deny', async () => {
    const locked = ['--vault-name', 'locked'];
    await glacier('create-vault', ...locked);
    const file = join(folder, 'tiny');
    writeFileSync(file, 'x');
    const { archiveId } = await glacier('upload-archive', ...locked, '--body', file);
    const remove = () => glacier('delete-archive', ...locked, `--archive-id=${archiveId}`);
    const deny = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'glacier:DeleteArchive',
      Resource: 'arn:aws:glacier:eu-west-1:111122223333:vaults/locked',
      Condition: { NumericLessThan: { 'glacier:ArchiveAgeInDays': '365' } },
    };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [deny] });
    const policy = ['--policy', JSON.stringify({ Policy })];
    await glacier('set-vault-access-policy', ...locked, ...policy);
    expect(await glacier('get-vault-access-policy', ...locked)).toEqual({ policy: { Policy } });
    expect(await refusal(remove())).toContain('AccessDeniedException');
    await glacier('delete-vault-access-policy', ...locked);
    const { lockId } = await glacier('initiate-vault-lock', ...locked, ...policy);
    await glacier('complete-vault-lock', ...locked, `--lock-id=${lockId}`);
    expect(await glacier('get-vault-lock', ...locked)).toMatchObject({ Policy, State: 'Locked' });
    expect(await refusal(glacier('abort-vault-lock', ...locked))).toContain('AccessDeniedException');
    expect(await refusal(remove())).toContain('with an explicit deny in a resource-based policy');
    const rules = (rule: object) => ['--policy', JSON.stringify({ Rules: [rule] })];
    const parameters = JSON.stringify({ Type: 'archive-retrieval', ArchiveId: archiveId });
    // Its bytes count for the hour, whether there was a policy already or not.
    await glacier('initiate-job', ...locked, '--job-parameters', parameters);
    await glacier('set-data-retrieval-policy', ...rules({ Strategy: 'BytesPerHour', BytesPerHour: 1 }));
    expect(await glacier('get-data-retrieval-policy')).toEqual({
      Policy: { Rules: [{ Strategy: 'BytesPerHour', BytesPerHour: 1 }] },
    });
    expect(await refusal(glacier('initiate-job', ...locked, '--job-parameters', parameters))).toContain(
      'PolicyEnforcedException',
    );
    await glacier('set-data-retrieval-policy', ...rules({ Strategy: 'None' }));
  }, 300_000);

  test('is refused with another secret, and the right one is in no file of the vault', async () => {
    const args = ['--endpoint-url', serve.url, 'glacier', 'list-vaults', '--account-id', '-'];
    const wrong = aws(args, { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' });
    expect(await refusal(wrong)).toContain('InvalidSignatureException');
    const found = await execa('grep', ['-r', secret, join(folder, 'vault')], { reject: false });
    expect(found.exitCode).toBe(1);
  });
});
