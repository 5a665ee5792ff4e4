/**
 * A place for each archive, also where several have one name: the newest keeps it, and the others get the time of their
 * creation before the extension, `photo~20140512T101500Z.jpg`. A name that is also a folder of another archive's name is
 * given to no file.
 */
import { createHash } from 'node:crypto';
import { collisionKey, safeRelativePath } from '../../names/safe-path.js';
import { hashOf, type TextHash, TextSet } from '../text-set.js';

const fewest = 1024;

/** Decides which of the archives with the same path keeps it: the newest. Holds hashes, not paths. */
export class DistinctPaths {
  readonly #foldsCase: boolean;
  readonly #folders = new TextSet();
  readonly #files = new TextSet();
  /** Of each path, in the order in which they were added. */
  #high = new Uint32Array(fewest);
  #low = new Uint32Array(fewest);
  #isTaken = new Uint8Array(0);
  #count = 0;
  #renamed = 0;
  #lastFolder = '';

  /** @param foldsCase the file system takes names for one that differ only in case or composition */
  constructor(foldsCase: boolean) {
    this.#foldsCase = foldsCase;
  }

  /** How many did not get their own name. */
  get renamed(): number {
    return this.#renamed;
  }

  /** Notes the path of one more archive. */
  add(path: string): void {
    if (this.#count === this.#high.length) this.#grow();
    const key = this.#keyOf(path);
    const [high, low] = hashOf(key);
    this.#high[this.#count] = high;
    this.#low[this.#count] = low;
    this.#count += 1;
    this.#addFolders(key);
  }

  /** @param oldestFirst all that were added, by their number */
  settle(oldestFirst: Uint32Array): void {
    this.#isTaken = new Uint8Array(this.#count);
    for (let index = oldestFirst.length - 1; index >= 0; index -= 1) {
      const at = oldestFirst[index] ?? 0;
      const hash: TextHash = [this.#high[at] ?? 0, this.#low[at] ?? 0];
      if (!this.#folders.has(hash) && this.#files.add(hash)) continue;
      this.#isTaken[at] = 1;
      this.#renamed += 1;
    }
  }

  /** Whether another archive, or a folder, has the path of this one. */
  isTaken(at: number): boolean {
    return this.#isTaken[at] === 1;
  }

  /** A path in place of one that is taken. */
  another(path: string, { archiveId, createdAt }: { archiveId: string; createdAt: string }): string {
    const createdMs = Date.parse(createdAt);
    const time = Number.isNaN(createdMs) ? 'undated' : compactTime(createdMs);
    const id = createHash('sha256').update(archiveId).digest('hex').slice(0, 8);
    for (let more = 0; ; more += 1) {
      const suffix = more === 0 ? `~${time}` : `~${time}-${id}${more === 1 ? '' : `-${more}`}`;
      const candidate = withSuffix(path, suffix);
      const hash = hashOf(this.#keyOf(candidate));
      if (!this.#folders.has(hash) && this.#files.add(hash)) return candidate;
    }
  }

  #keyOf(path: string): string {
    return this.#foldsCase ? collisionKey(path) : path;
  }

  #addFolders(key: string): void {
    let end = key.lastIndexOf('/');
    if (end === -1 || key.slice(0, end) === this.#lastFolder) return;
    this.#lastFolder = key.slice(0, end);
    // One that is known has all that are above it known, too.
    while (end > 0 && this.#folders.add(hashOf(key.slice(0, end)))) end = key.lastIndexOf('/', end - 1);
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low];
    this.#high = new Uint32Array(high.length * 2);
    this.#low = new Uint32Array(low.length * 2);
    this.#high.set(high);
    this.#low.set(low);
  }
}

/** `2014-05-12T10:15:00.000Z` → `20140512T101500Z`. */
function compactTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '');
}

function withSuffix(path: string, suffix: string): string {
  const extension = /(?<=[^/])\.[^./]{1,16}$/.exec(path)?.[0] ?? '';
  const name = `${path.slice(0, path.length - extension.length)}${suffix}${extension}`;
  // Too long a name is cut.
  return safeRelativePath(name) ?? name;
}
