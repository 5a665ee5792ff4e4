/** Questions before what cannot be undone. */
import { createInterface } from 'node:readline/promises';
import { GlacierUpError } from '../errors.js';
import type { CommandRun } from './command-run.js';

/**
 * @param what `dropping parts`
 * @throws GlacierUpError `usage` where nobody can be asked and `--yes` is not given
 */
export function assertAgreeable({ context, options }: CommandRun, what: string): void {
  if (options.yes) return;
  // On stderr, too, there is JSON alone.
  const canAsk =
    !options.json && options.input !== false && context.stdin.isTTY === true && context.stderr.isTTY === true;
  if (canAsk) return;
  throw new GlacierUpError('usage', `${what} needs --yes where nobody can be asked; nothing was done`, {
    hint: options.json ? '--json asks nothing: give --yes' : 'give --yes',
  });
}

/** Asks, unless `--yes` has answered. @param question without its `[y/N]` */
export async function agreed({ context, options, signal }: CommandRun, question: string): Promise<boolean> {
  if (options.yes) return true;
  context.stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: context.stdin, terminal: false });
  try {
    const answer = await lines.question('', { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
