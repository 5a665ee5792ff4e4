/** The hashes of what an operand or a list names: a file, a device or pipe, or standard input. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, statSync } from 'node:fs';
import { addAbortSignal, Readable } from 'node:stream';
import { describeChange, identityOf } from '../../../archive/identity.js';
import { GlacierUpError } from '../../../errors.js';
import { hashFile, hashSmallFile } from '../../../treehash/hash-file.js';
import { hashStream } from '../../../treehash/hash-stream.js';
import type { HashPool } from '../../../treehash/pool.js';
import type { Context } from '../../context.js';

export interface Hashes {
  /** Lower-case hex. */
  treeHash: string;
  sizeBytes: number;
  /** Tree hashes of the parts, raw, when a part size was given. */
  rawPartTreeHashes: Buffer[];
}

/** In bytes where it came from a list: names need not be UTF-8. */
export type FileName = string | Buffer;

export const standardInput = '-';

/**
 * Threads take longer to start than so many bytes to hash: those that come first are hashed without them.
 * Afterwards a file of a single leaf still is, as it cannot be divided.
 */
const bytesBeforeThreads = 16 * 1024 * 1024;
const largestUndivided = 1024 * 1024;

/** Hashes files by their names, `-` for standard input, which can be read only once. */
export class Hasher {
  readonly #pool: HashPool;
  readonly #context: Pick<Context, 'stdin'>;
  readonly #signal: AbortSignal;
  #isStdinRead = false;
  #hashedHere = 0;

  constructor(pool: HashPool, context: Pick<Context, 'stdin'>, signal: AbortSignal) {
    this.#pool = pool;
    this.#context = context;
    this.#signal = signal;
  }

  /**
   * @param partSizeBytes also the tree hash of each part of this size
   * @throws the error of the failed system call; GlacierUpError when the file changes meanwhile
   */
  async hash(name: FileName, partSizeBytes?: number): Promise<Hashes> {
    // Lets a signal in between files that are hashed at one go.
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal.throwIfAborted();
    const parts = partSizeBytes === undefined ? {} : { partBytes: partSizeBytes };
    if (isStandardInput(name)) return this.#hashStream(this.#takeStdin(), parts);
    // Files like those of /proc have size 0 and yet bytes; devices and pipes have no size: read to the end. Looked
    // at before it is opened, since a FIFO opened and closed again would be broken for its writer.
    const { size, isFile } = look(name);
    if (!isFile || size === 0) return this.#hashStream(createReadStream(name), parts);
    return withRegularFile(name, async (fd, sizeBytes) => {
      const { rawTreeHash, rawPartTreeHashes } = this.#isQuickerHere(sizeBytes)
        ? hashSmallFile({ fd, sizeBytes, ...parts })
        : await hashFile(this.#pool, { fd, sizeBytes, ...parts }, this.#signal);
      return { treeHash: rawTreeHash.toString('hex'), sizeBytes, rawPartTreeHashes };
    });
  }

  /** The plain SHA-256 of a regular file, in hex; null for anything else, or when it cannot be read. */
  async plainSha256(name: FileName): Promise<string | null> {
    if (isStandardInput(name)) return null;
    try {
      if (!look(name).isFile) return null;
      const rawSha256 = await withRegularFile(name, (fd, end) => this.#pool.rawSha256({ fd, start: 0, end }));
      return rawSha256.toString('hex');
    } catch {
      this.#signal.throwIfAborted();
      return null;
    }
  }

  /** The MD5 of a regular file, in hex; null when it cannot be read. */
  async md5(name: FileName): Promise<string | null> {
    const md5 = createHash('md5');
    try {
      for await (const piece of addAbortSignal(this.#signal, createReadStream(name))) md5.update(piece);
    } catch {
      this.#signal.throwIfAborted();
      return null;
    }
    return md5.digest('hex');
  }

  /** In bytes; null for what has no size. */
  sizeOf(name: FileName): number | null {
    if (isStandardInput(name)) return null;
    const { size, isFile } = look(name);
    return isFile && size > 0 ? size : null;
  }

  #isQuickerHere(sizeBytes: number): boolean {
    if (sizeBytes > largestUndivided && this.#hashedHere + sizeBytes > bytesBeforeThreads) return false;
    this.#hashedHere += sizeBytes;
    return true;
  }

  async #hashStream(stream: Readable | null, parts: { partBytes?: number }): Promise<Hashes> {
    // Not for files: it loads Node's network modules.
    const { piecesOf } = await import('../../../archive/byte-source.js');
    const pieces = piecesOf(stream ?? Readable.from([]), this.#signal);
    const { rawTreeHash, sizeBytes, rawPartTreeHashes } = await hashStream(pieces, parts);
    return { treeHash: rawTreeHash.toString('hex'), sizeBytes, rawPartTreeHashes };
  }

  /** null when it was read to its end before. */
  #takeStdin(): Readable | null {
    if (this.#isStdinRead) return null;
    this.#isStdinRead = true;
    return this.#context.stdin as Readable;
  }
}

/** True for `-`. */
export function isStandardInput(name: FileName): boolean {
  return name.toString() === standardInput;
}

function look(name: FileName): { size: number; isFile: boolean } {
  const stats = statSync(name);
  return { size: stats.size, isFile: stats.isFile() };
}

async function withRegularFile<T>(
  name: FileName,
  action: (fd: number, sizeBytes: number) => Promise<T>,
): Promise<T> {
  const fd = openSync(name, 'r');
  try {
    const before = identityOf(fstatSync(fd, { bigint: true }));
    const hashes = await action(fd, before.sizeBytes);
    const change = describeChange(before, identityOf(fstatSync(fd, { bigint: true })));
    // A sum of some bytes of before and some of after would be the sum of no file at all.
    if (change !== null) throw new GlacierUpError('failed', `changed while it was being read (${change})`);
    return hashes;
  } finally {
    closeSync(fd);
  }
}
