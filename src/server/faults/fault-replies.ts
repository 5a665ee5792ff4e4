import { once } from 'node:events';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { MIB } from '../limits.js';
import { firstBytes, type ReplyBody } from '../replies/reply-body.js';
import { ConnectionLost } from '../requests/receive-body.js';
import type { Reply } from '../requests/request.js';
import { flipped, pause, untilGone } from './fault-bodies.js';
import type { FaultPlan } from './faults.js';
import { longSleep } from './long-sleep.js';

/** What stands between client and service may answer in the service's place: a proxy, or a hotel's login page. */
export function strangersReply(plan: FaultPlan): Reply | undefined {
  const status = plan.number('status');
  if (status !== undefined) return { status, byStranger: true };
  const page = plan.number('html');
  if (page === undefined) return undefined;
  const body = `<html><head><title>${page}</title></head><body><h1>${STATUS_CODES[page]}</h1></body></html>\n`;
  const headers: Record<string, string> = { 'Content-Type': 'text/html; charset=utf-8' };
  if (page === 302) headers.Location = 'http://login.invalid/';
  return { status: page, headers, body, byStranger: true };
}

/** Replies that look well but are not true. */
export function untrueReply(plan: FaultPlan, reply: Reply): Reply {
  const headers = { ...reply.headers };
  const treeHash = headers['x-amz-sha256-tree-hash'];
  if (plan.has('wrong-tree-hash') && treeHash !== undefined) {
    headers['x-amz-sha256-tree-hash'] = otherHash(treeHash);
  }
  if (plan.has('no-archive-id')) {
    delete headers['x-amz-archive-id'];
    delete headers.Location;
  }
  return { ...reply, headers };
}

/** Another hash of the same shape. */
export const otherHash = (hash: string): string => (hash.startsWith('0') ? '1' : '0') + hash.slice(1);

/** Whether the reply must be written by hand because it does not reach the client as it should. */
export const isMishandled = (plan: FaultPlan): boolean =>
  plan.has('cut-reply') || plan.has('truncate-reply') || plan.has('slow-reply') || plan.has('huge-reply');

/** Writes the reply as the plan wants it, then ends the connection. */
export async function mishandle(
  plan: FaultPlan,
  { socket }: IncomingMessage,
  reply: Reply,
  body: ReplyBody,
  head: Readonly<Record<string, string>>,
): Promise<void> {
  const place = (atBytes: number): number => (atBytes < 0 ? Math.floor(body.sizeBytes / 2) : atBytes);
  const bodyBytes = Math.min(body.sizeBytes, place(plan.number('truncate-reply') ?? body.sizeBytes));
  const sizeBytes = Math.max(bodyBytes, plan.number('huge-reply') ?? 0);
  const lines = [`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`];
  for (const [name, value] of Object.entries({ ...head, ...reply.headers })) lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${sizeBytes}`, 'Connection: close', '', '');
  const start = Buffer.from(lines.join('\r\n'), 'latin1');
  const whole = wholeReply(start, firstBytes(body.pieces(), bodyBytes), sizeBytes - bodyBytes);

  const cutAt = plan.number('cut-reply');
  const waitMs = plan.number('slow-reply');
  if (cutAt !== undefined) {
    // A reply without a body is cut in its head.
    const sentBytes = body.sizeBytes === 0 ? start.length >> 1 : start.length + place(cutAt);
    await write(socket, firstBytes(whole, sentBytes));
    socket.end(() => socket.destroy());
  } else {
    await write(socket, whole, waitMs);
    socket.end();
  }
}

async function* wholeReply(
  start: Buffer,
  body: AsyncIterable<Buffer>,
  blankBytes: number,
): AsyncGenerator<Buffer> {
  yield start;
  yield* body;
  const blanks = Buffer.alloc(Math.min(MIB, blankBytes), ' ');
  for (let left = blankBytes; left > 0; left -= MIB) yield blanks.subarray(0, left);
}

/** Writes no faster than the client reads; with `waitMs`, byte by byte. Ends with the connection. */
async function write(socket: Socket, pieces: AsyncIterable<Buffer>, waitMs?: number): Promise<void> {
  for await (const piece of pieces) {
    if (socket.destroyed) return;
    if (waitMs !== undefined) await writeSlowly(socket, piece, waitMs);
    else if (!socket.write(piece)) await drained(socket);
  }
}

/** Resolves once the socket takes bytes again or is closed. Of a reply of a gigabyte no listener is left behind. */
async function drained(socket: Socket): Promise<void> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]);
  } catch {
    // A socket that failed is destroyed, which is looked at next.
  } finally {
    listening.abort();
  }
}

/** Does not wait for longer than the connection lasts. */
async function writeSlowly(socket: Socket, bytes: Buffer, waitMs: number): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  socket.once('close', onClose);
  for (const byte of bytes) {
    if (socket.destroyed) break;
    socket.write(Buffer.of(byte));
    await longSleep(waitMs, gone.signal).catch(() => {});
  }
  socket.off('close', onClose);
}

/** The bytes of a job's output, changed or held up as the plan wants it. */
export function untrueBody(plan: FaultPlan, incoming: IncomingMessage, body: ReplyBody): ReplyBody {
  const stallBytes = plan.number('stall');
  const bytesPerSecond = plan.number('slow-body');
  return {
    ...body,
    async *pieces() {
      let sentBytes = 0;
      try {
        for await (let piece of body.pieces()) {
          if (sentBytes === 0 && plan.has('corrupt')) piece = flipped(piece);
          if (stallBytes !== undefined && sentBytes + piece.length > stallBytes) {
            yield piece.subarray(0, stallBytes - sentBytes);
            await untilGone(incoming);
          }
          yield* bytesPerSecond === undefined ? [piece] : slowly(incoming, piece, bytesPerSecond);
          sentBytes += piece.length;
        }
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
      }
    },
  };
}

async function* slowly(incoming: IncomingMessage, piece: Buffer, bytesPerSecond: number) {
  const sliceBytes = Math.ceil(bytesPerSecond / 10);
  for (let from = 0; from < piece.length; from += sliceBytes) {
    const slice = piece.subarray(from, from + sliceBytes);
    await pause(incoming, (slice.length / bytesPerSecond) * 1000);
    yield slice;
  }
}
