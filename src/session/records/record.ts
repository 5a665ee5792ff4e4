/** What other tools have recorded of archives, one line or row at a time. */
import { timeOf } from '../../names/file-times.js';
import type { NameReading } from '../../names/name-reading.js';

export interface ArchiveRecord {
  kind: 'archive';
  archiveId: string;
  /** null, as are the next five, where the record does not say. */
  vault: string | null;
  region: string | null;
  sizeBytes: number | null;
  /** Lower-case hex. */
  treeHash: string | null;
  /** ISO 8601. */
  createdAt: string | null;
  /** What the record says of the file. */
  reading: NameReading;
}

export interface DeletedRecord {
  kind: 'deleted';
  archiveId: string;
  vault: string | null;
  deletedAt: string;
}

export interface RefusedRecord {
  kind: 'refused';
  reason: string;
}

export type RecordLine = ArchiveRecord | DeletedRecord | RefusedRecord;

/** A record that cannot become a receipt. @param reason for the message */
export function refused(reason: string): RefusedRecord {
  return { kind: 'refused', reason };
}

/** IDs of Glacier have 138 characters; those of some tests of other tools have fewer. */
const archiveIdForm = /^[A-Za-z0-9_-]{20,200}$/;
const treeHashForm = /^[0-9a-f]{64}$/;

/** The fields of an archive as texts; empty, null or undefined for those that the record does not have. */
export interface ArchiveTexts {
  archiveId: unknown;
  vault?: unknown;
  region?: unknown;
  size?: unknown;
  treeHash?: unknown;
  createdAt: string | null;
}

/** Checks what a record says. @returns what is wrong where it says something that cannot be */
export function archiveRecord(texts: ArchiveTexts, reading: NameReading): ArchiveRecord | RefusedRecord {
  const archiveId = textOf(texts.archiveId);
  if (archiveId === null) return refused('it has no archive ID');
  if (!archiveIdForm.test(archiveId)) return refused(`${JSON.stringify(archiveId)} is no archive ID`);
  const size = textOf(texts.size);
  const sizeBytes = size === null ? null : Number(size);
  if (sizeBytes !== null && !(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0)) {
    return refused(`${JSON.stringify(size)} is no size`);
  }
  const treeHash = textOf(texts.treeHash)?.toLowerCase() ?? null;
  if (treeHash !== null && !treeHashForm.test(treeHash)) {
    return refused(`${JSON.stringify(treeHash)} is no tree hash`);
  }
  const [vault, region] = [textOf(texts.vault), textOf(texts.region)];
  return {
    kind: 'archive',
    archiveId,
    vault,
    region,
    sizeBytes,
    treeHash,
    createdAt: texts.createdAt,
    reading,
  };
}

/** A number or a text that is not blank. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** Seconds since 1970, with or without a fraction. */
export function secondsTime(value: unknown): string | null {
  const text = textOf(value);
  const isNumber = text !== null && /^[+-]?\d{1,14}(?:\.\d+)?$/.test(text);
  return isNumber ? timeOf(Math.round(Number(text) * 1000)) : null;
}

/**
 * A time in any of the forms that tools write: ISO 8601, of HTTP, of Java, or seconds since 1970. One without a zone is
 * taken for this machine's local time, as it was written.
 */
export function anyTime(value: unknown): string | null {
  const text = textOf(value)?.trim();
  if (text === undefined) return null;
  const seconds = secondsTime(text);
  if (seconds !== null) return seconds;
  // Date knows few zones by their letters.
  const withoutZone = text.replace(/ [A-Z]{3,5}(?= \d{4}$)/, '');
  return timeOf(Date.parse(text)) ?? timeOf(Date.parse(withoutZone));
}
