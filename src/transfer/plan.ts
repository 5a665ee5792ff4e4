/** How an archive is cut into parts. Derived from two numbers, never stored. */
import { GlacierUpError } from '../errors.js';
import type { ByteRange } from '../glacier/byte-range.js';
import { defaultPartSize, maxArchiveSizeBytes, maxParts, smallestPartSize } from '../glacier/limits.js';
import { smallBytes } from '../treehash/hash-here.js';

export interface Plan {
  sizeBytes: number;
  partSizeBytes: number;
  partCount: number;
}

/**
 * @param givenPartSizeBytes a legal part size, or undefined to have one chosen
 * @param bytesPerSecond of the line, if that is known: for the choice
 * @throws GlacierUpError `archive-unusable` for an empty or too large archive, `usage` when the given part size
 * would need more than 10,000 parts
 */
export function planParts(sizeBytes: number, givenPartSizeBytes?: number, bytesPerSecond?: number): Plan {
  if (sizeBytes === 0) {
    throw new GlacierUpError('archive-unusable', 'it is empty: Glacier stores no archive of 0 bytes');
  }
  if (sizeBytes > maxArchiveSizeBytes) {
    const message = `it has ${sizeBytes} bytes; the largest archive that Glacier stores has ${maxArchiveSizeBytes}`;
    throw new GlacierUpError('archive-unusable', message, { hint: 'split it' });
  }
  const partSizeBytes = givenPartSizeBytes ?? defaultPartSize(sizeBytes, bytesPerSecond);
  const partCount = Math.ceil(sizeBytes / partSizeBytes);
  if (partCount > maxParts) {
    const needed = smallestPartSize(sizeBytes) / 1024 ** 2;
    const message = `${sizeBytes} bytes in parts of ${partSizeBytes} are ${partCount} parts; Glacier takes at most ${maxParts}`;
    throw new GlacierUpError('usage', message, {
      hint: `give --part-size ${needed}M or larger, or leave it out`,
    });
  }
  return { sizeBytes, partSizeBytes, partCount };
}

/** One part, of a file so small that reading it again costs little. */
export function isSmall({ sizeBytes, partCount }: Plan): boolean {
  return partCount === 1 && sizeBytes <= smallBytes;
}

/** How many bytes these parts have together. */
export function bytesOf(plan: Plan, indexes: Iterable<number>): number {
  let sizeBytes = 0;
  for (const index of indexes) {
    const { start, end } = partRange(plan, index);
    sizeBytes += end - start;
  }
  return sizeBytes;
}

/** The bytes of part `index`, from 0. Every part is full but the last. */
export function partRange({ sizeBytes, partSizeBytes }: Plan, index: number): ByteRange {
  const start = index * partSizeBytes;
  return { start, end: Math.min(start + partSizeBytes, sizeBytes) };
}
