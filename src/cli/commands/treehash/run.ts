/** `treehash`: which of its four jobs the options ask for. */
import { GlacierUpError } from '../../../errors.js';
import type { CommandRun } from '../../command/command-run.js';
import { openHashPool } from '../../open/open-hash-pool.js';
import { Hasher, standardInput } from './hash-named.js';
import { printSums } from './print-sums.js';
import { SumOutput } from './sum-output.js';
import type { SumRun } from './sum-run.js';

export async function run(command: CommandRun, operands: readonly string[]): Promise<void> {
  const { context, options, signal } = command;
  refuseMixtures(command);
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
    else if (typeof options.inventory === 'string') {
      await (await import('./check-inventory.js')).checkInventory(sums, options.inventory, operands);
    } else await printSums(sums, names);
  } finally {
    await pool.close();
  }
}

/** Those given on the command line only: a variable may stand for commands to come. */
function refuseMixtures({ givenOptions, options }: CommandRun): void {
  const given = (...names: string[]): string | undefined => names.find((name) => givenOptions.has(name));
  const [job, otherJob] = ['check', 'receipts', 'inventory'].filter((name) => options[name] !== undefined);
  if (otherJob !== undefined)
    throw usage(`--${job} and --${otherJob} check different things: give one of them`);
  const printing = given('tag', 'zero', 'parts');
  if (job !== undefined && printing !== undefined) {
    throw usage(`--${printing} prints hashes, --${job} reads them: give one of them`);
  }
  const listOnly = given('strict', 'warn');
  if (job !== 'check' && listOnly !== undefined) {
    throw usage(`the --${listOnly} option is meaningful only with --check`);
  }
  const checking = given('ignoreMissing', 'status');
  if (job === undefined && checking !== undefined) {
    const option = checking === 'status' ? checking : 'ignore-missing';
    throw usage(`the --${option} option is meaningful only when checking`);
  }
  if (given('tag') && given('parts')) throw usage('the lines of --parts have no tag: give --tag or --parts');
}

function usage(message: string): GlacierUpError {
  return new GlacierUpError('usage', message, { hint: 'see glacier-up treehash --help' });
}
