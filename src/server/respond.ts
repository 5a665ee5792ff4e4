import type { ServerResponse } from 'node:http';
import { ServiceError, unavailable } from './errors.js';
import type { Reply } from './request.js';

/** Sends a reply with the headers that every answer of the service carries. There is no x-amzn-errortype (seen). */
export function respond(
  response: ServerResponse,
  reply: Reply,
  common: { requestId: string; nowMs: number },
): void {
  response.sendDate = false;
  response.statusCode = reply.status;
  response.setHeader('x-amzn-RequestId', common.requestId);
  response.setHeader('Date', new Date(common.nowMs).toUTCString());
  const body = Buffer.from(reply.body ?? '');
  if (body.length > 0) response.setHeader('Content-Type', 'application/json');
  // A 204 must not carry a length.
  if (reply.status !== 204) response.setHeader('Content-Length', body.length);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.end(body);
}

/** The service's answer to whatever went wrong. Anything unforeseen is its 500, which clients try again. */
export function errorReply(error: unknown): Reply {
  const known = error instanceof ServiceError ? error : unavailable(error);
  const reply = { status: known.status, body: known.toJson() };
  // A client that has fallen silent is not waited for again.
  return known.code === 'RequestTimeoutException' ? { ...reply, headers: { Connection: 'close' } } : reply;
}

/** Errors of the disk are life; any other kind is a fault of ours and must not go unseen. */
export function reportIfOurs(error: unknown): void {
  if (error instanceof ServiceError || (error as NodeJS.ErrnoException).syscall !== undefined) return;
  process.emitWarning(error instanceof Error ? error : String(error));
}
