import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { TreeHasher } from '../hashes/tree-hash.js';
import { ConnectionLost, type WriteBytes } from '../requests/receive-body.js';
import type { FaultPlan } from './faults.js';
import { longSleep } from './long-sleep.js';

/** Drops the connection when so many bytes of the body have come. */
export function cutAt(
  plan: FaultPlan,
  incoming: IncomingMessage,
): ((receivedBytes: number) => void) | undefined {
  const atBytes = plan.number('cut');
  if (atBytes === undefined) return undefined;
  return (receivedBytes) => {
    if (receivedBytes < atBytes) return;
    incoming.socket.destroy();
    throw new ConnectionLost('cut by a fault rule');
  };
}

/** Takes the bytes slowly, or from some byte on not at all; the connection backs up as behind a slow disk. */
export function slowed(plan: FaultPlan, incoming: IncomingMessage, write: WriteBytes): WriteBytes {
  const bytesPerSecond = plan.number('slow-body');
  const stallBytes = plan.number('stall');
  if (bytesPerSecond === undefined && stallBytes === undefined) return write;
  return async (pieces, offsetBytes) => {
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (stallBytes !== undefined && offsetBytes + sizeBytes > stallBytes) await untilGone(incoming);
    if (bytesPerSecond !== undefined) await pause(incoming, (sizeBytes / bytesPerSecond) * 1000);
    await write(pieces, offsetBytes);
  };
}

/** Waits, but not for longer than the connection lasts. */
export async function pause(incoming: IncomingMessage, waitMs: number): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort();
  incoming.socket.once('close', onClose);
  try {
    await longSleep(waitMs, gone.signal);
  } catch {
    throw new ConnectionLost('the connection closed');
  } finally {
    incoming.socket.off('close', onClose);
  }
}

/** Never ends but with the connection. */
export async function untilGone(incoming: IncomingMessage): Promise<never> {
  if (!incoming.socket.destroyed) await once(incoming.socket, 'close');
  throw new ConnectionLost('the connection closed');
}

/** Stores other bytes than were sent. What is listed is the tree hash of what is stored: the service's own view. */
export class CorruptingWriter {
  readonly #write: WriteBytes;
  readonly #tree = new TreeHasher();
  #done = false;

  constructor(write: WriteBytes) {
    this.#write = write;
  }

  readonly write: WriteBytes = (pieces, offsetBytes) => {
    const stored = pieces.map((piece, i) => (this.#done || i > 0 ? piece : flipped(piece)));
    this.#done = true;
    for (const piece of stored) this.#tree.update(piece);
    return this.#write(stored, offsetBytes);
  };

  storedTreeHash(): string {
    return this.#tree.digest().toString('hex');
  }
}

/** The same bytes but for one bit. */
export function flipped(piece: Buffer): Buffer {
  const copy = Buffer.from(piece);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
