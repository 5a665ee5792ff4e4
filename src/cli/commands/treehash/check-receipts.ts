/** `treehash --receipts [FILE…]`: do the files still have the tree hash that was archived? */
import { assertResolvable } from '../../../archive/real-path.js';
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { isBelieved, type KnownReceipt } from '../../../session/receipts/receipt.js';
import type { ReceiptLog } from '../../../session/receipts/receipt-log.js';
import { openState } from '../../open/open-state.js';
import { archivesNamed, assertThere, firstOfEachVault } from '../../operands/current-archive.js';
import type { SumRun } from './sum-run.js';
import { Verdicts } from './verdicts.js';

/**
 * Compares each file with the archive that `upload` named for it last, in each vault that it went to. Other archives
 * are of what the file once was, and say nothing of what it should be.
 */
export async function checkReceipts(sums: SumRun, operands: readonly string[]): Promise<void> {
  const { command } = sums;
  const { receipts } = await openState(command);
  const verdicts = new Verdicts(sums, receipts.file);
  let cut = 0;
  if (operands.length === 0) {
    let isAnyKnown = false;
    for (const subject of receipts.subjects(() => (cut += 1))) {
      const archives = firstOfEachVault([...receipts.bySubject(subject)].map(({ archive }) => archive));
      const there = archives.filter((archive) => archive.streamName === undefined && isBelieved(archive));
      if (there.length === 0) continue;
      isAnyKnown = true;
      await checkOne(sums, verdicts, subject, there);
    }
    if (!isAnyKnown) throw new GlacierUpError('receipt-unknown', 'no receipt of a file is known here');
  }
  for (const file of operands) {
    try {
      await checkOne(sums, verdicts, file, await archivesOf(receipts, file));
    } catch (error) {
      command.fail(error, file);
    }
  }
  const faults =
    cut > 0 ? [`${counted(cut, 'line is no receipt', 'lines are no receipts')}: ${receipts.file}`] : [];
  verdicts.close({ faults, isBad: cut > 0 });
}

async function archivesOf(receipts: ReceiptLog, file: string): Promise<KnownReceipt[]> {
  const current = firstOfEachVault(await archivesNamed(receipts, file, {}));
  const [first] = current;
  if (!first) {
    await assertResolvable(file);
    throw new GlacierUpError('receipt-unknown', 'no receipt is known here');
  }
  const there = current.filter(isBelieved);
  if (there.length === 0) assertThere(first, file);
  return there;
}

async function checkOne(
  { hasher }: SumRun,
  verdicts: Verdicts,
  name: string,
  receipts: readonly KnownReceipt[],
): Promise<void> {
  await verdicts.of(name, async () => {
    // Another size is another content: no need to read it.
    const sizeBytes = hasher.sizeOf(name);
    const isResized = sizeBytes !== null && receipts.every((receipt) => receipt.sizeBytes !== sizeBytes);
    const treeHash = isResized ? null : (await hasher.hash(name)).treeHash;
    const archives = receipts.map(({ archiveId, destination, treeHash: archived }) => ({
      archiveId,
      vault: destination.vault,
      ok: archived === treeHash,
    }));
    return { ok: archives.every(({ ok }) => ok), treeHash, sizeBytes, archives };
  });
}
