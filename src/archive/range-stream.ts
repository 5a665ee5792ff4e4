/** One byte range of an open file as a stream, so that a part of any size is sent with little memory. */
import { read } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import type { Clock } from '../clock.js';
import { errnoOf, GlacierUpError } from '../errors.js';
import { giveBuffer, spareBufferBytes, takeBuffer } from '../spare-buffers.js';

/**
 * What is read is handed on in pieces: each that leaves is a sign of life, and all of it at once would take a slow line
 * so long that it could not be told from a dead one. They cost a little, so that a fast line is spared them; which line
 * is fast shows only when the buffers on the way are full.
 */
const firstPieceBytes = 128 * 1024;
const smallestPieceBytes = 8 * 1024;
const longPieceMs = 5000;
const buffersSizeBytes = 16 * 1024 ** 2;
const fastBytesPerMs = 1024;

/** What is known of the line that streams go over, by those that went before. */
export interface LineSpeed {
  isFast: boolean;
}

export interface RangeStreamOptions {
  /** Tells a fast line from a slow one. */
  clock: Pick<Clock, 'monotonicMs'>;
  fd: number;
  start: number;
  /** Exclusive. */
  end: number;
  /** Awaited before bytes are read: where a rate limit holds. */
  pace?: (sizeBytes: number) => Promise<void>;
  /** How much to read at a time at most. */
  stepBytes?: number;
  /** Shared with the streams that go over the same line. */
  lineSpeed?: LineSpeed;
  /** Told of bytes handed on to be sent. */
  onBytes?: (sizeBytes: number) => void;
}

/**
 * Reads `[start, end)` at its own offset, leaving the descriptor's position alone, so that many streams share one
 * descriptor. Fails with `archive-changed` when the file ends early, `archive-unusable` when it cannot be read.
 */
export class RangeStream extends Readable {
  /** The SDK takes Content-Length from here; without it the body would go out chunked, which Glacier refuses. */
  readonly byteLength: number;
  readonly #options: RangeStreamOptions;
  readonly #stepBytes: number;
  readonly #lineSpeed: LineSpeed;
  #hasBeenSlow = false;
  #position: number;
  readonly #startMs: number;
  #pieceBytes = firstPieceBytes;

  constructor(options: RangeStreamOptions) {
    const stepBytes = Math.min(options.stepBytes ?? spareBufferBytes, spareBufferBytes);
    super({ highWaterMark: stepBytes });
    this.#options = options;
    this.#startMs = options.clock.monotonicMs();
    this.#stepBytes = stepBytes;
    this.#lineSpeed = options.lineSpeed ?? { isFast: false };
    this.#position = options.start;
    this.byteLength = options.end - options.start;
  }

  override _read(): void {
    this.#fill(this.#newBuffer()).then(
      (bytes) => {
        if (this.destroyed) return;
        if (bytes.length > 0) this.#options.onBytes?.(bytes.length);
        this.push(bytes.length > 0 ? bytes : null);
      },
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // Whether it was too slow is not known. The next attempt must get through on a slow line, too.
    this.#lineSpeed.isFast = false;
    callback(error);
  }

  /**
   * What the SDK does with a body. Sends from two buffers in turn, one filled while the other's bytes leave. A plain
   * pipe takes a new buffer for each read, and page faults and garbage collection then cost more than the sending.
   */
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    this.#sendTo(destination as unknown as Writable).catch((error: Error) => this.destroy(error));
    return destination;
  }

  async #sendTo(destination: Writable): Promise<void> {
    let [filling, leaving] = [this.#takeBuffer(), this.#takeBuffer()];
    let left: Promise<void> = Promise.resolve();
    for (;;) {
      const bytes = await this.#fill(filling);
      await left;
      if (this.destroyed) return;
      if (bytes.length === 0) break;
      left = this.#write(destination, bytes);
      [filling, leaving] = [leaving, filling];
    }
    destination.end();
    // Only here is it certain that nobody reads from them any more.
    if (this.#stepBytes < spareBufferBytes) return;
    giveBuffer(filling);
    giveBuffer(leaving);
  }

  /** Resolves once the destination has no more use for the bytes; if it fails, whoever waits for it is told there. */
  #write(destination: Writable, bytes: Buffer): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const writeFrom = (start: number): void => {
        if (start >= bytes.length) {
          resolve();
          return;
        }
        const piece = bytes.subarray(start, start + (this.#isFast() ? bytes.length : this.#pieceBytes));
        const writtenMs = clock.monotonicMs();
        destination.write(piece, (error) => {
          if (error) {
            this.destroy();
            resolve();
            return;
          }
          if (clock.monotonicMs() - writtenMs > longPieceMs) {
            this.#hasBeenSlow = true;
            this.#lineSpeed.isFast = false;
            this.#pieceBytes = Math.max(smallestPieceBytes, this.#pieceBytes / 4);
          }
          this.#options.onBytes?.(piece.length);
          writeFrom(start + piece.length);
        });
      };
      writeFrom(0);
    });
  }

  #isFast(): boolean {
    const sentBytes = this.#position - this.#options.start;
    if (!this.#lineSpeed.isFast && !this.#hasBeenSlow && sentBytes > buffersSizeBytes) {
      const spentMs = this.#options.clock.monotonicMs() - this.#startMs;
      this.#lineSpeed.isFast = sentBytes > spentMs * fastBytesPerMs;
    }
    return this.#lineSpeed.isFast;
  }

  #newBuffer(): Buffer {
    return Buffer.allocUnsafeSlow(Math.min(this.#stepBytes, this.byteLength));
  }

  #takeBuffer(): Buffer {
    return this.#stepBytes < spareBufferBytes ? this.#newBuffer() : takeBuffer();
  }

  /** The next bytes of the range; none at its end. */
  async #fill(buffer: Buffer): Promise<Buffer> {
    const { fd, end, pace } = this.#options;
    const sizeBytes = Math.min(buffer.length, end - this.#position);
    if (sizeBytes === 0) return buffer.subarray(0, 0);
    await pace?.(sizeBytes);
    // The file may be closed by now.
    if (this.destroyed) return buffer.subarray(0, 0);
    const count = await readAt(fd, buffer, sizeBytes, this.#position);
    if (count === 0) {
      const message = `the file ends at byte ${this.#position}: it shrank while being sent`;
      throw new GlacierUpError('archive-changed', message);
    }
    this.#position += count;
    return buffer.subarray(0, count);
  }
}

function readAt(fd: number, buffer: Buffer, sizeBytes: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, sizeBytes, position, (error, count) => {
      if (error) {
        const what = errnoOf(error) ?? error.message;
        reject(new GlacierUpError('archive-unusable', `cannot be read at byte ${position}: ${what}`));
      } else resolve(count);
    });
  });
}
