import type { Command } from 'commander';

/** True when the word is an option of the command that takes the next word for its value. */
export function takesValue(command: Command, word: string | undefined): boolean {
  if (word === undefined) return false;
  return command.options.some(({ required, long, short }) => required && (long === word || short === word));
}
