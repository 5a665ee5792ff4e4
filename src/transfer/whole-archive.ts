/** Whether the parts that the service lists are the whole of an archive whose tree hash and size are known. Pure. */
import { counted } from '../counted.js';
import type { ErrorCode } from '../errors.js';
import type { PartList } from '../glacier/part-list.js';
import type { Completion } from '../session/session.js';
import { joinRawTreeHashes } from '../treehash/tree-hash.js';
import { planParts } from './plan.js';

/** What an archive lacks, by the code of the error that it is for `complete`. */
export interface Lack {
  code: Extract<ErrorCode, 'parts-missing' | 'hash-mismatch'>;
  message: string;
}

/** @returns null when they are whole: without a gap, of that size, and joined into that tree hash (hex) */
export function lackOf(
  { parts, partSizeBytes }: Pick<PartList, 'parts' | 'partSizeBytes'>,
  { sizeBytes, treeHash }: Completion,
): Lack | null {
  const { partCount } = planParts(sizeBytes, partSizeBytes);
  let coveredBytes = 0;
  for (const { range } of parts) {
    if (range.start !== coveredBytes) break;
    coveredBytes = range.end;
  }
  if (coveredBytes !== sizeBytes || parts.length !== partCount) {
    const message = `the ${counted(parts.length, 'part')} listed cover ${coveredBytes} bytes without a gap; an archive of ${sizeBytes} bytes has ${counted(partCount, 'part')}`;
    return { code: 'parts-missing', message };
  }
  const joined = joinRawTreeHashes(parts.map((part) => Buffer.from(part.treeHash, 'hex'))).toString('hex');
  if (joined === treeHash) return null;
  const message = `the parts listed join into tree hash ${joined}, the archive has ${treeHash}`;
  return { code: 'hash-mismatch', message };
}
