import { AppendLog, checkedLine, readCheckedLine } from '../append-log.js';

/** A part as the journal knows it. With `aside`, its bytes still stand in that file beside the archive. */
export interface StoredPart {
  readonly index: number;
  readonly sizeBytes: number;
  readonly treeHash: string;
  readonly receivedAtMs: number;
  readonly aside?: string;
}

/** The list of an upload's parts: one line a part, the later line of two counts. */
export class PartJournal {
  readonly #log: AppendLog;

  private constructor(log: AppendLog) {
    this.#log = log;
  }

  static async read(path: string): Promise<{ journal: PartJournal; parts: StoredPart[] }> {
    const parts: StoredPart[] = [];
    const log = await AppendLog.read(path, (line) => {
      const part = readCheckedLine<StoredPart>(line);
      if (part) parts.push(part);
      return part !== undefined;
    });
    return { journal: new PartJournal(log), parts };
  }

  /** Resolves when the part's line is on the disk. */
  append(part: StoredPart): Promise<void> {
    return this.#log.append(checkedLine(part));
  }

  /** Replaces the whole list; only while nobody appends. */
  rewrite(parts: readonly StoredPart[]): Promise<void> {
    return this.#log.rewrite(parts.map(checkedLine));
  }
}
