/** Whether a command line asks for JSON, for what must be said before or without its being parsed. */
import { isYes } from '../parser/apply-environment.js';

/** @param argv the words after the program's name */
export function isJsonWanted(argv: readonly string[], env: Record<string, string | undefined>): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.includes('--json') || isYes(env.GLACIER_UP_JSON);
}
