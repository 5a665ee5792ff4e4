/** Wrong usage in our own words: one line that says what is wrong, one hint that leads to the right help. */
import type { CommanderError } from 'commander';
import { GlacierUpError } from '../../errors.js';
import { flagsOf, type OptionSpec } from '../command/command.js';

/**
 * @param commandName empty where no command was recognised
 * @param options those that the user may have meant for a command
 */
export function usageError(
  error: CommanderError,
  commandName: string,
  options: readonly OptionSpec[],
): GlacierUpError {
  const suggestion = /\n\(Did you mean ([^)]*)\?\)/.exec(error.message)?.[1];
  const message = plain(error.message);
  const option = /^unknown option '(--[^'=]+)/.exec(message)?.[1];
  const hint = suggestion
    ? `did you mean ${suggestion}?`
    : option && commandName === '' && options.some((known) => flagsOf(known).long === option)
      ? `options go after the command: glacier-up COMMAND ${option}`
      : undefined;
  return new GlacierUpError('usage', message, { cause: error, ...(hint ? { hint } : {}) });
}

/** The parser's message without its label and its suggestion. */
function plain(text: string): string {
  const message = text.split('\n')[0]?.replace(/^error: /, '') ?? '';
  return message.replace(
    /^too many arguments.* Expected (\d+) arguments? but got (\d+)\.$/,
    'too many operands: $2 instead of $1',
  );
}

/** The hint of a usage error always ends with where to read on. */
export function usageHint(hint: string | undefined, commandName: string): string {
  const where = `see ${['glacier-up', commandName, '--help'].filter(Boolean).join(' ')}`;
  if (!hint) return where;
  return hint.endsWith('?') ? `${hint} ${capital(where)}` : `${hint}; ${where}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
