/** Answers received in place, from real servers: plain, behind TLS, and behind TLS through a proxy. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { openConnections } from '../../../src/glacier/connections/connections.js';
import { type Endpoint, socketOpener } from '../../../src/glacier/connections/open-socket.js';
import { Receiver } from '../../../src/glacier/receiving/receiver.js';
import { type Authority, makeAuthority } from '../../helpers/authority.js';
import { startDeafRelay } from '../../helpers/deaf-relay.js';
import { startProxy } from '../../helpers/network.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const MiB = 1024 * 1024;
const ways = ['plain', 'TLS', 'TLS through a proxy'] as const;
type Way = (typeof ways)[number];

/** What the server does with a connection on which a request has come, and with the next on the same. */
type Answers = ((socket: Socket, head: string) => void)[];

/** One for all tests here: to make it takes longer than most of them. */
let authority: Authority;
let authorityFolder: string;
beforeAll(() => {
  authorityFolder = mkdtempSync(join(tmpdir(), 'glacier-up-receiver-'));
  authority = makeAuthority(authorityFolder, 'DNS:localhost', 'DNS:vault.test');
});
afterAll(() => rmSync(authorityFolder, { recursive: true }));

/** @param answers each connection gets them one after the other, the last one again and again */
async function startServer(way: Way, ...answers: Answers) {
  const connections: Socket[] = [];
  const heads: string[] = [];
  const serve = (socket: Socket): void => {
    const left = [...answers];
    let head = '';
    connections.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      heads.push(head);
      const answer = left.length > 1 ? left.shift() : left[0];
      answer?.(socket, head);
      head = '';
    });
  };
  const server: Server = way === 'plain' ? createServer(serve) : createTlsServer(authority, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const proxy = way === 'TLS through a proxy' ? await startProxy() : null;
  const { port } = server.address() as AddressInfo;
  const env = proxy ? { HTTPS_PROXY: proxy.url } : {};
  const bundle = { path: authority.caFile, source: 'AWS_CA_BUNDLE' };
  const { httpsAgent } = openConnections(bundle, env, within);
  const receiver = new Receiver(socketOpener(httpsAgent, within));
  onTestFinished(() => receiver.destroy());
  const hostname = way === 'TLS through a proxy' ? 'vault.test' : 'localhost';
  const request = {
    method: 'GET',
    protocol: way === 'plain' ? 'http:' : 'https:',
    hostname,
    port,
    path: '/-/vaults/demo/jobs/1/output',
    query: {},
    headers: { host: 'localhost', range: 'bytes=0-9' },
  };
  const ask = (abortSignal?: AbortSignal, more: object = {}) =>
    receiver
      .handle({ ...request, ...more }, abortSignal ? { abortSignal } : {})
      .then(({ response }) => response);
  return { ask, heads, connections, server, receiver, request };
}

const within = { clock: realClock, connectTimeoutMs: 5000 };

/** A receiver of its own. @param caFile whom it trusts; without it those whom everybody trusts */
function receiverTrusting(caFile?: string, limits = within): Receiver {
  const bundle = caFile === undefined ? undefined : { path: caFile, source: 'AWS_CA_BUNDLE' };
  return new Receiver(socketOpener(openConnections(bundle, {}, limits).httpsAgent, limits));
}

type Body = Awaited<ReturnType<Awaited<ReturnType<typeof startServer>>['ask']>>['body'];

/** Takes a body in place, as a hash: the memory of each piece is looked at during the call only. */
async function hashOf(body: Body, rest: () => Promise<void> | void = () => {}): Promise<string> {
  const hash = createHash('sha256');
  await body.readInPlace((bytes) => {
    hash.update(bytes);
    return rest();
  });
  return hash.digest('hex');
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const sized = (bytes: Buffer | string, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n${more}\r\n`),
    Buffer.from(bytes),
  ]);
const chunked = (...chunks: string[]): string =>
  `HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n${[...chunks, '']
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('')}`;

describe.each(ways)('an answer that comes by %s', (way) => {
  test('arrives byte for byte, however slowly it is taken, and the connection is used again', async () => {
    const first = randomBytes(5 * MiB + 17);
    const second = randomBytes(3 * MiB);
    const { ask, connections, heads } = await startServer(
      way,
      (socket) => void socket.write(sized(first)),
      (socket) => void socket.write(sized(second)),
    );
    let pieces = 0;
    const reply = await ask();
    const hash = await hashOf(reply.body, () => {
      pieces += 1;
      return pieces % 5 === 0 ? delay(1) : undefined;
    });
    expect(hash).toBe(sha256(first));
    expect(reply).toMatchObject({ statusCode: 200, headers: { 'content-length': String(first.length) } });
    expect(reply.body.sizeBytes).toBe(first.length);
    expect(await hashOf((await ask()).body)).toBe(sha256(second));
    expect(connections).toHaveLength(1);
    expect(heads).toEqual(
      Array(2).fill(
        'GET /-/vaults/demo/jobs/1/output HTTP/1.1\r\nhost: localhost\r\nrange: bytes=0-9\r\n\r\n',
      ),
    );
  });

  test.each(['before anybody takes it', 'while its taker is busy'])(
    'is not received without end %s: the sender has to wait',
    async (when) => {
      const bytes = randomBytes(64 * MiB);
      let sentBytes = 0;
      const { ask } = await startServer(way, async (socket) => {
        socket.write(sized(bytes).subarray(0, -bytes.length));
        while (sentBytes < bytes.length) {
          const isFull = !socket.write(bytes.subarray(sentBytes, sentBytes + 64 * 1024));
          sentBytes += 64 * 1024;
          if (isFull) await once(socket, 'drain');
        }
      });
      let proceed = (): void => {};
      const wait = new Promise<void>((resolve) => {
        proceed = resolve;
      });
      const { body } = await ask();
      const early = when === 'while its taker is busy' ? hashOf(body, () => wait) : null;
      // What the kernel keeps of it goes on for a while.
      for (let before = -1; before < sentBytes; ) {
        before = sentBytes;
        await delay(300);
      }
      expect(sentBytes).toBeLessThan(48 * MiB);
      proceed();
      expect(await (early ?? hashOf(body))).toBe(sha256(bytes));
    },
  );

  test('of an error can be read as a stream', async () => {
    const { ask } = await startServer(way, (socket) => void socket.write(chunked('{"code":', '"no"}')));
    const { statusCode, body } = await ask();
    expect(statusCode).toBe(400);
    expect(await textOf(body)).toBe('{"code":"no"}');
  });

  test('in chunks goes on, however its bytes are cut, and however it is taken', async () => {
    const bytes = Buffer.from(chunked('abc', 'd', 'efghi', 'jk'));
    const { ask } = await startServer(way, async (socket) => {
      for (const byte of bytes) {
        socket.write(Buffer.of(byte));
        await delay(2);
      }
    });
    expect(await textOf((await ask()).body)).toBe('abcdefghijk');
    expect(await hashOf((await ask()).body)).toBe(sha256(Buffer.from('abcdefghijk')));
    expect(await hashOf((await ask()).body, () => delay(1))).toBe(sha256(Buffer.from('abcdefghijk')));
  });

  test('that breaks off fails with the bytes before it taken', async () => {
    const { ask } = await startServer(way, (socket) => {
      socket.end(sized(randomBytes(100_000)).subarray(0, 50_000));
    });
    let takenBytes = 0;
    const { body } = await ask();
    const reading = body.readInPlace((bytes) => {
      takenBytes += bytes.length;
    });
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(takenBytes).toBeGreaterThan(49_000);
  });

  test('ends with its signal, before its head and in its body, and the connection with it', async () => {
    const { ask, connections } = await startServer(way, (socket, head) => {
      if (!head.includes('silent')) socket.write(sized(Buffer.alloc(1000)).subarray(0, 500));
    });
    const reason = new Error('enough');
    const silent = new AbortController();
    const asking = ask(silent.signal, { path: '/silent' });
    await vi.waitUntil(() => connections.length === 1);
    silent.abort(reason);
    await expect(asking).rejects.toBe(reason);
    const inBody = new AbortController();
    const { body } = await ask(inBody.signal);
    const reading = body.readInPlace(() => inBody.abort(reason));
    await expect(reading).rejects.toBe(reason);
    await vi.waitUntil(() => connections.length === 2 && connections.every(({ destroyed }) => destroyed));
    await expect(ask(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(connections).toHaveLength(2);
  });
});

describe('an answer', () => {
  test('that does not say how long it is ends with the connection', async () => {
    const { ask, connections } = await startServer('plain', (socket) => {
      socket.end('HTTP/1.1 200 OK\r\n\r\nall that there is');
    });
    expect(await textOf((await ask()).body)).toBe('all that there is');
    expect(await textOf((await ask()).body)).toBe('all that there is');
    expect(connections).toHaveLength(2);
  });

  test('without a body leaves the connection to the next request', async () => {
    const { ask, connections } = await startServer('plain', (socket) => void socket.write(sized('')));
    expect(await textOf((await ask()).body)).toBe('');
    await (await ask()).body.readInPlace(() => expect.fail('there is nothing'));
    expect(connections).toHaveLength(1);
  });

  test('may be preceded by interim ones, and may come in pieces of one byte', async () => {
    const all = Buffer.concat([
      Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'),
      sized('abc', 'X-Two: one\r\nx-two: two\r\n'),
    ]);
    const { ask } = await startServer('plain', async (socket) => {
      for (const byte of all) {
        socket.write(Buffer.of(byte));
        await delay(0);
      }
    });
    const { headers, body } = await ask();
    expect(headers['x-two']).toBe('one, two');
    expect(headers).not.toHaveProperty('link');
    expect(await textOf(body)).toBe('abc');
  });

  test.each(['Connection: close\r\n', 'Connection: Close\r\n'])(
    'with %j is the last of its connection',
    async (header) => {
      const { ask, connections } = await startServer(
        'plain',
        (socket) => void socket.write(sized('abc', header)),
      );
      for (let times = 0; times < 2; times += 1) expect(await textOf((await ask()).body)).toBe('abc');
      expect(connections).toHaveLength(2);
    },
  );

  test.each([
    ['that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'HPE_INVALID_CONSTANT'],
    [
      'that offers another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'HPE_INVALID_STATUS',
    ],
    [
      'of two lengths in one',
      'HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nabcde',
      'HPE_INVALID_CONTENT_LENGTH',
    ],
    [
      'that has a length and comes in chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'HPE_INVALID_CONTENT_LENGTH',
    ],
    ['that never begins', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(12_000), 'HPE_HEADER_OVERFLOW'],
    [
      'whose length is no number',
      'HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\nabc',
      'HPE_INVALID_CONTENT_LENGTH',
    ],
    [
      'with two lengths',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'HPE_UNEXPECTED_CONTENT_LENGTH',
    ],
    [
      'in an unknown encoding',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc',
      'HPE_INVALID_TRANSFER_ENCODING',
    ],
    ['whose head does not end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(40_000)}`, 'HPE_INTERNAL'],
    ['that never comes', '', 'ECONNRESET'],
  ])('%s fails as a broken line does, with a code', async (_what, bytes, code) => {
    const { ask } = await startServer('plain', (socket) => socket.end(bytes));
    await expect(ask()).rejects.toMatchObject({ code });
  });

  test.each([
    ['are longer than they say', '3\r\nabcdef\r\n', 'HPE_INTERNAL'],
    ['have a size below nothing', '3\r\nabc\r\n-5\r\nabcdef\r\n', 'HPE_INVALID_CHUNK_SIZE'],
    [
      'are followed by headers without end',
      `3\r\nabc\r\n0\r\n${'X: y\r\n'.repeat(60_000)}`,
      'HPE_HEADER_OVERFLOW',
    ],
  ])('whose chunks %s fails while it is read', async (_what, chunks, code) => {
    const { ask } = await startServer('plain', (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    });
    const { body } = await ask();
    await expect(body.readInPlace(() => {})).rejects.toMatchObject({ code });
  });

  test.each([
    ['comes in one piece with what it has not taken yet', 40],
    ['has come already', 0],
  ])('that %s is taken no further when its taker has failed', async (_what, waitMs) => {
    const { ask } = await startServer('plain', async (socket) => {
      const bytes = chunked('a', 'b', 'c');
      const head = bytes.indexOf('\r\n\r\n') + 4;
      socket.write(bytes.slice(0, head));
      await delay(waitMs);
      socket.write(bytes.slice(head));
    });
    let takes = 0;
    const { body } = await ask();
    await delay(20 - waitMs / 2);
    const reading = body.readInPlace(() => {
      takes += 1;
      throw new Error('the disk is full');
    });
    await expect(reading).rejects.toThrow('the disk is full');
    expect(takes).toBe(1);
  });

  test.each([204, 304])(
    'of status %d has no body, also when it says how long one would be',
    async (status) => {
      const head = `HTTP/1.1 ${status} No Body\r\nContent-Length: 5\r\n\r\n`;
      const { ask, connections } = await startServer('plain', (socket) => void socket.write(head));
      for (let times = 0; times < 2; times += 1) {
        const { statusCode, body } = await ask();
        expect([statusCode, await textOf(body)]).toEqual([status, '']);
      }
      expect(connections).toHaveLength(1);
    },
  );

  test.each([
    ['another answer', sized('defg')],
    ['bytes that are no answer', Buffer.from('x')],
  ])('that is followed by %s is taken, and its connection is not used again', async (_what, more) => {
    const { ask, connections } = await startServer('plain', (socket) => {
      socket.write(Buffer.concat([sized('abc'), more]));
    });
    for (let times = 0; times < 2; times += 1) expect(await textOf((await ask()).body)).toBe('abc');
    expect(connections).toHaveLength(2);
  });

  test('ends when its taker fails, with that failure', async () => {
    const { ask, connections } = await startServer(
      'plain',
      (socket) => void socket.write(sized(randomBytes(MiB))),
    );
    const full = new Error('the disk is full');
    await expect(
      (await ask()).body.readInPlace(() => {
        throw full;
      }),
    ).rejects.toBe(full);
    await expect((await ask()).body.readInPlace(() => Promise.reject(full))).rejects.toBe(full);
    await vi.waitUntil(() => connections.every(({ destroyed }) => destroyed));
    expect(connections).toHaveLength(2);
  });

  test('that is ended early fails only when nothing is being taken any more', async () => {
    const { ask } = await startServer(
      'plain',
      (socket) => void socket.write(sized(Buffer.alloc(9)).subarray(0, -1)),
    );
    const reason = new Error('enough');
    const stop = new AbortController();
    let isTaken = false;
    const reading = (await ask(stop.signal)).body.readInPlace(async () => {
      stop.abort(reason);
      await delay(50);
      isTaken = true;
    });
    await expect(reading).rejects.toBe(reason);
    expect(isTaken).toBe(true);
  });

  test('whose body is dropped unread fails nothing, and its connection ends', async () => {
    const { ask, connections } = await startServer(
      'plain',
      (socket) => void socket.write(sized(Buffer.alloc(9)).subarray(0, -1)),
    );
    (await ask()).body.destroy();
    await vi.waitUntil(() => connections[0]?.destroyed);
  });
});

describe('a connection', () => {
  test('that the server has closed meanwhile is not used again', async () => {
    const { ask, connections } = await startServer('plain', (socket) => void socket.write(sized('abc')));
    await textOf((await ask()).body);
    connections[0]?.end();
    await delay(20);
    expect(await textOf((await ask()).body)).toBe('abc');
    expect(connections).toHaveLength(2);
  });

  test('is opened for each request that is under way', async () => {
    const { ask, connections } = await startServer('plain', async (socket) => {
      await vi.waitUntil(() => connections.length === 3);
      socket.write(sized('abc'));
    });
    const bodies = await Promise.all([ask(), ask(), ask()]);
    expect(await Promise.all(bodies.map(({ body }) => textOf(body)))).toEqual(['abc', 'abc', 'abc']);
  });

  test('is refused to a host whose certificate nobody vouches for', async () => {
    const { request } = await startServer('TLS', (socket) => void socket.write(sized('abc')));
    await expect(receiverTrusting().handle(request)).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  });

  test('asks for the certificate of its host by name, and takes one of its address', async () => {
    const { ask, connections } = await startServer('TLS', (socket) => void socket.write(sized('abc')));
    expect(await textOf((await ask()).body)).toBe('abc');
    expect((connections[0] as TLSSocket).servername).toBe('localhost');
    const { request, server } = await startServer('TLS', (socket) => void socket.write(sized('def')));
    const ofAddress = makeAuthority(tempFolder(), 'IP:127.0.0.1');
    (server as TlsServer).setSecureContext(ofAddress);
    const receiver = receiverTrusting(ofAddress.caFile);
    const { response } = await receiver.handle({ ...request, hostname: '127.0.0.1' });
    expect(await textOf(response.body)).toBe('def');
    receiver.destroy();
  });

  test('is refused to a host whose certificate is that of another, by name and by address', async () => {
    const { request, server } = await startServer('TLS', (socket) => void socket.write(sized('abc')));
    const other = makeAuthority(tempFolder(), 'DNS:other.test');
    (server as TlsServer).setSecureContext(other);
    const receiver = receiverTrusting(other.caFile);
    for (const hostname of ['localhost', '127.0.0.1']) {
      await expect(receiver.handle({ ...request, hostname })).rejects.toMatchObject({
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
    }
  });

  test.each(['plain', 'TLS'] as const)(
    'by %s that does not come about is not waited for when its signal ends it, or its time is over',
    async (way) => {
      const { ask, request } = await startServer(way, (socket) => void socket.write(sized('abc')));
      await startDeafRelay('127.0.0.2', request.port, request.port);
      const reason = new Error('enough');
      const stop = new AbortController();
      const asking = ask(stop.signal, { hostname: '127.0.0.2' });
      await delay(20);
      stop.abort(reason);
      await expect(asking).rejects.toBe(reason);
      const impatient = receiverTrusting(authority.caFile, { ...within, connectTimeoutMs: 50 });
      await expect(impatient.handle({ ...request, hostname: '127.0.0.2' })).rejects.toMatchObject({
        code: 'ETIMEDOUT',
      });
    },
  );

  test('that nobody listens to fails with the error of the system', async () => {
    const { ask, server } = await startServer('plain');
    server.close();
    await once(server, 'close');
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('is watched by the system, so that its silent death is noticed', async () => {
    const watch = vi.spyOn(Socket.prototype, 'setKeepAlive');
    onTestFinished(() => watch.mockRestore());
    const { ask } = await startServer('TLS', (socket) => void socket.write(sized('abc')));
    await textOf((await ask()).body);
    expect(watch).toHaveBeenCalledWith(true, 1000);
  });

  test('that nobody uses keeps no process alive, and is closed at the end', async () => {
    await delay(50);
    const inUse: number[] = [];
    const look = (): void => {
      inUse.push(process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length);
    };
    const { ask, connections, receiver } = await startServer('plain', (socket) => {
      look();
      socket.write(sized('abc'));
    });
    for (let times = 0; times < 2; times += 1) {
      await textOf((await ask()).body);
      look();
    }
    const [asked = 0] = inUse;
    expect(inUse).toEqual([asked, asked - 1, asked, asked - 1]);
    receiver.destroy();
    await vi.waitUntil(() => connections[0]?.destroyed);
  });
});

test('a host that is an IPv6 address is reached without its brackets', async () => {
  const asked: Endpoint[] = [];
  const receiver = new Receiver((endpoint) => {
    asked.push(endpoint);
    return Promise.reject(new Error('enough'));
  });
  const request = { method: 'GET', protocol: 'https:', hostname: '[::1]', path: '/', headers: {} };
  await expect(receiver.handle(request)).rejects.toThrow('enough');
  await expect(receiver.handle({ ...request, protocol: 'http:', hostname: 'a.test' })).rejects.toThrow();
  expect(asked).toEqual([
    { host: '::1', port: 443, isTls: true },
    { host: 'a.test', port: 80, isTls: false },
  ]);
});

test.each([
  ['a header with a line break', { headers: { host: 'x', range: 'bytes=0-9\r\nx: y' } }],
  ['an invalid header name', { headers: { 'a b': 'x' } }],
  ['a path that is not encoded', { path: '/a b' }],
  ['a query', { query: { marker: 'x' } }],
  ['a body', { body: 'x' }],
])('a request with %s is a mistake of the program, and nothing is sent', async (_what, more) => {
  const { ask, connections } = await startServer('plain', (socket) => void socket.write(sized('abc')));
  await expect(ask(undefined, more)).rejects.toBeInstanceOf(TypeError);
  expect(connections).toHaveLength(0);
});
