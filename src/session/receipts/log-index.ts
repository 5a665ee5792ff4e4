/**
 * Where the lines of a log are, by what they are looked up by. Each table is built when it is first needed, and
 * afterwards only what was appended since is read: by this process or by another one.
 */
import { fstatSync } from 'node:fs';
import { HashTable } from './hash-table.js';
import { type KeyGroup, LineFields, type LineKeys } from './line-fields.js';
import { parseLine } from './lines.js';
import { bytesBefore, readLines } from './log-reader.js';

export type KeyName = keyof LineKeys;

const groups: Record<KeyGroup, readonly KeyName[]> = {
  first: ['archive', 'size'],
  rest: ['upload', 'content', 'subject'],
};

function groupOf(key: KeyName): KeyGroup {
  return groups.first.includes(key) ? 'first' : 'rest';
}

export class LogIndex {
  #tables = newTables();

  /** Where lines begin that may have this key, the latest first. */
  offsets(fd: number, key: KeyName, hash: number): Generator<number, void> {
    this.catchUp(fd, key);
    return this.knownOffsets(key, hash);
  }

  /** The same as of the last look at the log: for a reader that asks for every line in turn. */
  knownOffsets(key: KeyName, hash: number): Generator<number, void> {
    return this.#tables[groupOf(key)].byKey[key].offsets(hash);
  }

  /** Reads what was appended to the log since the last look. */
  catchUp(fd: number, key: KeyName): void {
    const group = groupOf(key);
    const { size } = fstatSync(fd);
    const { readBytes, guard } = this.#tables[group];
    // A log that was replaced, or cut back after a failed flush, is read from its beginning.
    const isSame = size >= readBytes && bytesBefore(fd, readBytes).equals(guard);
    if (isSame && size === readBytes) return;
    if (!isSame) this.#tables = newTables();
    const table = this.#tables[group];
    const fields = new LineFields();
    table.readBytes = readLines(
      fd,
      table.readBytes,
      (bytes, start, end, offset) => {
        const keys = fields.keysOf(bytes, start, end, group);
        if (keys === null) return;
        for (const name of groups[group]) {
          const hash = keys[name];
          if (hash !== null) table.byKey[name].add(hash, offset);
        }
      },
      (rest) => parseLine(rest.toString('utf8')) !== null,
    );
    table.guard = bytesBefore(fd, table.readBytes);
  }
}

interface Tables {
  byKey: Record<KeyName, HashTable>;
  /** How much of the log stands in the tables, and the last bytes of it. */
  readBytes: number;
  guard: Buffer;
}

function newTables(): Record<KeyGroup, Tables> {
  const make = (): Tables => ({
    byKey: {
      archive: new HashTable(),
      size: new HashTable(),
      upload: new HashTable(),
      content: new HashTable(),
      subject: new HashTable(),
    },
    readBytes: 0,
    guard: Buffer.alloc(0),
  });
  return { first: make(), rest: make() };
}
