/** The first request of an operation takes the SDK's own path, the next ones the short one: nobody can tell which. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SdkVault } from '../../../src/glacier/sdk/sdk-vault.js';
import { rawSha256, rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { sdkVaultAt } from '../../helpers/sdk-vault-at.js';

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

let server: Server;
let answers: Answer[];
let requests: (Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { text: string })[];
const signal = new AbortController().signal;
const text = 'part';
const treeHash = rawTreeHashOf(Buffer.from(text)).toString('hex');
const range = { start: 0, end: text.length };

beforeAll(async () => {
  server = createServer(async (incoming, response) => {
    const { method, url, headers } = incoming;
    requests.push({ method, url, headers, text: (await incoming.toArray()).join('') });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    // The time of the server would be signed with.
    response.sendDate = false;
    response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => void vi.useRealTimers());
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const vaultText = '{"VaultName":"photos","VaultARN":"arn:aws:glacier:us-east-1:123456789012:vaults/photos"}';

const calls: [string, (vault: SdkVault) => Promise<unknown>][] = [
  [
    'InitiateMultipartUpload',
    (vault) => vault.initiateUpload({ partSizeBytes: 1, description: 'a b' }, signal),
  ],
  [
    'UploadMultipartPart',
    (vault) => {
      const openBody = () => Object.assign(Readable.from([Buffer.from(text)]), { byteLength: text.length });
      const sha256 = rawSha256(Buffer.from(text)).toString('hex');
      return vault.uploadPart({ uploadId: 'upload', range, treeHash, sha256, openBody }, signal);
    },
  ],
  ['ListParts', (vault) => vault.listPartsPage('upload', 'marker', signal)],
  ['ListMultipartUploads', (vault) => vault.listUploadsPage('marker', signal)],
  [
    'CompleteMultipartUpload',
    (vault) => vault.completeUpload({ uploadId: 'upload', sizeBytes: text.length, treeHash }, signal),
  ],
  ['AbortMultipartUpload', (vault) => vault.abortUpload('upload/with=signs', signal)],
  ['CreateVault', (vault) => vault.createVault(signal)],
  ['DeleteVault', (vault) => vault.deleteVault(signal)],
  ['DescribeVault', (vault) => vault.describeVault(signal)],
  ['ListVaults', (vault) => vault.listVaultsPage('marker', signal)],
  ['InitiateJob', (vault) => vault.initiateJob({ kind: 'inventory' }, signal)],
  ['DescribeJob', (vault) => vault.describeJob('job', signal)],
  ['ListJobs', (vault) => vault.listJobsPage('marker', signal)],
  [
    'GetJobOutput',
    (vault) => vault.readJobOutput({ jobId: 'job', range, openSink: () => async () => {} }, signal),
  ],
  ['DeleteArchive', (vault) => vault.deleteArchive('archive', signal)],
];

/** What became of it, with what a user is shown of a failure. */
const outcomeOf = (call: Promise<unknown>) =>
  call.catch(({ code, message, hint, service }) => ({ failure: { code, message, hint, service } }));

describe.each(calls)('%s', (_operation, call) => {
  async function twice(answer: Answer) {
    // The time is part of the signature.
    vi.useFakeTimers({ toFake: ['Date'] });
    const vault = sdkVaultAt(server);
    answers = [answer];
    requests = [];
    const outcomes = [await outcomeOf(call(vault)), await outcomeOf(call(vault))];
    vault.close();
    return outcomes;
  }

  test('is the same request each time, to the last byte of its signature', async () => {
    await twice({ status: 403, body: '{"code":"AccessDeniedException","message":"no"}' });
    expect(requests).toHaveLength(2);
    expect(requests[0]?.headers.authorization).toContain('Signature=');
    expect(requests[1]).toEqual(requests[0]);
  });

  test.each<[string, Answer]>([
    [
      'a refusal',
      {
        status: 403,
        headers: { 'x-amzn-requestid': 'an-id' },
        body: '{"code":"AccessDeniedException","message":"no"}',
      },
    ],
    ['a throttled request', { status: 400, body: '{"code":"ThrottlingException","message":"slow down"}' }],
    ['a failure without words', { status: 503 }],
    [
      "a proxy's page",
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>bad gateway</html>' },
    ],
    ['a page with status 200', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['an answer that is cut off', { status: 200, body: '{"cut' }],
    [
      'a clock that is wrong',
      {
        status: 403,
        headers: { 'x-amzn-requestid': 'an-id', Date: 'Wed, 01 Jan 2020 00:00:00 GMT' },
        body: '{"code":"InvalidSignatureException","message":"Signature expired"}',
      },
    ],
    ['an answer of nothing', { status: 204, headers: { 'x-amzn-requestid': 'an-id' } }],
  ])('tells %s in the same words each time', async (_what, answer) => {
    const [first, next] = await twice(answer);
    expect(next).toEqual(first);
  });
});

test.each<[string, Answer]>([
  ['an answer', { status: 200, body: vaultText }],
  ['a refusal', { status: 403, body: '{"code":"InvalidSignatureException","message":"no"}' }],
])('the time that the service has is learned from %s, and signed with', async (_what, answer) => {
  const vault = sdkVaultAt(server);
  const describe = () => vault.describeVault(signal).catch(() => {});
  requests = [];
  const aheadMs = 3_600_000;
  const headers = { 'x-amzn-requestid': 'an-id', Date: new Date(Date.now() + aheadMs).toUTCString() };
  answers = [
    { status: 200, body: vaultText },
    { ...answer, headers },
    { status: 200, body: vaultText },
  ];
  for (let index = 0; index < 3; index += 1) await describe();
  const signedMs = requests.map(({ headers }) => timeOf(String(headers['x-amz-date'])));
  expect(Math.abs((signedMs[1] ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(Math.abs((signedMs[2] ?? 0) - Date.now() - aheadMs)).toBeLessThan(60_000);
  vault.close();
});

test.each([1, 2])(
  'the time of a proxy, whose page is the answer to request %i, is not signed with',
  async (page) => {
    const vault = sdkVaultAt(server);
    requests = [];
    const proxy = { status: 502, headers: { Date: 'Wed, 01 Jan 2020 00:00:00 GMT' }, body: '<html>' };
    const service = { status: 200, headers: { 'x-amzn-requestid': 'an-id' }, body: vaultText };
    answers = [1, 2, 3].map((request) => (request === page ? proxy : service));
    for (let index = 0; index < 3; index += 1) await vault.describeVault(signal).catch(() => {});
    for (const { headers } of requests) {
      expect(Math.abs(timeOf(String(headers['x-amz-date'])) - Date.now())).toBeLessThan(60_000);
    }
    vault.close();
  },
);

/** `20261128T154422Z` */
function timeOf(signed: string): number {
  return Date.parse(signed.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
}
