import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../errors.js';
import { TreeHasher } from '../hashes/tree-hash.js';
import { MIB } from '../limits.js';

/** The client went away before the body was whole; there is nobody to answer. */
export class ConnectionLost extends Error {}

/** Where body bytes go, in order. Not called again before the last write has ended. */
export type WriteBytes = (pieces: Buffer[], offsetBytes: number) => Promise<void>;

export interface ReceivedBody {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly treeHash: string;
}

export interface ReceiveOptions {
  readonly idleTimeoutMs: number;
  /** Told the number of bytes that have come so far, after each piece; what it throws ends the receiving. */
  readonly onBytes?: ((receivedBytes: number) => void) | undefined;
}

/**
 * Streams a body to `write`, hashing on the way. While one MiB is being written the next is collected, and reading
 * stops when that is full: memory per connection stays at two MiB regardless of the body's size. Settles only when no
 * write is under way any more.
 */
export function receiveBody(
  incoming: IncomingMessage,
  write: WriteBytes,
  { idleTimeoutMs, onBytes }: ReceiveOptions,
): Promise<ReceivedBody> {
  const linear = createHash('sha256');
  const tree = new TreeHasher();
  let receivedBytes = 0;
  let writtenBytes = 0;
  let collected: Buffer[] = [];
  let collectedBytes = 0;
  let writing = false;
  let ended = false;
  let failure: unknown;

  return new Promise((resolve, reject) => {
    const idle = setTimeout(() => {
      // Silence is ours while reading is stopped for the disk.
      if (incoming.isPaused()) idle.refresh();
      else fail(new ServiceError('RequestTimeoutException'));
    }, idleTimeoutMs);

    const settle = (): void => {
      if (writing) return;
      if (failure !== undefined) {
        finish();
        reject(failure);
      } else if (ended && collectedBytes === 0) {
        finish();
        resolve({
          sizeBytes: receivedBytes,
          sha256: linear.digest('hex'),
          treeHash: tree.digest().toString('hex'),
        });
      }
    };

    const finish = (): void => {
      clearTimeout(idle);
      incoming.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onError);
      // Late errors of a connection that we have given up on are nobody's business.
      incoming.on('error', () => undefined);
      incoming.resume();
    };

    const fail = (error: unknown): void => {
      failure ??= error;
      collected = [];
      collectedBytes = 0;
      settle();
    };

    const writeCollected = (): void => {
      const pieces = collected;
      const pieceBytes = collectedBytes;
      collected = [];
      collectedBytes = 0;
      writing = true;
      write(pieces, writtenBytes).then(
        () => {
          writing = false;
          writtenBytes += pieceBytes;
          if (failure === undefined && (collectedBytes >= MIB || (ended && collectedBytes > 0)))
            writeCollected();
          if (failure === undefined && incoming.isPaused()) incoming.resume();
          settle();
        },
        (error: unknown) => {
          writing = false;
          fail(error);
        },
      );
    };

    const onData = (bytes: Buffer): void => {
      idle.refresh();
      receivedBytes += bytes.length;
      if (failure !== undefined) return;
      linear.update(bytes);
      tree.update(bytes);
      collected.push(bytes);
      collectedBytes += bytes.length;
      if (collectedBytes >= MIB) {
        if (writing) incoming.pause();
        else writeCollected();
      }
      try {
        onBytes?.(receivedBytes);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      ended = true;
      if (!writing && collectedBytes > 0) writeCollected();
      settle();
    };
    const onClose = (): void => {
      if (!ended) fail(new ConnectionLost('the connection closed before the body was whole'));
    };
    const onError = (error: Error): void => fail(new ConnectionLost(error.message, { cause: error }));

    incoming.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onError);
    // Gone before it was listened to: what had come is dropped, and neither end nor close will be told any more.
    if (incoming.destroyed && !incoming.readableEnded) onClose();
  });
}
