/**
 * Reads receipts: those with a key, or all in turn. What is looked up is parsed; the rest of the log is only indexed.
 */
import type { FileIdentity } from '../../archive/identity.js';
import { assertOurs, checked } from '../folders.js';
import { sizeHash, subjectHash, textHash } from './line-fields.js';
import type { KeyName } from './line-table.js';
import { foldLines, isNote, type LogLine, parseLine } from './lines.js';
import { LogIndex } from './log-index.js';
import { lineAt, linesOf, OpenLog } from './log-reader.js';
import { type KnownReceipt, type Receipt, subjectKey } from './receipt.js';

/** A file or stream that an archive was named for, and how the file looked then. */
export interface Binding {
  archive: KnownReceipt;
  identity: FileIdentity | null;
}

/** Which archives of the log were looked up. */
export interface Tally {
  /** Looks the archive up, and remembers that. */
  see(archiveId: string): KnownReceipt | null;
  /** Whether it was looked up. */
  hasSeen(archiveId: string): boolean;
  /** The archives that were not looked up, oldest first. */
  unseen(): Generator<KnownReceipt, void>;
}

export interface ReceiptReader {
  readonly file: string;
  /**
   * Every archive, oldest first, read as it is asked for.
   * @param onUnreadable told the number of each line that is no receipt: cut off by a crash, or of a newer version
   */
  all(onUnreadable?: (lineNumber: number) => void): Generator<KnownReceipt, void>;
  byArchiveId(archiveId: string): KnownReceipt | null;
  /** A deletion may be noted of an archive that has no receipt here. */
  isNotedDeleted(archiveId: string): boolean;
  /** The same for a long list of archives: as the log is now, which is looked at once. */
  deletionsNoted(): (archiveId: string) => boolean;
  /** `byArchiveId` for a long list of archives: as the log is now, which is looked at once. */
  lookUps(): (archiveId: string) => KnownReceipt | null;
  /** null also for an upload ID of null. */
  byUploadId(uploadId: string | null): KnownReceipt | null;
  /** The archives with this content, the latest first. @param treeHash hex */
  byContent(sizeBytes: number, treeHash: string): Generator<KnownReceipt, void>;
  /** The archives of this size, the latest first. */
  bySize(sizeBytes: number): Generator<KnownReceipt, void>;
  /**
   * The archives that were named for a file or stream, the latest first; one may come several times.
   * @param subject see `subjectKey`
   */
  bySubject(subject: string): Generator<Binding, void>;
  /**
   * Each file or stream that an archive was named for, once, in the order in which they were named last.
   * @param onUnreadable as for `all`
   */
  subjects(onUnreadable?: (lineNumber: number) => void): Generator<string, void>;
  /** For comparing the log with a long list of archives. */
  tally(): Tally;
  /**
   * Runs look-ups of archives while nobody can append: what was appended before is looked at once, not at each.
   * @param action under the lock of the log
   */
  whileLocked<T>(action: () => T): T;
  /** Keeps the file open between the look-ups of `action`, from the first one on. */
  keptOpen<T>(action: () => Promise<T>): Promise<T>;
  /** Keeps the file open while `action` looks up many archives. */
  whileOpen<T>(action: () => Promise<T>): Promise<T>;
}

/**
 * @param ownUserId whose file to trust; undefined where the system has no user IDs
 * @throws GlacierUpError `state-unusable` from every method when the file cannot be read or is not ours
 */
export function openReceiptReader(file: string, ownUserId: number | undefined): ReceiptReader {
  const log = new OpenLog(file, () => assertOurs(file, ownUserId, 'file'));
  const index = new LogIndex();

  const read = <T>(absent: T, action: (fd: number) => T): T => checked(file, () => log.read(absent, action));

  let isLocked = false;

  /** The lines that may have a key, and where they begin, the latest first. */
  const linesBy = (key: KeyName, hash: number): { line: LogLine; offset: number }[] =>
    read([], (fd) =>
      [
        ...(isLocked && key === 'archive' ? index.knownOffsets(key, hash) : index.offsets(fd, key, hash)),
      ].flatMap((offset) => {
        const line = parseLine(lineAt(fd, offset));
        return line === null ? [] : { line, offset };
      }),
    );

  const linesOfArchive = (archiveId: string) =>
    linesBy('archive', textHash(archiveId)).filter(({ line }) => line.archiveId === archiveId);

  const linesOfSubject = (subject: string) =>
    linesBy('subject', subjectHash(subject) ?? 0).filter(
      ({ line }) => 'path' in line && subjectKey(line) === subject,
    );

  const byArchiveId = (archiveId: string): KnownReceipt | null =>
    foldLines(
      linesOfArchive(archiveId)
        .map(({ line }) => line)
        .reverse(),
    );

  /** The archives whose receipt fits, each once, the latest first. */
  function* archivesBy(
    key: KeyName,
    hash: number,
    fits: (receipt: Receipt) => boolean,
  ): Generator<KnownReceipt, void> {
    const seen = new Set<string>();
    for (const offset of read<number[]>([], (fd) => [...index.offsets(fd, key, hash)])) {
      const line = read(null, (fd) => parseLine(lineAt(fd, offset)));
      if (line === null || isNote(line) || !fits(line) || seen.has(line.archiveId)) continue;
      seen.add(line.archiveId);
      const archive = byArchiveId(line.archiveId);
      if (archive) yield archive;
    }
  }

  /** The archive that a line begins, if it is the first with a receipt of it. */
  const archiveBegunBy = (line: LogLine, offset: number): KnownReceipt | null => {
    if (isNote(line)) return null;
    const [, another] = index.knownOffsets('archive', textHash(line.archiveId));
    if (another === undefined) return line;
    const lines = linesOfArchive(line.archiveId).reverse();
    return lines.find((one) => !isNote(one.line))?.offset === offset
      ? foldLines(lines.map((one) => one.line))
      : null;
  };

  /** Each line of the log, read as it is asked for. */
  function* eachLine(
    onUnreadable: (lineNumber: number) => void = () => {},
  ): Generator<{ line: LogLine; offset: number }, void> {
    const fd = checked(file, () => log.enter());
    if (fd === null) return;
    try {
      checked(file, () => index.catchUp(fd));
      let lineNumber = 0;
      for (const { text, offset } of linesOf(fd)) {
        lineNumber += 1;
        const line = text === '' ? undefined : parseLine(text);
        if (line === null) onUnreadable(lineNumber);
        else if (line !== undefined) yield { line, offset };
      }
    } finally {
      log.leave();
    }
  }

  function* all(onUnreadable?: (lineNumber: number) => void): Generator<KnownReceipt, void> {
    for (const { line, offset } of eachLine(onUnreadable)) {
      const archive = checked(file, () => archiveBegunBy(line, offset));
      if (archive) yield archive;
    }
  }

  const tally = (): Tally => {
    // By where the first line of each begins: a million of them take tens of megabytes.
    const seen = new Set<number>();
    const firstOf = (lines: { line: LogLine; offset: number }[]): number =>
      lines.find(({ line }) => !isNote(line))?.offset ?? -1;
    return {
      see: (archiveId) => {
        const lines = linesOfArchive(archiveId).reverse();
        const first = firstOf(lines);
        if (first !== -1) seen.add(first);
        return foldLines(lines.map(({ line }) => line));
      },
      hasSeen: (archiveId) => seen.has(firstOf(linesOfArchive(archiveId).reverse())),
      unseen: function* () {
        for (const { line, offset } of eachLine()) {
          if (seen.has(offset)) continue;
          const archive = checked(file, () => archiveBegunBy(line, offset));
          if (archive) yield archive;
        }
      },
    };
  };

  function* subjects(onUnreadable?: (lineNumber: number) => void): Generator<string, void> {
    for (const { line, offset } of eachLine(onUnreadable)) {
      const subject = 'path' in line ? subjectKey(line) : null;
      if (subject !== null && linesOfSubject(subject)[0]?.offset === offset) yield subject;
    }
  }

  return {
    file,
    all,
    subjects,
    tally,
    byArchiveId,
    isNotedDeleted: (archiveId) =>
      linesOfArchive(archiveId).some(({ line }) => isNote(line) && line.kind === 'deleted'),
    deletionsNoted: () => {
      read(undefined, (fd) => index.catchUp(fd));
      return (archiveId) => {
        const offsets = [...index.knownOffsets('archive', textHash(archiveId))];
        if (offsets.length === 0) return false;
        const lines = read([], (fd) => offsets.map((offset) => parseLine(lineAt(fd, offset))));
        return lines.some((line) => line?.archiveId === archiveId && isNote(line) && line.kind === 'deleted');
      };
    },
    lookUps: () => {
      read(undefined, (fd) => index.catchUp(fd));
      return (archiveId) => {
        const offsets = [...index.knownOffsets('archive', textHash(archiveId))].reverse();
        if (offsets.length === 0) return null;
        const lines = read([], (fd) => offsets.map((offset) => parseLine(lineAt(fd, offset))));
        return foldLines(lines.filter((line) => line?.archiveId === archiveId) as LogLine[]);
      };
    },
    byUploadId: (uploadId) => {
      if (uploadId === null) return null;
      const [archive] = archivesBy('upload', textHash(uploadId), (receipt) => receipt.uploadId === uploadId);
      return archive ?? null;
    },
    byContent: (sizeBytes, treeHash) =>
      archivesBy(
        'content',
        textHash(treeHash),
        (receipt) => receipt.treeHash === treeHash && receipt.sizeBytes === sizeBytes,
      ),
    bySize: (sizeBytes) =>
      archivesBy('size', sizeHash(sizeBytes), (receipt) => receipt.sizeBytes === sizeBytes),
    bySubject: function* (subject) {
      for (const { line } of linesOfSubject(subject)) {
        if (!('path' in line)) continue;
        const archive = byArchiveId(line.archiveId);
        if (archive) yield { archive, identity: line.identity };
      }
    },
    whileLocked: (action) => {
      const fd = checked(file, () => log.enter());
      if (fd === null) return action();
      try {
        checked(file, () => index.catchUp(fd));
        isLocked = true;
        return action();
      } finally {
        isLocked = false;
        log.leave();
      }
    },
    keptOpen: async (action) => {
      log.keep();
      try {
        return await action();
      } finally {
        log.letGo();
      }
    },
    whileOpen: async (action) => {
      const fd = checked(file, () => log.enter());
      try {
        return await action();
      } finally {
        if (fd !== null) log.leave();
      }
    },
  };
}
