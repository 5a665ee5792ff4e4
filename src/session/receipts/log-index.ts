/**
 * Where the lines of a log are, by what they are looked up by. It is built when it is first needed, and afterwards only
 * what was appended since is read: by this process or by another one.
 */
import { LineFields } from './line-fields.js';
import { type KeyName, LineTable } from './line-table.js';
import { parseLine } from './lines.js';
import { bytesBefore, type EnteredLog, LineWindow, readLines } from './log-reader.js';

/** Where in the log the lines stand that may have a key; catches up with what others append. */
export class LogIndex {
  #lines = new LineTable();
  #window = new LineWindow();
  /** Which file is indexed, how much of it, and the last bytes of that. */
  #file: Pick<EnteredLog, 'inode' | 'device'> = { inode: 0, device: 0 };
  #readBytes = 0;
  #guard: Buffer = Buffer.alloc(0);

  /** Where lines begin that may have this key, the latest first, as of the last look at the log. */
  offsets(key: KeyName, hash: number): Iterable<number> {
    return this.#lines.offsets(key, hash);
  }

  /** How much of the log is known: the first line that is not begins there. */
  get knownBytes(): number {
    return this.#readBytes;
  }

  /** The line that begins at an offset of this index. */
  lineAt(fd: number, offset: number): string {
    return this.#window.lineAt(fd, offset);
  }

  /** Reads what was appended to the log since the last look. */
  catchUp({ fd, inode, device, sizeBytes }: EnteredLog): void {
    // A log that was replaced, or cut back after a failed flush, is read from its beginning.
    const isSame =
      this.#file.inode === inode &&
      this.#file.device === device &&
      sizeBytes >= this.#readBytes &&
      bytesBefore(fd, this.#readBytes).equals(this.#guard);
    if (isSame && sizeBytes === this.#readBytes) return;
    if (!isSame) {
      this.#lines = new LineTable();
      this.#window = new LineWindow();
      this.#readBytes = 0;
      this.#file = { inode, device };
    }
    const lines = this.#lines;
    const fields = new LineFields();
    this.#readBytes = readLines(
      fd,
      this.#readBytes,
      (bytes, start, end, offset) => {
        const keys = fields.keysOf(bytes, start, end);
        if (keys !== null) lines.add(offset, keys);
      },
      (rest) => parseLine(rest.toString('utf8')) !== null,
    );
    this.#guard = bytesBefore(fd, this.#readBytes);
  }
}
