/**
 * How connections to the endpoint, and to the services that give credentials, are opened: to the address that answers
 * first, through the proxy or not, within the connect timeout.
 */
import { Agent, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../../clock.js';
import { connectFirst } from './connect-first.js';
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

/** Opens connections to the endpoint: to the address that answers first, or through the proxy. */
export class EndpointAgent extends Agent {
  readonly #options: EndpointAgentOptions;
  readonly #opening = new Set<AbortController>();

  constructor(options: EndpointAgentOptions) {
    super({ keepAlive: true, maxSockets, ...options.tls });
    this.#options = options;
  }

  override createConnection(options: RequestOptions, onCreate?: OnCreate): undefined {
    const stop = new AbortController();
    const { clock, connectTimeoutMs } = this.#options;
    const giveUp = (): void =>
      stop.abort(failure('ETIMEDOUT', `no connection within ${connectTimeoutMs / 1000} s`));
    const cancel = clock.after(connectTimeoutMs, giveUp);
    this.#opening.add(stop);
    const host = options.host ?? 'localhost';
    this.#open(host, Number(options.port ?? 443), stop.signal)
      .finally(() => {
        cancel();
        this.#opening.delete(stop);
      })
      .then(
        (socket) => {
          const over = super.createConnection({ ...options, socket } as RequestOptions);
          if (over) onCreate?.(null, over);
        },
        (error: Error) => onCreate?.(error, undefined as never),
      );
    return undefined;
  }

  async #open(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    const { proxy, env, tls, clock } = this.#options;
    if (proxy === null || isExcepted(host, port, env)) return connectFirst(host, port, { clock, signal });
    const { url } = proxy;
    const isTls = url.protocol === 'https:';
    const proxyHost = url.hostname.replace(/^\[|\]$/g, '');
    const socket = await connectFirst(proxyHost, Number(url.port || (isTls ? 443 : 80)), { clock, signal });
    try {
      const { secured, tunnel } = await import('./tunnel.js');
      const line = isTls ? await secured(socket, url, tls, signal) : socket;
      return await tunnel(line, url, { host, port }, signal);
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? signal.reason : error;
    }
  }

  override destroy(): void {
    for (const stop of this.#opening)
      stop.abort(failure('ECONNRESET', 'the connection is not wanted any more'));
    super.destroy();
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
