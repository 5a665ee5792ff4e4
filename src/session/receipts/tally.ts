/** Which archives of the log were looked up: for comparing it with a long list of archives. */
import { foldLines, parseLine } from './lines.js';
import { firstReceipt, type LogLines } from './log-lines.js';
import type { KnownReceipt } from './receipt.js';

/** The archives that the log had when the tally began: what is appended meanwhile is in none of its lists. */
export interface Tally {
  /** Looks the archive up, and remembers that. */
  see(archiveId: string): KnownReceipt | null;
  /** Whether it was looked up. */
  hasSeen(archiveId: string): boolean;
  /** The archives that were not looked up, oldest first. */
  unseen(): Generator<KnownReceipt, void>;
}

/** Counts from the log as it is now: what is appended later has not been seen and is not missed. */
export function beginTally(lines: LogLines): Tally {
  const endOffset = lines.lookAtAll();
  // By where the first line of each begins: a million of them take tens of megabytes.
  const seen = new Set<number>();
  return {
    see: (archiveId) => {
      const known = lines.knownOfArchive(archiveId);
      const first = firstReceipt(known);
      if (first !== null) seen.add(first);
      return foldLines(known);
    },
    hasSeen: (archiveId) => {
      const first = firstReceipt(lines.knownOfArchive(archiveId));
      return first !== null && seen.has(first);
    },
    unseen: function* () {
      for (const { text, offset } of lines.texts()) {
        if (offset >= endOffset) return;
        const line = seen.has(offset) ? null : parseLine(text);
        const archive = line && lines.archiveBegunBy({ line, offset });
        if (archive) yield archive;
      }
    },
  };
}
