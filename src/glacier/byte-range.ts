/**
 * Byte ranges. Inside the program they are half-open, `[start, end)`; the service writes both ends inclusive.
 * This file alone knows its notation.
 */

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** `0-1048575`, as ListParts and our own output write it. */
export function rangeText({ start, end }: ByteRange): string {
  return `${start}-${end - 1}`;
}

/** `bytes 0-1048575/*`, the only form UploadMultipartPart takes (API page "Upload Part"). */
export function contentRange(range: ByteRange): string {
  return `bytes ${rangeText(range)}/*`;
}

/** Reads `0-1048575`; null for anything else, an empty or reversed range included. */
export function parseRangeText(text: string): ByteRange | null {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  if (!match) return null;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  return end > start ? { start, end } : null;
}
