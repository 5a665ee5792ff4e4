/** A connection through a proxy, which is a server in this process. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { tunnel } from '../../../src/glacier/connections/tunnel.js';

const { signal } = new AbortController();

/** What a proxy is asked, when it answers so. */
async function ask(reply: string, { proxy = 'http://proxy.example', host = 'glacier.example' } = {}) {
  let asked = '';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (text) => {
      asked = String(text);
      socket.end(reply);
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const result = await tunnel(socket, new URL(proxy), { host, port: 443 }, signal).catch(
    (error: unknown) => error,
  );
  return { asked, result, socket };
}

const established = 'HTTP/1.1 200 Connection established\r\n\r\n';

test('a proxy that agrees leaves the connection to us, with what came right behind its answer', async () => {
  const { asked, result } = await ask(`${established}hello`);
  expect(asked).toMatch(/^CONNECT glacier\.example:443 HTTP\/1\.1\r\nHost: glacier\.example:443\r\n/);
  const pieces: Buffer[] = [];
  for await (const piece of result as Socket) pieces.push(piece);
  expect(Buffer.concat(pieces).toString()).toBe('hello');
});

test('an address of version 6 stands in brackets', async () => {
  const { asked } = await ask(established, { host: '2001:db8::1' });
  expect(asked).toContain('CONNECT [2001:db8::1]:443 ');
});

test.each([
  ['http://us%20er:p%3Aw@proxy.example', 'us er:p:w'],
  ['http://user@proxy.example', 'user:'],
  ['http://:word@proxy.example', ':word'],
])('the name and the password in %s are sent', async (proxy, words) => {
  const { asked } = await ask(established, { proxy });
  expect(asked).toContain(`Proxy-Authorization: Basic ${Buffer.from(words).toString('base64')}\r\n`);
});

test('a proxy without a name is sent none', async () => {
  expect((await ask(established)).asked).not.toContain('Authorization');
});

test('a proxy that refuses is quoted, and the connection is closed', async () => {
  const { result, socket } = await ask('HTTP/1.1 407 Who are you\r\nVia: squid\r\n\r\n');
  expect(result).toMatchObject({
    message: 'CONNECT was refused with HTTP 407',
    $response: { statusCode: 407, headers: { via: 'squid' } },
  });
  expect(socket.destroyed).toBe(true);
});

test('a proxy that hangs up without an answer is an error', async () => {
  expect((await ask('')).result).toMatchObject({ code: 'ECONNRESET' });
});
