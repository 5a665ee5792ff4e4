/** What the service's replies become, and those that only look like some, over a real socket and the real SDK. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '../../../src/glacier/jobs.js';
import { rawSha256, rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { sdkVaultAt } from '../../helpers/sdk-vault-at.js';

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

let server: Server;
let answer: Answer;
let request: Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { text: string };
let vault: ReturnType<typeof sdkVaultAt>;
const signal = new AbortController().signal;
const id = { 'x-amzn-requestid': 'request' };
const hash = rawTreeHashOf(Buffer.from('part')).toString('hex');

beforeAll(async () => {
  server = createServer(async (incoming, response) => {
    const { method, url, headers } = incoming;
    request = { method, url, headers, text: (await incoming.toArray()).join('') };
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vault = sdkVaultAt(server);
});
beforeEach(() => {
  answer = { status: 200, headers: { 'content-type': 'text/html' }, body: '{}' };
});
afterAll(() => {
  vault.close();
  server.closeAllConnections();
  server.close();
});

const json = (value: unknown, headers = {}): Answer => ({
  status: 200,
  headers: { ...id, 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

const part = () => ({
  uploadId: 'upload',
  range: { start: 0, end: 4 },
  treeHash: hash,
  sha256: rawSha256(Buffer.from('part')).toString('hex'),
  openBody: () => Readable.from([Buffer.from('part')]),
});
const complete = () => vault.completeUpload({ uploadId: 'upload', sizeBytes: 4, treeHash: hash }, signal);
const read = (changes = {}) => {
  const pieces: Uint8Array[] = [];
  const openSink = () => async (piece: Uint8Array) => void pieces.push(piece);
  return vault
    .readJobOutput({ jobId: 'job', range: { start: 0, end: 4 }, openSink, ...changes }, signal)
    .then((treeHash) => ({ treeHash, text: Buffer.concat(pieces).toString() }));
};

describe('an answer that the service would not give', () => {
  const calls: [string, () => Promise<unknown>][] = [
    ['InitiateMultipartUpload', () => vault.initiateUpload({ partSizeBytes: 1, description: '' }, signal)],
    ['UploadMultipartPart', () => vault.uploadPart(part(), signal)],
    ['ListParts', () => vault.listPartsPage('upload', null, signal)],
    ['ListMultipartUploads', () => vault.listUploadsPage(null, signal)],
    ['CompleteMultipartUpload', complete],
    ['AbortMultipartUpload', () => vault.abortUpload('upload', signal)],
    ['CreateVault', () => vault.createVault(signal)],
    ['DeleteVault', () => vault.deleteVault(signal)],
    ['DescribeVault', () => vault.describeVault(signal)],
    ['ListVaults', () => vault.listVaultsPage(null, signal)],
    ['InitiateJob', () => vault.initiateJob({ kind: 'inventory' }, signal)],
    ['DescribeJob', () => vault.describeJob('job', signal)],
    ['ListJobs', () => vault.listJobsPage(null, signal)],
    ['DeleteArchive', () => vault.deleteArchive('archive', signal)],
  ];
  test.each(calls)('to %s is taken for one of something else on the way', async (operation, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'temporary', service: { operation } });
  });

  test('of a vault in a list that has no name is one, too', async () => {
    answer = json({ VaultList: [{ VaultARN: 'arn:aws:glacier:us-east-1:123456789012:vaults/photos' }] });
    await expect(vault.listVaultsPage(null, signal)).rejects.toMatchObject({ code: 'temporary' });
  });
});

describe('Complete', () => {
  test('says which archive it made, and in which account', async () => {
    answer = {
      status: 201,
      headers: {
        ...{ ...id, 'x-amz-archive-id': 'archive', 'x-amz-sha256-tree-hash': hash },
        Location: '/123456789012/vaults/photos/archives/archive',
      },
    };
    expect(await complete()).toEqual({
      archiveId: 'archive',
      location: '/123456789012/vaults/photos/archives/archive',
      accountId: '123456789012',
    });
    expect(request.headers).toMatchObject({ 'x-amz-archive-size': '4', 'x-amz-sha256-tree-hash': hash });
  });

  test('that the service answers without an archive ID has to be asked again', async () => {
    answer = { status: 201, headers: id };
    await expect(complete()).rejects.toMatchObject({ code: 'completion-unknown' });
  });

  test('that names another tree hash is not believed', async () => {
    const headers = { ...id, 'x-amz-archive-id': 'archive', 'x-amz-sha256-tree-hash': 'b'.repeat(64) };
    answer = { status: 201, headers };
    await expect(complete()).rejects.toMatchObject({ code: 'hash-mismatch' });
  });
});

describe('ListParts', () => {
  const list = {
    MultipartUploadId: 'upload',
    VaultARN: 'arn:aws:glacier:us-east-1:123456789012:vaults/photos',
    PartSizeInBytes: 4,
    ArchiveDescription: 'd',
    CreationDate: '2026-01-01T00:00:00.000Z',
    Parts: [{ RangeInBytes: '0-3', SHA256TreeHash: hash }],
    Marker: 'next',
  };
  const page = () => vault.listPartsPage('upload', 'marker', signal);

  test('gives the parts, and where the next page begins', async () => {
    answer = json(list);
    expect(await page()).toEqual({
      uploadId: 'upload',
      accountId: '123456789012',
      partSizeBytes: 4,
      description: 'd',
      createdAt: '2026-01-01T00:00:00.000Z',
      parts: [{ range: { start: 0, end: 4 }, treeHash: hash }],
      marker: 'next',
    });
    expect(request.url).toContain('marker=marker');
  });

  test.each([
    ['of another upload', { MultipartUploadId: 'other' }],
    ['with a range that is not one', { Parts: [{ RangeInBytes: '3-0', SHA256TreeHash: hash }] }],
    ['with a hash that is not one', { Parts: [{ RangeInBytes: '0-3', SHA256TreeHash: 'abc' }] }],
  ])('%s is not believed', async (_what, changes) => {
    answer = json({ ...list, ...changes });
    await expect(page()).rejects.toMatchObject({ code: 'part-list-untrue' });
  });
});

describe('a job', () => {
  const ofArchive = {
    JobId: 'job',
    Action: 'ArchiveRetrieval',
    StatusCode: 'InProgress',
    CreationDate: '2026-01-01T00:00:00.000Z',
    ArchiveId: 'archive',
    ArchiveSizeInBytes: 10,
    ArchiveSHA256TreeHash: hash,
  };
  const ofInventory = { JobId: 'job', Action: 'InventoryRetrieval', StatusCode: 'Succeeded' };
  async function jobOf(fields: Record<string, unknown>): Promise<Job> {
    answer = json(fields);
    return vault.describeJob('job', signal);
  }

  test('of an archive brings the whole of it where no range is named', async () => {
    expect(await jobOf(ofArchive)).toEqual({
      jobId: 'job',
      kind: 'archive',
      status: 'InProgress',
      statusMessage: '',
      createdAt: '2026-01-01T00:00:00.000Z',
      completedAt: null,
      archive: {
        ...{ archiveId: 'archive', sizeBytes: 10, treeHash: hash, tier: 'Standard' },
        ...{ range: { start: 0, end: 10 }, rangeTreeHash: hash },
      },
      inventory: null,
    });
  });

  test.each([
    [{ RetrievalByteRange: '0-9' }, { range: { start: 0, end: 10 }, rangeTreeHash: hash }],
    [{ RetrievalByteRange: '0-4' }, { range: { start: 0, end: 5 }, rangeTreeHash: null }],
    [{ RetrievalByteRange: '5-9' }, { range: { start: 5, end: 10 }, rangeTreeHash: null }],
    [{ RetrievalByteRange: '5-9', SHA256TreeHash: 'x' }, { rangeTreeHash: 'x' }],
    [{ Tier: 'Bulk' }, { tier: 'Bulk' }],
    [{ Tier: 'Expedited' }, { tier: 'Expedited' }],
    [{ Tier: 'Other' }, { tier: 'Standard' }],
  ])('of an archive with %j has %j', async (fields, archive) => {
    expect((await jobOf({ ...ofArchive, ...fields })).archive).toMatchObject(archive);
  });

  test.each([
    [{}, { format: 'JSON', isWhole: true, sizeBytes: null }],
    [{ InventorySizeInBytes: 5 }, { sizeBytes: 5 }],
    [{ InventoryRetrievalParameters: { Format: 'CSV' } }, { format: 'CSV', isWhole: true }],
    [{ InventoryRetrievalParameters: { StartDate: 'x' } }, { isWhole: false }],
    [{ InventoryRetrievalParameters: { EndDate: 'x' } }, { isWhole: false }],
    [{ InventoryRetrievalParameters: { Limit: '5' } }, { isWhole: false }],
    [{ InventoryRetrievalParameters: { Marker: 'x' } }, { isWhole: false }],
  ])('of an inventory with %j has %j', async (fields, inventory) => {
    const job = await jobOf({ ...ofInventory, ...fields });
    expect(job).toMatchObject({ kind: 'inventory', archive: null, inventory });
  });

  test('that is of another kind, or lacks something, is left out of a list', async () => {
    const others = [
      { ...ofArchive, Action: 'Select' },
      { ...ofArchive, ArchiveId: '' },
      { ...ofArchive, ArchiveSizeInBytes: 0 },
      { ...ofArchive, ArchiveSHA256TreeHash: null },
      { ...ofInventory, JobId: '' },
      { ...ofInventory, StatusCode: 'Unknown' },
    ];
    answer = json({
      JobList: [...others, ofInventory, { ...ofInventory, StatusCode: 'Failed' }],
      Marker: 'm',
    });
    const { jobs, marker } = await vault.listJobsPage(null, signal);
    expect(jobs.map(({ status }) => status)).toEqual(['Succeeded', 'Failed']);
    expect(marker).toBe('m');
  });

  test('is asked for with what it is to bring', async () => {
    answer = { status: 202, headers: { ...id, 'x-amz-job-id': 'job' } };
    const archive = { kind: 'archive', archiveId: 'a', tier: 'Bulk', range: { start: 0, end: 5 } } as const;
    expect(await vault.initiateJob({ ...archive, description: 'd' }, signal)).toBe('job');
    expect(JSON.parse(request.text)).toEqual({
      ...{ Type: 'archive-retrieval', ArchiveId: 'a', Tier: 'Bulk', Description: 'd' },
      RetrievalByteRange: '0-4',
    });
    await vault.initiateJob({ ...archive, range: null }, signal);
    expect(JSON.parse(request.text)).toEqual({ Type: 'archive-retrieval', ArchiveId: 'a', Tier: 'Bulk' });
    await vault.initiateJob({ kind: 'inventory' }, signal);
    expect(JSON.parse(request.text)).toEqual({ Type: 'inventory-retrieval', Format: 'JSON' });
  });
});

describe('the output of a job', () => {
  const output = (status: number, body: string, contentRange?: string): Answer => ({
    status,
    headers: { ...id, ...(contentRange === undefined ? {} : { 'content-range': contentRange }) },
    body,
  });

  test.each([
    ['as the whole', output(200, 'part'), {}],
    ['as the range that was asked for', output(206, 'part', 'bytes 0-3/9'), { outputBytes: 9 }],
    ['as a range in the middle', output(206, 'part', 'bytes 5-8/9'), { range: { start: 5, end: 9 } }],
  ])('comes %s', async (_how, given, changes) => {
    answer = given;
    expect(await read(changes)).toEqual({ treeHash: null, text: 'part' });
  });

  test('has the tree hash that the service names', async () => {
    answer = { status: 200, headers: { ...id, 'x-amz-sha256-tree-hash': hash }, body: 'part' };
    expect(await read()).toEqual({ treeHash: hash, text: 'part' });
  });

  test.each([
    ['of another range', output(206, 'part', 'bytes 1-4/9'), {}, 'temporary'],
    [
      'of no range where one was asked for',
      output(200, 'part'),
      { range: { start: 4, end: 8 } },
      'temporary',
    ],
    [
      'of no range, and another length than the job says',
      output(200, 'part'),
      { outputBytes: 9 },
      'temporary',
    ],
    ['of another whole length', output(206, 'part', 'bytes 0-3/8'), { outputBytes: 9 }, 'failed'],
    ['with too few bytes', output(200, 'par'), {}, 'temporary'],
    ['with too many bytes', output(200, 'part5'), {}, 'temporary'],
  ])('is not taken %s', async (_what, given, changes, code) => {
    answer = given;
    await expect(read(changes)).rejects.toMatchObject({ code });
  });
});
