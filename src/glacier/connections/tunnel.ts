/** A connection through an HTTP proxy, by CONNECT (RFC 9110, section 9.3.6). */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** The TLS of a proxy that speaks it itself, on a connection that is there. */
export async function secured(
  socket: Socket,
  { hostname }: URL,
  tls: ConnectionOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const over = connectTls({ ...tls, socket, host, ...(isIP(host) ? {} : { servername: host }) });
  await once(over, 'secureConnect', { signal });
  return over;
}

/**
 * Asks the proxy at the other end of a connection for one to a host.
 * @returns the same connection, which leads there from now on
 * @throws an error with the `$response` of a proxy that refuses, in the form of the SDK
 */
export function tunnel(
  socket: Socket,
  proxy: URL,
  { host, port }: { host: string; port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const headers: Record<string, string> = { Host: target };
  if (proxy.username || proxy.password) {
    const words = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['Proxy-Authorization'] = `Basic ${Buffer.from(words).toString('base64')}`;
  }
  return new Promise((resolve, reject) => {
    const asking = request({
      method: 'CONNECT',
      path: target,
      headers,
      signal,
      createConnection: () => socket,
    });
    asking.once('error', reject);
    asking.once('connect', (reply, connection: Socket, head) => {
      asking.off('error', reject);
      if (reply.statusCode === 200) {
        connection.unshift(head);
        resolve(connection);
        return;
      }
      connection.destroy();
      reject(refused(reply));
    });
    asking.end();
  });
}

function refused({ statusCode, headers }: IncomingMessage): Error {
  return Object.assign(new Error(`CONNECT was refused with HTTP ${statusCode}`), {
    $response: { statusCode, headers },
  });
}
