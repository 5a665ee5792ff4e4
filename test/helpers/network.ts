/** Servers of a test, on loopback: a TLS front for the embedded vault, and an HTTP proxy. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { Transform } from 'node:stream';
import { createServer as createRawTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Authority } from './authority.js';

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** @returns its URL */
export async function serveHttp(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

/** Hands every request on to a server that speaks plain HTTP. @returns the port */
export function tlsFront(upstream: string, { key, cert }: Authority): Promise<number> {
  const { host } = new URL(upstream);
  const server = createTlsServer({ key, cert }, (incoming, reply) => {
    const { method, url, headers } = incoming;
    const forward = httpRequest(`${upstream}${url}`, { method, headers: { ...headers, host } }, (answer) => {
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(reply);
    });
    forward.on('error', () => reply.destroy());
    incoming.pipe(forward);
  });
  return listen(server);
}

/** Takes TLS off a connection, and hands what is in it on to a port. @returns the port */
export async function tlsWire(port: number, { key, cert }: Pick<Authority, 'key' | 'cert'>): Promise<number> {
  const server = createRawTlsServer({ key, cert }, (client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

export interface Route {
  /** Where the connection leads. */
  port: number;
  /** Bytes that it hands on before it changes one, in this direction. */
  damages?: { direction: 'sent' | 'received'; afterBytes: number };
}

/**
 * Hands connections on as they are, or with a byte changed on the way.
 * @param route asked for each connection, which are counted from 1
 * @returns the port
 */
export async function startWire(route: (connection: number) => Route): Promise<number> {
  let connections = 0;
  const server = createTcpServer((client) => {
    connections += 1;
    const { port, damages } = route(connections);
    const upstream = connect(port, '127.0.0.1');
    const way = (direction: 'sent' | 'received') =>
      damages?.direction === direction ? damaging(damages.afterBytes) : pass();
    client.pipe(way('sent')).pipe(upstream);
    upstream.pipe(way('received')).pipe(client);
    for (const socket of [client, upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function pass(): Transform {
  return new Transform({ transform: (bytes, _encoding, done) => done(null, bytes) });
}

function damaging(afterBytes: number): Transform {
  let leftBytes = afterBytes;
  return new Transform({
    transform: (bytes: Buffer, _encoding, done) => {
      if (leftBytes >= 0 && leftBytes < bytes.length) bytes[leftBytes] = (bytes[leftBytes] ?? 0) ^ 1;
      leftBytes -= bytes.length;
      done(null, bytes);
    },
  });
}

export interface TestProxy {
  url: string;
  /** `HOST:PORT` of every CONNECT, in order. */
  readonly asked: string[];
  /** The `Proxy-Authorization` of each. */
  readonly passwords: (string | undefined)[];
}

/**
 * A proxy that takes CONNECT and finds every host on this machine.
 * @param refusal answers with this status instead
 * @param hangsUp how many times it first closes the connection without an answer
 */
export async function startProxy(refusal?: number, hangsUp = 0): Promise<TestProxy> {
  const asked: string[] = [];
  const passwords: (string | undefined)[] = [];
  const server = createServer((_request, reply) => void reply.writeHead(501).end());
  server.on('connect', (request, client, head) => {
    asked.push(request.url ?? '');
    passwords.push(request.headers['proxy-authorization']);
    client.on('error', () => {});
    if (asked.length <= hangsUp) {
      client.end();
      return;
    }
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, asked, passwords };
}

export interface Recorder {
  url: string;
  /** Method and path of every request since the last call. */
  take(): string[];
  /** Gives back what was taken. */
  put(requests: readonly string[]): void;
}

/** Hands every request on to a server, whose URL may change, and notes it. */
export async function startRecorder(
  upstream: () => string,
  before: (request: string) => Promise<void> = async () => {},
): Promise<Recorder> {
  let seen: string[] = [];
  const url = await serveHttp(async (incoming, reply) => {
    const { method, url: path, headers } = incoming;
    seen.push(`${method} ${path}`);
    await before(`${method} ${path}`);
    const { host } = new URL(upstream());
    const forward = httpRequest(
      `${upstream()}${path}`,
      { method, headers: { ...headers, host } },
      (answer) => {
        reply.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(reply);
      },
    );
    forward.on('error', () => reply.destroy());
    incoming.pipe(forward);
  });
  return {
    url,
    take: () => {
      const taken = seen;
      seen = [];
      return taken;
    },
    put: (requests) => {
      seen = [...requests];
    },
  };
}
