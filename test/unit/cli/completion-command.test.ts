/** `completion`: the script of a shell, or none. */
import { expect, test } from 'vitest';
import { run } from '../../../src/cli/commands/completion/run.js';
import { commandRun } from './helpers/command-run.js';

test.each([
  ['bash', 'complete -'],
  ['zsh', '#compdef glacier-up'],
  ['fish', 'complete -c glacier-up'],
])('prints the script of %s', async (shell, words) => {
  const { command, stdout } = commandRun();
  await run(command, [shell]);
  expect(stdout()).toContain(words);
});

test.each([
  [['tcsh'], '"tcsh"'],
  [[], '""'],
])('of %j is wrong usage', async (operands, named) => {
  const { command, stdout } = commandRun();
  await expect(run(command, operands)).rejects.toMatchObject({
    code: 'usage',
    message: `there is no completion for ${named}`,
    hint: 'name one of bash, zsh, fish',
  });
  expect(stdout()).toBe('');
});
