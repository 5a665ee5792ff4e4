/** Which file this is, and whether it is still the same: what `stat` tells, to the nanosecond. */
import type { BigIntStats } from 'node:fs';

/** Numbers that do not fit a double are kept as decimal text, as JSON needs them. */
export interface FileIdentity {
  device: string;
  inode: string;
  sizeBytes: number;
  mtimeNs: string;
  ctimeNs: string;
  /** Set when the file may change later without a trace in the fields above: then only its content tells. */
  unsure?: true;
}

/** The identity in a `stat` of the file. */
export function identityOf(stats: BigIntStats): FileIdentity {
  return {
    device: String(stats.dev),
    inode: String(stats.ino),
    sizeBytes: Number(stats.size),
    mtimeNs: String(stats.mtimeNs),
    ctimeNs: String(stats.ctimeNs),
  };
}

/**
 * What differs between two looks at a file, in words; null when nothing does.
 * The change time counts too: it alone betrays an edit whose modification time was set back.
 */
export function describeChange(before: FileIdentity, now: FileIdentity): string | null {
  return describeEdit(before, now) ?? describeTouch(before, now);
}

/** True when nothing differs and a change would have shown: the content is what it was. */
export function provesSame(before: FileIdentity, now: FileIdentity): boolean {
  return !before.unsure && describeChange(before, now) === null;
}

/**
 * True when only the change time moved: after `chmod`, a new hard link (`cp -al`) or an indexer, as well as after an
 * edit whose modification time was set back. The content decides.
 */
export function onlyTouched(before: FileIdentity, now: FileIdentity): boolean {
  return describeEdit(before, now) === null && describeTouch(before, now) !== null;
}

function describeEdit(before: FileIdentity, now: FileIdentity): string | null {
  if (before.device !== now.device || before.inode !== now.inode) return 'replaced by another file';
  if (before.sizeBytes !== now.sizeBytes) return `size ${before.sizeBytes} → ${now.sizeBytes} bytes`;
  if (before.mtimeNs === now.mtimeNs) return null;
  return `modified ${timeText(before.mtimeNs)} → ${timeText(now.mtimeNs)}`;
}

function describeTouch(before: FileIdentity, now: FileIdentity): string | null {
  if (before.ctimeNs === now.ctimeNs) return null;
  return `status changed ${timeText(before.ctimeNs)} → ${timeText(now.ctimeNs)}`;
}

/** File systems keep times that no calendar of ours reaches: those are shown as seconds. */
function timeText(ns: string): string {
  const date = new Date(Number(BigInt(ns) / 1_000_000n));
  return Number.isNaN(date.getTime()) ? `${BigInt(ns) / 1_000_000_000n} s since 1970` : date.toISOString();
}
