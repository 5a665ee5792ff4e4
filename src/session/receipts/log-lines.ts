/** The lines of a log, looked up or read in turn: what is looked up is parsed, the rest of the log is only indexed. */
import { assertOurs, checked } from '../folders.js';
import { textHash } from './line-fields.js';
import type { KeyName } from './line-table.js';
import { foldLines, isNote, type LogLine, parseLine } from './lines.js';
import { LogIndex } from './log-index.js';
import { type EnteredLog, linesOf, OpenLog } from './log-reader.js';
import type { KnownReceipt } from './receipt.js';

export interface LocatedLine {
  line: LogLine;
  /** Where it begins. */
  offset: number;
}

/** Every method throws `state-unusable` when the file cannot be read or is not ours. */
export class LogLines {
  readonly #file: string;
  readonly #log: OpenLog;
  readonly #index = new LogIndex();
  #isLocked = false;

  /** @param ownUserId whose file to trust; undefined where the system has no user IDs */
  constructor(file: string, ownUserId: number | undefined) {
    this.#file = file;
    this.#log = new OpenLog(file, () => assertOurs(file, ownUserId, 'file'));
  }

  /** The lines that may have a key, the latest first. */
  by(key: KeyName, hash: number): LocatedLine[] {
    return this.#read([], (log) => {
      if (!this.#isLocked) this.#index.catchUp(log);
      return this.#linesAt(log, this.#index.offsets(key, hash));
    });
  }

  /** The same, each parsed as it is asked for. */
  *eachBy(key: KeyName, hash: number): Generator<LogLine, void> {
    const offsets = this.#read([], (log) => {
      this.#index.catchUp(log);
      return [...this.#index.offsets(key, hash)];
    });
    for (const offset of offsets) {
      const [located] = this.#read([], (log) => this.#linesAt(log, [offset]));
      if (located) yield located.line;
    }
  }

  /** The lines of an archive, oldest first. */
  ofArchive(archiveId: string): LocatedLine[] {
    return this.by('archive', textHash(archiveId))
      .filter(({ line }) => line.archiveId === archiveId)
      .reverse();
  }

  /** The same as of the last look at the log. */
  knownOfArchive(archiveId: string): LocatedLine[] {
    const offsets = [...this.#index.offsets('archive', textHash(archiveId))].reverse();
    if (offsets.length === 0) return [];
    return this.#read([], (log) => this.#linesAt(log, offsets)).filter(
      ({ line }) => line.archiveId === archiveId,
    );
  }

  /** The archive whose first receipt this line is, as of the last look at the log; null for any other line. */
  archiveBegunBy({ line, offset }: LocatedLine): KnownReceipt | null {
    if (isNote(line)) return null;
    const [, another] = this.#index.offsets('archive', textHash(line.archiveId));
    if (another === undefined) return line;
    const lines = this.knownOfArchive(line.archiveId);
    return firstReceipt(lines) === offset ? foldLines(lines) : null;
  }

  /** Looks at what was appended. @returns where the next line will begin */
  lookAtAll(): number {
    this.#read(undefined, (log) => this.#index.catchUp(log));
    return this.#index.knownBytes;
  }

  /** The text of each line of the log, but for empty ones, read as it is asked for. */
  *texts(): Generator<{ text: string; offset: number; lineNumber: number }, void> {
    const log = checked(this.#file, () => this.#log.enter());
    if (log === null) return;
    try {
      checked(this.#file, () => this.#index.catchUp(log));
      let lineNumber = 0;
      for (const { text, offset } of linesOf(log.fd)) {
        lineNumber += 1;
        if (text !== '') yield { text, offset, lineNumber };
      }
    } finally {
      this.#log.leave();
    }
  }

  /** @param onUnreadable called with the number of each line that is neither a receipt nor a note */
  *each(onUnreadable: (lineNumber: number) => void = () => {}): Generator<LocatedLine, void> {
    for (const { text, offset, lineNumber } of this.texts()) {
      const line = parseLine(text);
      if (line === null) onUnreadable(lineNumber);
      else yield { line, offset };
    }
  }

  /** Runs look-ups while nobody can append: what was appended before is looked at once, not at each. */
  whileLocked<T>(action: () => T): T {
    const log = checked(this.#file, () => this.#log.enter());
    if (log === null) return action();
    try {
      checked(this.#file, () => this.#index.catchUp(log));
      this.#isLocked = true;
      return action();
    } finally {
      this.#isLocked = false;
      this.#log.leave();
    }
  }

  /** Keeps the file open between the look-ups of `action`, from the first one on. */
  async keptOpen<T>(action: () => Promise<T>): Promise<T> {
    this.#log.keep();
    try {
      return await action();
    } finally {
      this.#log.letGo();
    }
  }

  /** Keeps the file open while `action` looks up many archives. */
  async whileOpen<T>(action: () => Promise<T>): Promise<T> {
    const log = checked(this.#file, () => this.#log.enter());
    try {
      return await action();
    } finally {
      if (log !== null) this.#log.leave();
    }
  }

  #read<T>(absent: T, action: (log: EnteredLog) => T): T {
    return checked(this.#file, () => this.#log.read(absent, action));
  }

  #linesAt({ fd }: EnteredLog, offsets: Iterable<number>): LocatedLine[] {
    return [...offsets].flatMap((offset) => {
      const line = parseLine(this.#index.lineAt(fd, offset));
      return line === null ? [] : { line, offset };
    });
  }
}

/** Where the first receipt of these lines begins. @param lines oldest first */
export function firstReceipt(lines: readonly LocatedLine[]): number | null {
  return lines.find(({ line }) => !isNote(line))?.offset ?? null;
}
