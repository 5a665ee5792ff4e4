/**
 * Writes the archives of a plan to a file, sorted. They go to the file as the inventory comes, and from there, in their
 * order, to another: only what they are sorted by is held.
 */
import { closeSync, fsyncSync, openSync, readSync, rmSync } from 'node:fs';
import type { InventoriedArchive, InventoryEntry } from '../glacier/inventory/inventory.js';
import { isFaulty } from '../glacier/inventory/inventory.js';
import { openNewFile, writeWhole } from '../os/durable.js';
import { checked } from '../session/folders.js';
import { DateOrder } from './date-order.js';
import type { DistinctPaths } from './restore/distinct-paths.js';

/** Between two looks at the signal. */
const linesAtOnce = 8192;
const blockBytes = 1024 * 1024;

/** Gathers small writes. */
class Blocks {
  readonly #fd: number;
  readonly #block = Buffer.allocUnsafe(blockBytes);
  #used = 0;
  #written = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get sizeBytes(): number {
    return this.#written + this.#used;
  }

  /** @returns how many bytes it has */
  text(text: string): number {
    // A character of JavaScript has at most three bytes.
    if (this.#used + text.length * 3 > blockBytes) this.flush();
    if (text.length * 3 > blockBytes) return this.bytes(Buffer.from(text));
    const size = this.#block.write(text, this.#used);
    this.#used += size;
    return size;
  }

  bytes(bytes: Buffer): number {
    if (this.#used + bytes.length > blockBytes) this.flush();
    if (bytes.length > blockBytes) {
      writeWhole(this.#fd, bytes);
      this.#written += bytes.length;
    } else this.#used += bytes.copy(this.#block, this.#used);
    return bytes.length;
  }

  flush(): void {
    writeWhole(this.#fd, this.#block.subarray(0, this.#used));
    this.#written += this.#used;
    this.#used = 0;
  }
}

/** What is said of an archive beside what its inventory says. */
export type MoreOfItem = object & { path?: string };

export interface Choosing {
  /** Asked once for each archive, in the order of the inventory; null: it is not chosen. */
  choose(archive: InventoriedArchive): MoreOfItem | null;
  /** Given the `path` of each; one that is taken is replaced. */
  paths: DistinctPaths | null;
}

/**
 * Writes the chosen archives to `file`, by creation date, then ID, flushed.
 * @param batches of an inventory
 * @returns how many there are
 * @throws GlacierUpError `state-unusable`; `failed` when the inventory is damaged
 */
export async function makeItems(
  file: string,
  batches: AsyncIterable<readonly InventoryEntry[]>,
  choosing: Choosing,
  signal: AbortSignal,
): Promise<number> {
  const unsorted = `${file}.unsorted`;
  const order = await writeUnsorted(unsorted, batches, choosing, signal);
  await writeSorted(file, unsorted, order, choosing, signal);
  checked(unsorted, () => rmSync(unsorted));
  return order.count;
}

async function writeUnsorted(
  file: string,
  batches: AsyncIterable<readonly InventoryEntry[]>,
  { choose, paths }: Choosing,
  signal: AbortSignal,
): Promise<DateOrder> {
  const order = new DateOrder();
  const fd = checked(file, () => openNewFile(file));
  try {
    const blocks = new Blocks(fd);
    for await (const entries of batches) {
      signal.throwIfAborted();
      for (const entry of entries) {
        const more = isFaulty(entry) ? null : choose(entry);
        if (isFaulty(entry) || more === null) continue;
        if (more.path !== undefined) paths?.add(more.path);
        const { archiveId, sizeBytes, treeHash, createdAt, description } = entry;
        const offset = blocks.sizeBytes;
        const line = `${JSON.stringify({ archiveId, sizeBytes, treeHash, createdAt, description, ...more })}\n`;
        const length = checked(file, () => blocks.text(line));
        order.add(Date.parse(createdAt), archiveId, offset, length);
      }
    }
    checked(file, () => blocks.flush());
  } finally {
    closeSync(fd);
  }
  return order;
}

async function writeSorted(
  file: string,
  unsorted: string,
  order: DateOrder,
  { paths }: Choosing,
  signal: AbortSignal,
): Promise<void> {
  const sorted = order.sorted();
  paths?.settle(sorted);
  const source = checked(unsorted, () => openSync(unsorted, 'r'));
  const fd = checked(file, () => openNewFile(file));
  try {
    const blocks = new Blocks(fd);
    const lines = new LineWindow(source);
    let n = 0;
    for (const at of sorted) {
      if (n % linesAtOnce === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      }
      checked(file, () => {
        blocks.text(`{"n":${n},`);
        const line = lines.at(order.offset(at), order.length(at));
        // Without its brace.
        if (paths?.isTaken(at)) blocks.text(withAnotherPath(line, paths).slice(1));
        else blocks.bytes(line.subarray(1));
      });
      n += 1;
    }
    checked(file, () => {
      blocks.flush();
      fsyncSync(fd);
    });
  } finally {
    closeSync(source);
    closeSync(fd);
  }
}

function withAnotherPath(line: Buffer, paths: DistinctPaths): string {
  const item = JSON.parse(line.toString('utf8'));
  return `${JSON.stringify({ ...item, path: paths.another(item.path, item) })}\n`;
}

/** Reads ahead while lines follow one another, as they do in an inventory that is sorted by date already. */
class LineWindow {
  readonly #fd: number;
  readonly #block = Buffer.allocUnsafe(blockBytes);
  #start = 0;
  #size = 0;
  #nextOffset = -1;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** @returns bytes that are valid until the next call */
  at(offset: number, length: number): Buffer {
    const isInBlock = offset >= this.#start && offset + length <= this.#start + this.#size;
    if (!isInBlock) {
      const wanted = offset === this.#nextOffset ? blockBytes : length;
      const block = length > blockBytes ? Buffer.allocUnsafe(length) : this.#block;
      const size = readSync(this.#fd, block, 0, Math.max(length, Math.min(wanted, block.length)), offset);
      if (size < length) throw new Error('it is shorter than it was written');
      if (block !== this.#block) return block.subarray(0, length);
      this.#start = offset;
      this.#size = size;
    }
    this.#nextOffset = offset + length;
    return this.#block.subarray(offset - this.#start, offset - this.#start + length);
  }
}
