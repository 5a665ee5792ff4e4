import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ServiceError, unavailable } from '../errors.js';
import type { Reply } from '../requests/request.js';
import type { ReplyBody } from './reply-body.js';

interface Common {
  readonly requestId: string;
  readonly nowMs: number;
}

/** The headers that every answer of the service carries; one by a stranger has only the date. There is no x-amzn-errortype (seen). */
export function headOf(reply: Reply, { requestId, nowMs }: Common): Record<string, string> {
  const head: Record<string, string> = {
    ...(reply.byStranger ? {} : { 'x-amzn-RequestId': requestId }),
    Date: new Date(nowMs).toUTCString(),
  };
  if (reply.body !== undefined) head['Content-Type'] = 'application/json';
  return head;
}

/** Sends a reply with the headers that every reply has, and its body; resolves when all is handed to the socket. */
export async function respond(
  response: ServerResponse,
  reply: Reply,
  body: ReplyBody,
  common: Common,
): Promise<void> {
  response.sendDate = false;
  response.statusCode = reply.status;
  // A 204 must not carry a length.
  const length = reply.status === 204 ? {} : { 'Content-Length': String(body.sizeBytes) };
  for (const [name, value] of Object.entries({ ...headOf(reply, common), ...length, ...reply.headers })) {
    response.setHeader(name, value);
  }
  try {
    await pipeline(body.pieces(), response);
  } catch (error) {
    // The client went away.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

/** The service's answer to anything that went wrong. Anything unforeseen is its 500, which clients try again. */
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
