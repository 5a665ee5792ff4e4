/**
 * Files recognised by the MD5 in a description: an archive that a tool compressed or encrypted has neither the size nor
 * the tree hash of its file.
 */
import type { NameReading } from '../../../names/name-reading.js';
import type { Hasher } from './hash-named.js';

export type Original = NonNullable<NameReading['original']>;

/** What the file was before it was compressed or encrypted; null where the archive is the file, or nothing tells. */
export function originalOf({ original, isCompressed, isEncrypted }: NameReading): Original | null {
  return original?.md5 && (isCompressed || isEncrypted) ? original : null;
}

/** Files whose archives another tool compressed or encrypted: compared by size and MD5 of the original. Each is read once. */
export class OriginalFiles {
  readonly #hasher: Hasher;
  readonly #sizes: ReadonlyMap<string, number>;
  /** By the file's name, when it was read for it; null for one that could not be read. */
  readonly #md5s = new Map<string, string | null>();

  /** @param sizes in bytes, by the file's name */
  constructor(hasher: Hasher, sizes: ReadonlyMap<string, number>) {
    this.#hasher = hasher;
    this.#sizes = sizes;
  }

  /** The files with this MD5. One is read only for an archive of its size, or of an unknown one. */
  async matching({ md5, sizeBytes }: Original): Promise<string[]> {
    const names: string[] = [];
    for (const [name, size] of this.#sizes) {
      if (sizeBytes !== null && size !== sizeBytes) continue;
      if ((await this.#md5Of(name)) === md5) names.push(name);
    }
    return names;
  }

  async #md5Of(name: string): Promise<string | null> {
    const known = this.#md5s.get(name);
    if (known !== undefined) return known;
    const md5 = await this.#hasher.md5(name);
    this.#md5s.set(name, md5);
    return md5;
  }
}
