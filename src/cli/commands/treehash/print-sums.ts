/** `treehash FILE…`: one line a file, and one for each part if asked for. */
import { rangeText } from '../../../glacier/byte-range.js';
import { formatSumLine } from '../../../treehash/sum-lines.js';
import type { Hashes } from './hash-named.js';
import { sumFailure } from './reasons.js';
import type { SumRun } from './sum-run.js';

/** A file that cannot be hashed is told of, and the others are printed all the same. */
export async function printSums(sums: SumRun, names: readonly string[]): Promise<void> {
  const { command, hasher } = sums;
  const { parts: partSizeBytes } = command.options;
  for (const name of names) {
    let hashes: Hashes;
    try {
      hashes = await hasher.hash(name, partSizeBytes);
    } catch (error) {
      command.signal.throwIfAborted();
      command.fail(sumFailure(error), name);
      continue;
    }
    if (partSizeBytes !== undefined) printParts(sums, name, hashes, partSizeBytes);
    printSum(sums, name, hashes);
  }
}

function printSum({ command, output }: SumRun, name: string, { treeHash, sizeBytes }: Hashes): void {
  const { tag, zero } = command.options;
  if (output.isJson) output.json({ type: 'treehash', file: name, treeHash, sizeBytes });
  else output.write(formatSumLine({ treeHash, name }, { tag: tag === true, zero: zero === true }));
}

function printParts(
  { command, output }: SumRun,
  file: string,
  { sizeBytes, rawPartTreeHashes }: Hashes,
  partSizeBytes: number,
): void {
  const lineEnd = command.options.zero ? '\0' : '\n';
  for (const [index, raw] of rawPartTreeHashes.entries()) {
    const start = index * partSizeBytes;
    const range = rangeText({ start, end: Math.min(start + partSizeBytes, sizeBytes) });
    const treeHash = raw.toString('hex');
    if (output.isJson) output.json({ type: 'part-treehash', file, range, treeHash });
    else output.write(`${treeHash}  ${range}${lineEnd}`);
  }
}
