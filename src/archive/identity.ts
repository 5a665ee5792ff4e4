/** Which file this is, and whether it is still the same: what `stat` tells, to the nanosecond. */
import type { BigIntStats } from 'node:fs';

/** Numbers that do not fit a double are kept as decimal text, as JSON needs them. */
export interface FileIdentity {
  device: string;
  inode: string;
  sizeBytes: number;
  mtimeNs: string;
  ctimeNs: string;
}

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
  if (before.device !== now.device || before.inode !== now.inode) return 'replaced by another file';
  if (before.sizeBytes !== now.sizeBytes) return `size ${before.sizeBytes} → ${now.sizeBytes} bytes`;
  if (before.mtimeNs !== now.mtimeNs) {
    return `modified ${isoFromNs(before.mtimeNs)} → ${isoFromNs(now.mtimeNs)}`;
  }
  if (before.ctimeNs !== now.ctimeNs) {
    return `status changed ${isoFromNs(before.ctimeNs)} → ${isoFromNs(now.ctimeNs)}`;
  }
  return null;
}

function isoFromNs(ns: string): string {
  return new Date(Number(BigInt(ns) / 1_000_000n)).toISOString();
}
