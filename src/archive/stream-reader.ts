/** A stream read in pieces of the reader's own size. */
import { errnoOf, GlacierUpError } from '../errors.js';
import type { ByteSource } from './byte-source.js';

/** Reads a stream in pieces of a size that the reader chooses, and says how far it is. */
export class StreamReader {
  readonly #source: ByteSource;
  #signal: AbortSignal | undefined;
  /** The byte that showed that there is more. */
  readonly #next = Buffer.alloc(1);
  #hasNext = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** From now on the signal ends the stream early; its reason is thrown by what is being read. */
  endWith(signal: AbortSignal): void {
    if (signal === this.#signal) return;
    this.#signal = signal;
    const end = (): void => this.#source.destroy(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }

  /** How many bytes have been handed out. */
  get readBytes(): number {
    return this.#source.readBytes - (this.#hasNext ? 1 : 0);
  }

  /**
   * Fills the buffer as far as the stream goes.
   * @returns how much was filled in: less than the whole only where the stream ends
   * @throws GlacierUpError `archive-unusable` when the stream cannot be read
   */
  async fill(buffer: Buffer): Promise<number> {
    if (buffer.length === 0) return 0;
    const kept = this.#hasNext ? this.#next.copy(buffer) : 0;
    this.#hasNext = false;
    return kept + (await this.#read(buffer.subarray(kept)));
  }

  /** False at the end of the stream. Waits until either is known. */
  async hasMore(): Promise<boolean> {
    this.#hasNext ||= (await this.#read(this.#next)) === 1;
    return this.#hasNext;
  }

  async #read(buffer: Buffer): Promise<number> {
    try {
      return await this.#source.fill(buffer);
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const what = errnoOf(cause) ?? (cause instanceof Error ? cause.message : String(cause));
      const message = `the stream cannot be read at byte ${this.#source.readBytes}: ${what}`;
      throw new GlacierUpError('archive-unusable', message, { cause });
    }
  }
}
