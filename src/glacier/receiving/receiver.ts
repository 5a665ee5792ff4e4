/**
 * How answers with large bodies are received, in place of the SDK's own HTTP handler. Node copies each piece of a body into
 * memory of its own, which costs several times as much as receiving it; here all pieces of a connection come in the same.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Endpoint, OpenSocket } from '../connections/open-socket.js';
import type { Answer } from './exchange.js';
import { Line } from './line.js';

/** A request of the SDK's, signed, without query and body. */
export interface BareRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: object;
  headers: Record<string, string>;
  body?: unknown;
}

/** The SDK's `HttpHandler`, as far as it is called. Connections are kept for the next request. */
export class Receiver {
  readonly #openSocket: OpenSocket;
  readonly #free = new Map<string, Line[]>();

  constructor(openSocket: OpenSocket) {
    this.#openSocket = openSocket;
  }

  /**
   * Makes a request.
   * @returns when the head of its answer is there; the body must be read or destroyed
   * @throws as `Exchange` does
   */
  async handle(
    request: BareRequest,
    { abortSignal }: { abortSignal?: AbortSignal } = {},
  ): Promise<{ response: Answer }> {
    const head = headOf(request);
    abortSignal?.throwIfAborted();
    const endpoint = endpointOf(request);
    const free = this.#freeTo(endpoint);
    const line =
      nextFree(free) ?? (await Line.open((onBytes) => this.#openSocket(endpoint, onBytes, abortSignal)));
    return { response: await line.ask(head, abortSignal, () => void free.push(line)) };
  }

  /** Closes the connections that are free; the others are those of requests. */
  destroy(): void {
    for (const lines of this.#free.values()) for (const line of lines) line.destroy();
    this.#free.clear();
  }

  #freeTo({ host, port, isTls }: Endpoint): Line[] {
    const key = JSON.stringify([host, port, isTls]);
    const free = this.#free.get(key) ?? [];
    this.#free.set(key, free);
    return free;
  }
}

/** The last one that was used, and is open still. */
function nextFree(lines: Line[]): Line | undefined {
  for (let line = lines.pop(); line !== undefined; line = lines.pop()) if (line.isFree) return line;
  return undefined;
}

function endpointOf({ protocol, hostname, port }: BareRequest): Endpoint {
  const isTls = protocol === 'https:';
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port ?? (isTls ? 443 : 80), isTls };
}

/** The bytes of a request (RFC 9112, section 3). */
function headOf({ method, path, query, headers, body }: BareRequest): string {
  if (body || Object.keys(query ?? {}).length > 0) throw new TypeError('the request has a query or a body');
  if (/[^\x21-\x7e]/.test(path)) throw new TypeError('the path is not encoded');
  const fields = Object.entries(headers).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  return `${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`;
}
