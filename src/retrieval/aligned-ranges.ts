/**
 * Ranges whose bytes a tree hash proves. A range is tree-hash aligned when it is a node of the archive's own tree
 * (developer guide, "Receiving Checksums When Downloading Data"): only of those does the service tell the hash.
 */
import type { ByteRange } from '../glacier/byte-range.js';
import { leafSizeBytes } from '../treehash/tree-hash.js';

/** The smallest node of the tree that holds the range. Nodes are halved at the largest power of two below them. */
export function enclosingNode(range: ByteRange, archiveSizeBytes: number): ByteRange {
  let low = 0;
  let high = Math.ceil(archiveSizeBytes / leafSizeBytes);
  const first = Math.floor(range.start / leafSizeBytes);
  const end = Math.ceil(range.end / leafSizeBytes);
  while (high - low > 1) {
    const middle = low + 2 ** Math.floor(Math.log2(high - low - 1));
    if (end <= middle) high = middle;
    else if (first >= middle) low = middle;
    else break;
  }
  return { start: low * leafSizeBytes, end: Math.min(high * leafSizeBytes, archiveSizeBytes) };
}

/**
 * True when the range is a node of the archive's hash tree, so that the service says its tree hash (developer guide,
 * "Receiving Checksums When Downloading Data").
 */
export function isAligned(range: ByteRange, archiveSizeBytes: number): boolean {
  const node = enclosingNode(range, archiveSizeBytes);
  return node.start === range.start && node.end === range.end;
}

/** True for ranges that are aligned in any archive that holds them: so many leaves, a power of two, from a multiple of it. */
export function isAlignedAnywhere({ start, end }: ByteRange): boolean {
  const sizeBytes = end - start;
  const leaves = sizeBytes / leafSizeBytes;
  return Number.isInteger(leaves) && Number.isInteger(Math.log2(leaves)) && start % sizeBytes === 0;
}

/**
 * Cuts an aligned range into pieces that are aligned too, and whose tree hashes join into its own.
 * @param pieceSizeBytes a power of two of leaves
 */
export function cutAligned({ start, end }: ByteRange, pieceSizeBytes: number): ByteRange[] {
  const pieces: ByteRange[] = [];
  for (let from = start; from < end; from += pieceSizeBytes) {
    pieces.push({ start: from, end: Math.min(from + pieceSizeBytes, end) });
  }
  return pieces;
}
