/** Reads receipts: those with a key, or all in turn. */
import type { FileIdentity } from '../../archive/identity.js';
import type { VaultReference } from '../which-vault.js';
import { sizeHash, subjectHash, textHash, vaultIn } from './line-fields.js';
import type { KeyName } from './line-table.js';
import { foldLines, isNote, parseLine } from './lines.js';
import { type LocatedLine, LogLines } from './log-lines.js';
import { type KnownReceipt, type Receipt, subjectKey } from './receipt.js';
import { beginTally, type Tally } from './tally.js';

/** A file or stream that an archive was named for, and how the file looked then. */
export interface Binding {
  archive: KnownReceipt;
  identity: FileIdentity | null;
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
  /** Each vault that a receipt names, once for each way in which it is spelled. */
  vaults(): Generator<VaultReference, void>;
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
  const log = new LogLines(file, ownUserId);

  const linesOfSubject = (subject: string): LocatedLine[] =>
    log
      .by('subject', subjectHash(subject) ?? 0)
      .filter(({ line }) => 'path' in line && subjectKey(line) === subject);

  const byArchiveId = (archiveId: string): KnownReceipt | null => foldLines(log.ofArchive(archiveId));

  /** The archives whose receipt fits, each once, the latest first. */
  function* archivesBy(
    key: KeyName,
    hash: number,
    fits: (receipt: Receipt) => boolean,
  ): Generator<KnownReceipt, void> {
    const seen = new Set<string>();
    for (const line of log.eachBy(key, hash)) {
      if (isNote(line) || !fits(line) || seen.has(line.archiveId)) continue;
      seen.add(line.archiveId);
      const archive = byArchiveId(line.archiveId);
      if (archive) yield archive;
    }
  }

  function* all(onUnreadable?: (lineNumber: number) => void): Generator<KnownReceipt, void> {
    for (const located of log.each(onUnreadable)) {
      const archive = log.archiveBegunBy(located);
      if (archive) yield archive;
    }
  }

  function* vaults(): Generator<VaultReference, void> {
    const known = new Set<string>();
    for (const { text } of log.texts()) {
      const vault = vaultIn(text);
      if (vault !== null && known.has(vault)) continue;
      const line = parseLine(text);
      if (line === null || isNote(line)) continue;
      const { destination, accountId } = line;
      const key = vault ?? JSON.stringify({ accountId, destination });
      if (!known.has(key)) yield { destination, accountId };
      known.add(key);
    }
  }

  function* subjects(onUnreadable?: (lineNumber: number) => void): Generator<string, void> {
    for (const { line, offset } of log.each(onUnreadable)) {
      const subject = 'path' in line ? subjectKey(line) : null;
      if (subject !== null && linesOfSubject(subject)[0]?.offset === offset) yield subject;
    }
  }

  return {
    file,
    all,
    subjects,
    vaults,
    tally: () => beginTally(log),
    byArchiveId,
    isNotedDeleted: (archiveId) => log.ofArchive(archiveId).some(isDeletion),
    deletionsNoted: () => {
      log.lookAtAll();
      return (archiveId) => log.knownOfArchive(archiveId).some(isDeletion);
    },
    lookUps: () => {
      log.lookAtAll();
      return (archiveId) => foldLines(log.knownOfArchive(archiveId));
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
    whileLocked: (action) => log.whileLocked(action),
    keptOpen: (action) => log.keptOpen(action),
    whileOpen: (action) => log.whileOpen(action),
  };
}

function isDeletion({ line }: LocatedLine): boolean {
  return isNote(line) && line.kind === 'deleted';
}
