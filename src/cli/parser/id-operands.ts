/**
 * Archive IDs that begin with `-`, as one in 64 does: a script that hands on an ID must not fail for some of its archives. No option
 * and no cluster of options looks like one.
 */
import type { Command } from 'commander';
import { archiveIdLength } from '../../glacier/limits.js';
import { takesValue } from './takes-value.js';

const idWithDash = new RegExp(`^-[\\w-]{${archiveIdLength - 1}}$`);
/** No word of a command line has this character, and no option begins with it. */
const mark = '\0';

/** Marks such IDs, so that the parser takes them for operands. @param words the command's own, without its name */
export function markIds(command: Command, words: readonly string[]): string[] {
  const end = words.indexOf('--');
  return words.map((word, index) => {
    const isOperand = idWithDash.test(word) && !takesValue(command, words[index - 1]);
    return isOperand && (end < 0 || index < end) ? mark + word : word;
  });
}

/** Takes the marks off again. */
export function unmarkIds(words: readonly string[]): string[] {
  return words.map((word) => (word.startsWith(mark) ? word.slice(mark.length) : word));
}
