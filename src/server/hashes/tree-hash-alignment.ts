import { MIB } from '../limits.js';

/**
 * Whether a range of an archive's bytes is a node of the archive's hash tree: only then can its tree hash be checked
 * against the archive's (developer guide, "Choosing aligned ranges"). The tree of `n` MiB has the largest power of two
 * below `n` on its left and the rest on its right, and so on down to single MiB.
 */
export function isTreeHashAligned(firstByte: number, sizeBytes: number, archiveSizeBytes: number): boolean {
  const endByte = firstByte + sizeBytes;
  if (firstByte % MIB !== 0 || (endByte % MIB !== 0 && endByte !== archiveSizeBytes)) return false;
  const [first, end] = [firstByte / MIB, Math.ceil(endByte / MIB)];
  let [low, high] = [0, Math.ceil(archiveSizeBytes / MIB)];
  while (low < first || high > end) {
    if (high - low <= 1) return false;
    const middle = low + 2 ** Math.floor(Math.log2(high - low - 1));
    if (end <= middle) high = middle;
    else if (first >= middle) low = middle;
    else return false;
  }
  return low === first && high === end;
}
