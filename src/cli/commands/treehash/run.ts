/** `treehash`: which of its four jobs the options ask for. */
import { openHashPool } from '../../open/open-hash-pool.js';
import { Hasher, standardInput } from './hash-named.js';
import type { TreehashRun } from './options.js';
import { printSums } from './print-sums.js';
import { SumOutput } from './sum-output.js';
import type { SumRun } from './sum-run.js';

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run(command: TreehashRun, operands: readonly string[]): Promise<void> {
  const { context, options, signal } = command;
  const pool = openHashPool(command);
  const sums: SumRun = {
    command,
    hasher: new Hasher(pool, context, signal),
    output: new SumOutput(command),
  };
  const names = operands.length === 0 ? [standardInput] : operands;
  try {
    if (options.check) await (await import('./check-lists.js')).checkLists(sums, names);
    else if (options.receipts) await (await import('./check-receipts.js')).checkReceipts(sums, operands);
    else if (options.inventory !== undefined) {
      await (await import('./check-inventory.js')).checkInventory(sums, options.inventory, operands);
    } else await printSums(sums, names);
  } finally {
    await pool.close();
  }
}
