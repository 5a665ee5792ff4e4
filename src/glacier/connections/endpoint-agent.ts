/**
 * How connections to the endpoint, and to the services that give credentials, are opened: to the address that answers
 * first, through the proxy or not, within the connect timeout.
 */
import { Agent, type RequestOptions } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../../clock.js';
import { connectFirst } from './connect-first.js';
import { Openings } from './openings.js';
import { isExcepted, type NamedProxy } from './proxy-choice.js';

export interface EndpointAgentOptions {
  /** null: none. */
  proxy: NamedProxy | null;
  /** Says which hosts are reached without it. */
  env: Record<string, string | undefined>;
  /** For the connection to the endpoint, and to a proxy that speaks TLS itself. */
  tls: ConnectionOptions;
  connectTimeoutMs: number;
  clock: Clock;
}

/** As many as requests may be under way at a time, and more: small files are 128 at most. */
export const maxSockets = 160;

type OnCreate = (error: Error | null, stream: Duplex) => void;

/** Where the bytes of a connection are put, again and again, and who is told: false stops it (`onread` of a socket). */
export interface Reading {
  buffer: Buffer;
  callback(sizeBytes: number, buffer: Buffer): boolean;
}

/** What is asked of a connection. */
export type Wanted = Pick<RequestOptions, 'host' | 'port' | 'servername'> & { onread?: Reading };

/** Opens connections to the endpoint: to the address that answers first, or through the proxy. */
export class EndpointAgent extends Agent {
  readonly #options: EndpointAgentOptions;
  readonly #openings: Openings;

  constructor(options: EndpointAgentOptions) {
    super({ keepAlive: true, maxSockets, ...options.tls });
    this.#options = options;
    this.#openings = new Openings(options);
  }

  override createConnection(options: RequestOptions, onCreate?: OnCreate): undefined {
    this.connect(options).then(
      (socket) => onCreate?.(null, socket),
      (error: Error) => onCreate?.(error, undefined as never),
    );
    return undefined;
  }

  /**
   * A connection for one user, who must listen to its errors. Its TLS may not have begun yet.
   * @throws the system's error, one of the openings', or the signal's reason
   */
  connect(wanted: Wanted, signal?: AbortSignal): Promise<Socket> {
    return this.#openings.open((stop) => this.#open({ ...this.#options.tls, ...wanted }, stop), signal);
  }

  async #open(wanted: Wanted, signal: AbortSignal): Promise<Socket> {
    const host = wanted.host ?? 'localhost';
    const port = Number(wanted.port ?? 443);
    const { proxy, env, clock } = this.#options;
    const secured = (over: object): Socket => super.createConnection({ ...wanted, ...over }) as Socket;
    if (proxy === null || isExcepted(host, port, env)) {
      const open = (address: string): Socket => secured({ host: address, port });
      return connectFirst(host, { clock, signal, open });
    }
    const socket = secured({ socket: await this.#tunnel(proxy.url, { host, port }, signal) });
    // Node gives no buffer to a connection above another.
    if (wanted.onread) readWith(socket, wanted.onread);
    return socket;
  }

  async #tunnel(url: URL, target: { host: string; port: number }, signal: AbortSignal): Promise<Socket> {
    const { tls, clock } = this.#options;
    const isTls = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (isTls ? 443 : 80));
    const open = (address: string): Socket => connect({ host: address, port });
    const socket = await connectFirst(host, { clock, signal, open });
    try {
      const { secured, tunnel } = await import('./tunnel.js');
      const line = isTls ? await secured(socket, url, tls, signal) : socket;
      return await tunnel(line, url, target, signal);
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : error;
    }
  }

  override destroy(): void {
    this.#openings.end();
    super.destroy();
  }
}

function readWith(socket: Socket, { callback }: Reading): void {
  socket.on('data', (bytes: Buffer) => {
    if (!callback(bytes.length, bytes)) socket.pause();
  });
}
