import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ServiceError } from './errors.js';
import { cutAt, pause, untilGone } from './faults/fault-bodies.js';
import { lyingPage } from './faults/fault-lies.js';
import { isMishandled, mishandle, strangersReply, untrueBody, untrueReply } from './faults/fault-replies.js';
import { FaultPlan } from './faults/faults.js';
import { handlers } from './handlers/index.js';
import { newRequestId } from './ids.js';
import { enforcePolicies } from './policy/enforce.js';
import { openBody, type ReplyBody } from './replies/reply-body.js';
import { errorReply, headOf, reportIfOurs, respond } from './replies/respond.js';
import { admit, pathOf } from './requests/admit.js';
import { findRoute, type Route } from './requests/operations.js';
import { ConnectionLost } from './requests/receive-body.js';
import type { Reply } from './requests/request.js';
import type { Service } from './service.js';

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
    const work = serve(service, incoming, response)
      .catch((error: unknown) => {
        reportIfOurs(error);
        incoming.socket.destroy();
      })
      .finally(() => active.delete(work));
    active.add(work);
  });
  server.on('clientError', refuseUnreadable);
  return { server, active };
}

async function serve(service: Service, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  incoming.socket.setTimeout(0);
  const requestId = newRequestId();
  let plan = new FaultPlan([]);
  let reply: Reply;
  try {
    const route = accept(incoming);
    plan = service.faults.next(route.operation);
    reply = await answer(service, incoming, route, plan);
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
  const { reply: sent, body } = await openReply(reply);
  const common = { requestId, nowMs: service.nowMs() + (plan.number('skew') ?? 0) };
  const untrue = sent.bytes ? untrueBody(plan, incoming, body) : body;
  try {
    if (plan.has('lose-reply')) incoming.socket.destroy();
    else if (isMishandled(plan)) await mishandle(plan, incoming, sent, untrue, headOf(sent, common));
    else await respond(response, sent, untrue, common);
  } finally {
    await body.close();
  }
}

/** Opens the reply's body; what cannot be opened is a 500. */
async function openReply(reply: Reply): Promise<{ reply: Reply; body: ReplyBody }> {
  try {
    return { reply, body: await openBody(reply) };
  } catch (error) {
    reportIfOurs(error);
    const instead = errorReply(error);
    return { reply: instead, body: await openBody(instead) };
  }
}

/** The operation asked for, once it is clear that the request is one for this server. */
function accept(incoming: IncomingMessage): Route {
  checkHost(incoming);
  const route = findRoute(incoming.method ?? '', pathOf(incoming));
  // Paths it does not know are a BadRequest to the service (seen).
  if (!route) throw new ServiceError('BadRequest');
  return route;
}

/** Runs the operation, with everything that is to go wrong before, while and after it does. */
async function answer(
  service: Service,
  incoming: IncomingMessage,
  route: Route,
  faults: FaultPlan,
): Promise<Reply> {
  const delayMs = faults.number('delay');
  if (delayMs !== undefined) await pause(incoming, delayMs);
  const onBytes = cutAt(faults, incoming);
  onBytes?.(0);
  if (faults.has('black-hole')) await untilGone(incoming.resume());
  const stranger = strangersReply(faults);
  if (stranger) return stranger;
  if (faults.has('throttle') || !service.rates.take(route.operation))
    throw new ServiceError('ThrottlingException');
  const early = faults.error('error');
  if (early) throw early;

  const request = await admit(service, incoming, route, faults, onBytes);
  enforcePolicies(request);
  const reply = await handlers[route.operation](request);
  const late = faults.error('late-error');
  if (late) throw late;
  return lyingPage(faults, untrueReply(faults, reply), request.query);
}

/** Names of this machine, and those of the service: mtglacier sends them to any address it is led to. */
const allowedHost =
  /^(?:127\.0\.0\.1|localhost|\[::1\]|glacier\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)(?::\d{1,5})?$/i;

/** Only this machine is meant to talk to us; the check keeps web pages from doing so through a name of theirs. */
function checkHost({ headers }: IncomingMessage): void {
  if (!allowedHost.test(headers.host ?? '')) {
    throw new ServiceError('BadRequest', `Host not allowed: ${headers.host ?? ''}`);
  }
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
