/** `treehash --receipts [FILE…]`: do the files still have the tree hash that was archived? */
import { realPathOf } from '../../../archive/archive-file.js';
import { GlacierUpError } from '../../../errors.js';
import { stateFolders } from '../../../session/folders.js';
import { openReceiptBook, type Receipt } from '../../../session/receipts.js';
import type { SumRun } from './run.js';
import { counted, Verdicts } from './verdicts.js';

/**
 * Compares each file with the newest receipt of each vault that it went to. Older receipts are of what the file
 * once was, and say nothing of what it should be.
 */
export async function checkReceipts(sums: SumRun, operands: readonly string[]): Promise<void> {
  const { command } = sums;
  const { context, options } = command;
  const book = openReceiptBook(stateFolders(context.env, options.stateDir).receipts, context.userId);
  const byPath = newestByPath(book.all());
  const verdicts = new Verdicts(sums, book.file);
  if (operands.length === 0) {
    if (byPath.size === 0) throw new GlacierUpError('session-unknown', 'no receipt of a file is known here');
    for (const [path, receipts] of byPath) await checkOne(sums, verdicts, path, receipts);
  }
  for (const file of operands) {
    const receipts = byPath.get(await realPathOf(file));
    if (receipts) await checkOne(sums, verdicts, file, receipts);
    else command.fail(new GlacierUpError('session-unknown', 'no receipt is known here'), file);
  }
  const cut = book.unreadableLines().length;
  const faults =
    cut > 0 ? [`${counted(cut, 'line is no receipt', 'lines are no receipts')}: ${book.file}`] : [];
  verdicts.close({ faults, isBad: cut > 0 });
}

function newestByPath(all: readonly Receipt[]): Map<string, Receipt[]> {
  const newest = new Map<string, Map<string, Receipt>>();
  for (const receipt of all) {
    if (receipt.path === null || receipt.deletedAt !== undefined) continue;
    const { accountOption, region, endpoint, vault } = receipt.destination;
    const destination = JSON.stringify([accountOption, region, endpoint, vault]);
    newest.set(receipt.path, (newest.get(receipt.path) ?? new Map()).set(destination, receipt));
  }
  return new Map([...newest].map(([path, receipts]) => [path, [...receipts.values()]]));
}

async function checkOne(
  { hasher }: SumRun,
  verdicts: Verdicts,
  name: string,
  receipts: readonly Receipt[],
): Promise<void> {
  await verdicts.of(name, async () => {
    // Another size is another content: no need to read it.
    const sizeBytes = hasher.sizeOf(name);
    const isResized = sizeBytes !== null && receipts.some((receipt) => receipt.sizeBytes !== sizeBytes);
    const treeHash = !isResized ? (await hasher.hash(name)).treeHash : null;
    const archives = receipts.map(({ archiveId, destination, treeHash: archived }) => ({
      archiveId,
      vault: destination.vault,
      ok: archived === treeHash,
    }));
    return { ok: archives.every(({ ok }) => ok), treeHash, sizeBytes, archives };
  });
}
