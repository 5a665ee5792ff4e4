/** A list of archives that a person has made: archive IDs, or names, one a line. */
import { createHash } from 'node:crypto';
import { nameKey } from '../names/name-key.js';

/** Names that the user listed, with the ones that were not met. */
export class NameList {
  readonly #keys = new Map<string, string>();
  readonly #met = new Set<string>();

  /** @param entries without the ends of their lines; empty ones do not count */
  constructor(entries: readonly string[]) {
    for (const entry of entries) if (entry !== '') this.#keys.set(nameKey(entry), entry);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Of what the list names, in any order. */
  get sha256(): string {
    const hash = createHash('sha256');
    for (const key of [...this.#keys.keys()].sort()) hash.update(`${key}\0`);
    return hash.digest('hex');
  }

  /** Whether it names this archive, and notes that it does. @param key an archive ID, or a name: see `nameKey` */
  takes(key: string): boolean {
    if (!this.#keys.has(key)) return false;
    this.#met.add(key);
    return true;
  }

  /** The entries that no archive was asked for by. */
  unmet(): string[] {
    return [...this.#keys].filter(([key]) => !this.#met.has(key)).map(([, entry]) => entry);
  }
}
