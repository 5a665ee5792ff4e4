/** A stream read in pieces of the reader's own size. */
import { addAbortSignal, type Readable } from 'node:stream';
import { errnoOf, GlacierUpError } from '../errors.js';

/** Reads a stream in pieces of a size that the reader chooses; what came beyond stays for the next call. */
export class StreamReader {
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Buffer | string>;
  #signal: AbortSignal | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #readBytes = 0;

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** From now on the signal ends the stream early; its reason is thrown by what is being read. */
  endWith(signal: AbortSignal): void {
    this.#signal = signal;
    addAbortSignal(signal, this.#stream);
  }

  /** How many bytes have been handed out. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /**
   * Fills the buffer as far as the stream goes.
   * @returns how much was filled in: less than the whole only where the stream ends
   * @throws GlacierUpError `archive-unusable` when the stream cannot be read
   */
  async fill(buffer: Buffer): Promise<number> {
    let filled = 0;
    while (filled < buffer.length && (await this.hasMore())) {
      const count = this.#rest.copy(buffer, filled);
      this.#rest = this.#rest.subarray(count);
      filled += count;
      this.#readBytes += count;
    }
    return filled;
  }

  /** False at the end of the stream. Waits until either is known. */
  async hasMore(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#next();
      if (done) return false;
      this.#rest = typeof value === 'string' ? Buffer.from(value) : value;
    }
    return true;
  }

  async #next(): Promise<IteratorResult<Buffer | string>> {
    try {
      return await this.#pieces.next();
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const what = errnoOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
      const message = `the stream cannot be read at byte ${this.#readBytes}: ${what}`;
      throw new GlacierUpError('archive-unusable', message, { cause });
    }
  }
}
