import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sdkVaultAt } from '../../helpers/sdk-vault-at.js';

let server: Server;
let replies: ServerResponse[];
let requests: IncomingHttpHeaders[];
/** Resolves once so many requests have come in all. */
let came: (count: number) => Promise<void>;

beforeEach(async () => {
  replies = [];
  requests = [];
  let wake = (): void => {};
  came = async (count) => {
    while (replies.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  server = createServer((request, response) => {
    requests.push(request.headers);
    replies.push(response);
    request.resume().on('end', () => wake());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const vault = () => sdkVaultAt(server);

const initiate = (description: string, signal: AbortSignal, opened = vault()) =>
  opened.initiateUpload({ partSizeBytes: 1024 ** 2, description }, signal);

function answer(response: ServerResponse | undefined, uploadId: string): void {
  response?.writeHead(201, { 'x-amz-multipart-upload-id': uploadId, Location: '/123456789012/x' }).end();
}

describe('requests of one operation that are under way at the same time', () => {
  test('are ended one by one, each by its own signal', async () => {
    const opened = vault();
    const [first, second] = [new AbortController(), new AbortController()];
    const ended = initiate('first', first.signal, opened).catch((error: unknown) => error);
    await came(1);
    const answered = initiate('second', second.signal, opened);
    await came(2);
    const reason = new Error('not wanted any more');
    first.abort(reason);
    expect(await ended).toBe(reason);
    answer(replies[1], 'of-the-second');
    expect(await answered).toMatchObject({ uploadId: 'of-the-second' });
  });

  test('are each signed and sent as what they ask for', async () => {
    const opened = vault();
    const { signal } = new AbortController();
    const asked = ['a', 'b', 'c'].map((name) => initiate(name, signal, opened));
    await came(3);
    expect(requests.map((headers) => headers['x-amz-archive-description']).sort()).toEqual(['a', 'b', 'c']);
    expect(new Set(requests.map(({ authorization }) => authorization)).size).toBe(3);
    for (const [index, reply] of replies.entries()) answer(reply, `upload-${index}`);
    expect(new Set((await Promise.all(asked)).map(({ uploadId }) => uploadId)).size).toBe(3);
  });
});

test('as many requests as small files may be under way do not wait for each other', async () => {
  const [opened, { signal }] = [vault(), new AbortController()];
  const asked = Array.from({ length: 128 }, (_, index) => initiate(`file ${index}`, signal, opened));
  await came(128);
  for (const [index, reply] of replies.entries()) answer(reply, `upload-${index}`);
  expect(await Promise.all(asked)).toHaveLength(128);
});

test('a request that fails is sent once: who repeats it decides so elsewhere', async () => {
  const { signal } = new AbortController();
  const failed = initiate('x', signal);
  failed.catch(() => {});
  await came(1);
  replies[0]?.writeHead(500).end();
  await expect(failed).rejects.toMatchObject({ code: 'temporary' });
  expect(replies).toHaveLength(1);
});
