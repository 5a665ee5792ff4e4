import { GlacierUpError } from '../../../errors.js';
import type { CommandRun } from '../../command/command-run.js';
import { bashScript } from '../../completion/bash.js';
import { fishScript } from '../../completion/fish.js';
import { completedCommands } from '../../completion/tree.js';
import { zshScript } from '../../completion/zsh.js';

const scripts = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

/**
 * Runs the command. Failures of single operands are printed and counted; the exit status follows from them.
 * @throws GlacierUpError for what ends the whole run
 */
export async function run({ loadCommands, reporter }: CommandRun, [shell = '']: string[]): Promise<void> {
  const script = scripts.get(shell);
  if (!script) {
    throw new GlacierUpError('usage', `there is no completion for ${JSON.stringify(shell)}`, {
      hint: `name one of ${[...scripts.keys()].join(', ')}`,
    });
  }
  reporter.raw(script(completedCommands(await loadCommands())));
}
