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

export async function run({ loadCommands, reporter }: CommandRun, [shell = '']: string[]): Promise<void> {
  const script = scripts.get(shell);
  if (!script) {
    throw new GlacierUpError('usage', `there is no completion for ${JSON.stringify(shell)}`, {
      hint: `name one of ${[...scripts.keys()].join(', ')}`,
    });
  }
  reporter.raw(script(completedCommands(await loadCommands())));
}
