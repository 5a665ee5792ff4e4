/** One byte range of an open file as a stream, so that a part of any size is sent with little memory. */
import { read } from 'node:fs';
import { Readable } from 'node:stream';
import { errnoOf, GlacierUpError } from '../errors.js';

const defaultReadSizeBytes = 256 * 1024;

export interface RangeStreamOptions {
  fd: number;
  start: number;
  /** Exclusive. */
  end: number;
  /** Awaited before bytes are read: where a rate limit holds. */
  pace?: (sizeBytes: number) => Promise<void>;
  /** How much to read at a time at most. */
  stepBytes?: number;
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
  #position: number;

  constructor(options: RangeStreamOptions) {
    const stepBytes = Math.min(options.stepBytes ?? defaultReadSizeBytes, defaultReadSizeBytes);
    super({ highWaterMark: stepBytes });
    this.#options = options;
    this.#stepBytes = stepBytes;
    this.#position = options.start;
    this.byteLength = options.end - options.start;
  }

  override _read(): void {
    const sizeBytes = Math.min(this.#stepBytes, this.#options.end - this.#position);
    if (sizeBytes === 0) {
      this.push(null);
      return;
    }
    if (!this.#options.pace) {
      this.#readBytes(sizeBytes);
      return;
    }
    this.#options.pace(sizeBytes).then(
      () => this.destroyed || this.#readBytes(sizeBytes),
      (error: Error) => this.destroy(error),
    );
  }

  #readBytes(sizeBytes: number): void {
    const { fd, onBytes } = this.#options;
    read(fd, Buffer.allocUnsafeSlow(sizeBytes), 0, sizeBytes, this.#position, (error, count, bytes) => {
      if (this.destroyed) return;
      if (error) {
        const what = errnoOf(error) ?? error.message;
        this.destroy(
          new GlacierUpError('archive-unusable', `cannot be read at byte ${this.#position}: ${what}`),
        );
      } else if (count === 0) {
        const message = `the file ends at byte ${this.#position}: it shrank while being sent`;
        this.destroy(new GlacierUpError('archive-changed', message));
      } else {
        this.#position += count;
        onBytes?.(count);
        this.push(bytes.subarray(0, count));
      }
    });
  }
}
