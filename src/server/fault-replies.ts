import { once } from 'node:events';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultPlan } from './faults.js';
import { MIB } from './limits.js';
import type { Reply } from './request.js';

/** What stands between client and service may answer in the service's place: a proxy, or a hotel's login page. */
export function strangersReply(plan: FaultPlan): Reply | undefined {
  const status = plan.number('status');
  if (status !== undefined) return { status };
  const page = plan.number('html');
  if (page === undefined) return undefined;
  const body = `<html><head><title>${page}</title></head><body><h1>${STATUS_CODES[page]}</h1></body></html>\n`;
  const headers: Record<string, string> = { 'Content-Type': 'text/html; charset=utf-8' };
  if (page === 302) headers.Location = 'http://login.invalid/';
  return { status: page, headers, body };
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
  incoming: IncomingMessage,
  reply: Reply,
  head: Readonly<Record<string, string>>,
): Promise<void> {
  const { socket } = incoming;
  let body = Buffer.from(reply.body ?? '');
  const truncateAt = plan.number('truncate-reply');
  if (truncateAt !== undefined) body = body.subarray(0, truncateAt < 0 ? body.length >> 1 : truncateAt);
  const sizeBytes = Math.max(body.length, plan.number('huge-reply') ?? 0);
  const lines = [`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`];
  for (const [name, value] of Object.entries({ ...head, ...reply.headers })) lines.push(`${name}: ${value}`);
  lines.push(`Content-Length: ${sizeBytes}`, 'Connection: close', '', '');
  const start = Buffer.from(lines.join('\r\n'), 'latin1');

  const cutAt = plan.number('cut-reply');
  if (cutAt !== undefined) {
    // A reply without a body is cut in its head.
    const whole = Buffer.concat([start, body]);
    const sent =
      body.length === 0 ? start.length >> 1 : start.length + (cutAt < 0 ? body.length >> 1 : cutAt);
    socket.write(whole.subarray(0, sent), () => socket.destroy());
  } else if (plan.has('slow-reply')) {
    await writeSlowly(socket, Buffer.concat([start, body]), plan.number('slow-reply') ?? 0);
  } else {
    socket.write(start);
    socket.write(body);
    await writeBlanks(socket, sizeBytes - body.length);
  }
}

async function writeSlowly(socket: Socket, bytes: Buffer, waitMs: number): Promise<void> {
  for (const byte of bytes) {
    if (socket.destroyed) return;
    socket.write(Buffer.of(byte));
    await sleep(waitMs);
  }
  socket.end();
}

async function writeBlanks(socket: Socket, sizeBytes: number): Promise<void> {
  const blanks = Buffer.alloc(MIB, ' ');
  for (let left = sizeBytes; left > 0 && !socket.destroyed; left -= MIB) {
    if (!socket.write(blanks.subarray(0, Math.min(left, MIB)))) {
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
    }
  }
  socket.end();
}
