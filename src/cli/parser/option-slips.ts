/** Slips that the parser would take for values: `--vault --region x` names a vault `--region`. */
import type { Command } from 'commander';
import { GlacierUpError } from '../../errors.js';
import { takesValue } from './takes-value.js';

/**
 * Refuses an option's value that is itself the name of an option. IDs may begin with `-`, so nothing else is.
 * @param words the command's own words, without its name
 * @throws GlacierUpError `usage`
 */
export function refuseOptionSlips(command: Command, words: readonly string[]): void {
  const known = command.options.flatMap(({ long, short }) => [long, short]).filter(Boolean);
  const names = new Set([...known, '-h', '--help']);
  for (const [index, word] of words.entries()) {
    if (word === '--') return;
    if (!takesValue(command, word)) continue;
    const value = words[index + 1];
    if (value === undefined || !names.has(value.split('=')[0])) continue;
    throw new GlacierUpError('usage', `${word} has no value: ${value} is an option itself`, {
      hint: `write ${word}=${value} if that is what you mean`,
    });
  }
}
