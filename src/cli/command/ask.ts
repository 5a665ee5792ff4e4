/** Questions before what cannot be undone. */
import { createInterface } from 'node:readline/promises';
import { GlacierUpError } from '../../errors.js';
import type { Context } from '../context.js';
import type { CommandRun } from './command-run.js';

/** A command that asks before what cannot be undone: for a yes, or for the name of the vault. */
type AskingRun = CommandRun<
  readonly [{ flags: '-y, --yes'; help: string }, { flags: '--confirm <vault>'; help: string }]
>;

/**
 * @param what `dropping parts`
 * @throws GlacierUpError `usage` where nobody can be asked and `--yes` is not given
 */
export function assertAgreeable({ context, options }: AskingRun, what: string): void {
  if (options.yes) return;
  if (canAsk({ context, options })) return;
  throw new GlacierUpError('usage', `${what} needs --yes where nobody can be asked; nothing was done`, {
    hint: options.json ? '--json asks nothing: give --yes' : 'give --yes',
  });
}

/**
 * For what needs more than a yes: a name to be typed.
 * @param what `emptying a vault`
 * @throws GlacierUpError `usage` where nobody can be asked and `--confirm` does not name the vault
 */
export function assertConfirmable({ context, options }: AskingRun, vault: string, what: string): void {
  const { confirm } = options;
  if (confirm === vault) return;
  if (confirm !== undefined) {
    throw new GlacierUpError(
      'usage',
      `--confirm names ${confirm}, and the vault is ${vault}; nothing was done`,
    );
  }
  if (canAsk({ context, options })) return;
  throw new GlacierUpError('usage', `${what} needs --confirm where nobody can be asked; nothing was done`, {
    hint: `give --confirm ${vault}${options.yes ? ': --yes is not enough' : ''}`,
  });
}

/**
 * Asks for the vault's name, unless `--confirm` has given it.
 * @param question without what is to be typed
 * @throws GlacierUpError `usage` when something else is typed
 */
export async function confirmVault(
  { context, options, signal }: AskingRun,
  vault: string,
  question: string,
): Promise<void> {
  if (options.confirm === vault) return;
  context.stderr.write(`${question} Type the name of the vault: `);
  if ((await answerOf(context, signal)).trim() === vault) return;
  throw new GlacierUpError('usage', `that is not the name of the vault, ${vault}; nothing was done`);
}

/** On stderr, too, there is JSON alone. */
function canAsk({ context, options }: Pick<AskingRun, 'context' | 'options'>): boolean {
  return (
    !options.json && options.input !== false && context.stdin.isTTY === true && context.stderr.isTTY === true
  );
}

async function answerOf({ stdin }: Context, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    return await lines.question('', { signal });
  } finally {
    lines.close();
  }
}

/** Asks, unless `--yes` has answered. @param question without its `[y/N]` */
export async function agreed({ context, options, signal }: AskingRun, question: string): Promise<boolean> {
  if (options.yes) return true;
  context.stderr.write(`${question} [y/N] `);
  return /^y(es)?$/i.test((await answerOf(context, signal)).trim());
}
