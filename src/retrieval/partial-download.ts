/**
 * A file on its way: the bytes in `OUT.part`, and in `OUT.part.ranges` the tree hash of each range that was proved, a
 * line for each, only ever appended. After a crash nothing in either is believed: the bytes of each range are hashed
 * again, and those that still have their hash are kept. So the order in which a disk stores the two does not matter.
 */
import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { GlacierUpError } from '../errors.js';
import { type ByteRange, parseRangeText, rangeText } from '../glacier/byte-range.js';
import { flushFolder, writeWhole } from '../os/durable.js';
import { isMissing } from '../os/errno.js';
import { isThere } from '../os/presence.js';
import { takeName } from '../os/take-name.js';
import { EarlyFlush } from './early-flush.js';
import { partName, rangesName } from './part-name.js';
import { checked, unwritable } from './unwritable.js';
import { writeAll } from './write-all.js';

/** What the bytes are of. All of it must be the same for them to be of use. */
export interface PartSubject {
  archiveId: string;
  /** Within the archive. */
  range: ByteRange;
  /** Of the range, hex. */
  treeHash: string;
  /** How the range is cut. */
  pieceSizeBytes: number;
}

/** A link could lead anywhere: none is followed. */
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR, O_TRUNC } = constants;
const flags = {
  again: O_RDWR | O_NOFOLLOW,
  fresh: O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW,
  append: O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW,
};

export interface PartialDownload {
  readonly fd: number;
  readonly subject: PartSubject;
  /** Ranges proved by earlier runs, by `rangeText`, with their tree hash in hex; to be hashed again. */
  readonly proved: ReadonlyMap<string, string>;
  /** Writes bytes from a place in the archive on. @throws GlacierUpError `output-unwritable` */
  write(bytes: Uint8Array, archiveOffset: number): Promise<void>;
  noteProved(range: ByteRange, treeHash: string): void;
  /** Forgets what was proved: it turned out to be wrong as a whole. */
  forget(): void;
  /** Gives the file its name, once everything is proved; on return it lasts. @throws GlacierUpError `usage` when the name is taken */
  publish(options: { force: boolean }): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens what an earlier run has left, or begins.
 * @throws GlacierUpError `usage` when it is of another archive and `force` is not given; `output-unwritable`
 */
export function openPartialDownload(
  out: string,
  subject: PartSubject,
  { force }: { force: boolean },
): PartialDownload {
  const left = readRanges(out);
  if (left && !isSame(left.subject, subject) && !force) {
    throw partOfAnother(out, left.subject.archiveId);
  }
  const earlier = left && isSame(left.subject, subject) ? left : null;
  // The cut of the earlier run stays, also if another one would be chosen now.
  const chosen = earlier?.subject ?? subject;
  return checked(out, () => {
    const fd = openSync(partName(out), earlier && isThere(partName(out)) ? flags.again : flags.fresh);
    try {
      if (!earlier) writeWith(flags.fresh, rangesName(out), headerLine(subject));
      return partFile(out, fd, chosen, earlier?.proved ?? new Map());
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  });
}

function partFile(
  out: string,
  fd: number,
  subject: PartSubject,
  proved: Map<string, string>,
): PartialDownload {
  const flush = new EarlyFlush(fd);
  const forget = (): void => rmSync(rangesName(out), { force: true });
  // Bytes that could not be flushed may be read back from memory all the same, and the next flush succeeds without
  // them: nothing that was proved by reading counts any more.
  const unflushed = (cause: unknown): GlacierUpError => {
    forget();
    const { code, message } = unwritable(out, cause);
    const hint =
      'see to the disk, then run the same command again: it downloads everything again; or give another -o';
    return new GlacierUpError(code, message, { hint, cause });
  };
  return {
    fd,
    subject,
    proved,
    write: (bytes, archiveOffset) =>
      writeAll(fd, bytes, archiveOffset - subject.range.start).catch((error: unknown) => {
        throw unwritable(out, error);
      }),
    noteProved: (range, treeHash) => {
      checked(out, () =>
        writeWith(
          flags.append,
          rangesName(out),
          `${JSON.stringify({ range: rangeText(range), treeHash })}\n`,
        ),
      );
      try {
        flush.begin();
      } catch (cause) {
        throw unflushed(cause);
      }
    },
    forget,
    publish: async ({ force }) => {
      checked(out, () => ftruncateSync(fd, subject.range.end - subject.range.start));
      try {
        await flush.finish();
        fsyncSync(fd);
      } catch (cause) {
        throw unflushed(cause);
      }
      checked(out, () => {
        if (force) renameSync(partName(out), out);
        else if (!takeName(partName(out), out)) throw nameTaken(out);
        flushFolder(dirname(out));
        rmSync(rangesName(out), { force: true });
      });
    },
    close: async () => {
      await flush.settle();
      closeSync(fd);
    },
  };
}

function writeWith(openFlags: number, path: string, text: string): void {
  const fd = openSync(path, openFlags, 0o666);
  try {
    writeWhole(fd, Buffer.from(text));
  } finally {
    closeSync(fd);
  }
}

/** An error for leftovers of another archive beside the output. @returns code `usage` */
export function partOfAnother(out: string, archiveId: string): GlacierUpError {
  const message = `${partName(out)} is of another archive or range: ${archiveId}`;
  return new GlacierUpError('usage', message, { hint: 'give another -o, or --force to drop what is there' });
}

/**
 * An error for an output that is there already. @param detail what is known of it, with its commas @returns code
 * `usage`
 */
export function nameTaken(out: string, detail = ','): GlacierUpError {
  return new GlacierUpError('usage', `${out} is there already${detail} and is not overwritten`, {
    hint: 'give another -o, or --force',
  });
}

/** Removes the bytes and notes that an interrupted run has left beside the output. */
export function dropLeftovers(out: string): void {
  rmSync(partName(out), { force: true });
  rmSync(rangesName(out), { force: true });
}

/** What an earlier run has left of this file; null when nothing that can be read. */
export function readRanges(out: string): { subject: PartSubject; proved: Map<string, string> } | null {
  let lines: string[];
  try {
    lines = readFileSync(rangesName(out), 'utf8').split('\n');
  } catch (error) {
    if (isMissing(error)) return null;
    throw unwritable(out, error);
  }
  const subject = subjectIn(lines[0] ?? '');
  if (!subject) return null;
  const proved = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const { range, treeHash } = parsed(line);
    if (typeof range === 'string' && typeof treeHash === 'string') proved.set(range, treeHash);
  }
  return { subject, proved };
}

function headerLine({ archiveId, range, treeHash, pieceSizeBytes }: PartSubject): string {
  return `${JSON.stringify({ schema: 1, archiveId, range: rangeText(range), treeHash, pieceSizeBytes })}\n`;
}

function subjectIn(line: string): PartSubject | null {
  const { schema, archiveId, range, treeHash, pieceSizeBytes } = parsed(line);
  const bytes = typeof range === 'string' ? parseRangeText(range) : null;
  if (schema !== 1 || typeof archiveId !== 'string' || typeof treeHash !== 'string' || !bytes) return null;
  if (typeof pieceSizeBytes !== 'number' || pieceSizeBytes <= 0) return null;
  return { archiveId, range: bytes, treeHash, pieceSizeBytes };
}

/** A line that a crash cut off tells nothing. */
function parsed(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isSame(a: PartSubject, b: PartSubject): boolean {
  return (
    a.archiveId === b.archiveId && a.treeHash === b.treeHash && rangeText(a.range) === rangeText(b.range)
  );
}
