import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { readAuthorization } from './authorization.js';
import { checkPayloadHash } from './check-hashes.js';
import { invalid, missing, ServiceError } from './errors.js';
import { handlers } from './handlers/index.js';
import { newRequestId } from './ids.js';
import { LARGEST_OTHER_BODY_BYTES } from './limits.js';
import { findRoute, takesArchive } from './operations.js';
import { ConnectionLost, receiveBody } from './receive-body.js';
import type { Reply, VaultRequest } from './request.js';
import { errorReply, reportIfOurs, respond } from './respond.js';
import type { VaultFolder } from './store/vault-folder.js';

/** What one running server answers from. */
export interface Service {
  readonly vaults: VaultFolder;
  readonly accountId: string;
  readonly nowMs: () => number;
  readonly idleTimeoutMs: number;
}

/** The HTTP server. `active` holds the requests under way, for whoever must wait until the disk is quiet. */
export function createVaultHttpServer(service: Service): { server: Server; active: Set<Promise<void>> } {
  const active = new Set<Promise<void>>();
  const server = createServer({
    maxHeaderSize: 16 * 1024, // The URL counts towards it.
    headersTimeout: 60_000,
    requestTimeout: 0, // Node's 300 s would cut slow parts; idle bodies get the service's own 408 instead.
    keepAliveTimeout: 65_000,
    noDelay: true,
  });
  server.on('request', (incoming, response) => {
    const work = serve(service, incoming, response).finally(() => active.delete(work));
    active.add(work);
  });
  server.on('clientError', refuseUnreadable);
  return { server, active };
}

async function serve(service: Service, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = newRequestId();
  incoming.socket.setTimeout(0);
  let reply: Reply;
  try {
    reply = await answer(service, incoming);
  } catch (error) {
    if (error instanceof ConnectionLost) {
      response.destroy();
      return;
    }
    reportIfOurs(error);
    reply = errorReply(error);
  }
  // From here on a client that neither reads its reply nor sends the rest of a refused body is cut off.
  incoming.socket.setTimeout(service.idleTimeoutMs);
  incoming.resume();
  respond(response, reply, { requestId, nowMs: service.nowMs() });
}

/** Checks what is common to all operations, in the service's order as far as it is known, then runs the operation. */
async function answer(service: Service, incoming: IncomingMessage): Promise<Reply> {
  checkHost(incoming);
  const [path = '', search = ''] = (incoming.url ?? '').split(/\?(.*)/s);
  const route = findRoute(incoming.method ?? '', path);
  // Paths it does not know are a BadRequest to the service (seen).
  if (!route) throw new ServiceError('BadRequest');
  if (!incoming.headers['x-amz-glacier-version']) throw missing('API version');
  const { region } = readAuthorization(incoming.headers.authorization);
  checkAccount(route.account, service.accountId);
  const request: VaultRequest = {
    ...route,
    ...service,
    incoming,
    headers: incoming.headers,
    query: new URLSearchParams(search),
    region,
    receive: (write) => receiveBody(incoming, write, { idleTimeoutMs: service.idleTimeoutMs }),
  };
  if (!takesArchive(route.operation)) await readSmallBody(request);
  return handlers[route.operation](request);
}

/** Only this machine is meant to talk to us; the check keeps web pages from doing so through a name of theirs. */
function checkHost({ headers }: IncomingMessage): void {
  if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(headers.host ?? '')) {
    throw new ServiceError('BadRequest', `Host not allowed: ${headers.host ?? ''}`);
  }
}

function checkAccount(account: string, own: string): void {
  if (account === '-' || account === own) return;
  if (/^\d{12}$/.test(account)) {
    throw new ServiceError('AccessDeniedException', `Access denied for account ID: ${account}`);
  }
  throw new ServiceError('UnrecognizedClientException', 'No account found for the given parameters');
}

async function readSmallBody(request: VaultRequest): Promise<void> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > LARGEST_OTHER_BODY_BYTES) throw invalid(`Invalid Content-Length: ${length}`);
  let receivedBytes = 0;
  const body = await request.receive(async (pieces) => {
    for (const piece of pieces) receivedBytes += piece.length;
    if (receivedBytes > LARGEST_OTHER_BODY_BYTES) throw invalid(`Invalid Content-Length: ${receivedBytes}`);
  });
  const sent = request.headers['x-amz-content-sha256'];
  if (typeof sent === 'string') checkPayloadHash(sent, body.sha256);
}

/** Answers what Node's parser could not read: too long a header, control characters, plain noise. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const timedOut = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const { status, body = '' } = errorReply(
    new ServiceError(timedOut ? 'RequestTimeoutException' : 'BadRequest'),
  );
  socket.end(
    `HTTP/1.1 ${status} ${timedOut ? 'Request Timeout' : 'Bad Request'}\r\n` +
      `x-amzn-RequestId: ${newRequestId()}\r\nDate: ${new Date().toUTCString()}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
