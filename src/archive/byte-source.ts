/** Where the bytes of an archive come from when it is no file: a pipe, or any other stream. */
import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Readable } from 'node:stream';

export interface ByteSource {
  /**
   * Fills the buffer as far as the stream goes. One call at a time.
   * @returns how many bytes were filled in: fewer than the whole only where the stream ends
   * @throws what ended the stream early
   */
  fill(buffer: Buffer): Promise<number>;
  /** How many bytes were filled in, all in all, also by a `fill` that failed. */
  readonly readBytes: number;
  /** Reads no more; `reason` is what a `fill` under way, or a later one, throws. */
  destroy(reason?: Error): void;
}

/** What a pipe holds, on Linux: more is never read at a time. */
const pipeBytes = 64 * 1024;
const pieceBytes = 1024 * 1024;
const nothing = Buffer.alloc(0);

/**
 * Bytes of a standard input, or of any other stream.
 * @param stream one that nobody has read from yet
 */
export function sourceOf(stream: Readable): ByteSource {
  const isPipe = stream === process.stdin && stream instanceof Socket && !process.stdin.isTTY;
  return isPipe ? new PipeSource(0) : new StreamSource(stream);
}

/**
 * The bytes of a stream that nobody has read from yet, in pieces of a MiB; each is valid until the next one is asked for.
 * @throws what ended the stream early, or the reason of the signal
 */
export async function* piecesOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const source = sourceOf(stream);
  const end = (): void => source.destroy(signal.reason);
  signal.addEventListener('abort', end);
  try {
    const buffer = Buffer.allocUnsafeSlow(pieceBytes);
    for (let count = -1; count !== 0; ) {
      signal.throwIfAborted();
      count = await source.fill(buffer);
      if (count > 0) yield buffer.subarray(0, count);
    }
  } finally {
    signal.removeEventListener('abort', end);
    source.destroy();
  }
}

/**
 * A pipe or socket that is read into one buffer, again and again. Node's own stream takes new memory for each read, and
 * its page faults and garbage cost three times as much as the reading.
 */
export class PipeSource implements ByteSource {
  readonly #socket: Socket;
  /** What has been read and not been asked for yet: the pipe is not read from until it has. */
  #rest: Buffer = nothing;
  #wanted: { buffer: Buffer; filled: number; settle: () => void } | null = null;
  #isEnded = false;
  #error: Error | null = null;
  #readBytes = 0;

  /** @param fd closed when the pipe has ended or is destroyed, but for standard input */
  constructor(fd: number) {
    const buffer = Buffer.allocUnsafeSlow(pipeBytes);
    // Node documents `onread` for connections; a socket of a descriptor takes it as well.
    const options: SocketConstructorOpts & { onread: unknown } = {
      fd,
      readable: true,
      writable: false,
      onread: { buffer, callback: (count: number) => this.#take(buffer.subarray(0, count)) },
    };
    this.#socket = new Socket(options)
      .on('error', (error) => this.#end(error))
      .on('end', () => this.#end(null))
      .on('close', () => this.#end(new Error('it was closed')));
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  fill(buffer: Buffer): Promise<number> {
    const filled = this.#rest.copy(buffer);
    this.#rest = this.#rest.subarray(filled);
    this.#readBytes += filled;
    if (filled === buffer.length) return Promise.resolve(filled);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (!this.#wanted) return;
        const count = this.#wanted.filled;
        this.#wanted = null;
        if (this.#error) reject(this.#error);
        else resolve(count);
      };
      this.#wanted = { buffer, filled, settle };
      if (this.#isEnded) settle();
      else this.#socket.resume();
    });
  }

  destroy(reason?: Error): void {
    this.#socket.destroy();
    this.#end(reason ?? new Error('it was closed'));
  }

  /** @returns whether to read on */
  #take(bytes: Buffer): boolean {
    const wanted = this.#wanted;
    const count = wanted ? bytes.copy(wanted.buffer, wanted.filled) : 0;
    this.#rest = bytes.subarray(count);
    this.#readBytes += count;
    if (!wanted) return false;
    wanted.filled += count;
    if (wanted.filled < wanted.buffer.length) return true;
    wanted.settle();
    return false;
  }

  #end(error: Error | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.#wanted?.settle();
  }
}

class StreamSource implements ByteSource {
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Buffer | string>;
  #rest: Buffer = nothing;
  #readBytes = 0;

  constructor(stream: Readable) {
    this.#stream = stream;
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  get readBytes(): number {
    return this.#readBytes;
  }

  async fill(buffer: Buffer): Promise<number> {
    for (let filled = 0; ; ) {
      const count = this.#rest.copy(buffer, filled);
      this.#rest = this.#rest.subarray(count);
      filled += count;
      this.#readBytes += count;
      if (filled === buffer.length) return filled;
      const { done, value } = await this.#pieces.next();
      if (done) return filled;
      this.#rest = typeof value === 'string' ? Buffer.from(value) : value;
    }
  }

  destroy(reason?: Error): void {
    this.#stream.destroy(reason);
  }
}
