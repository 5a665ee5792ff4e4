/** The exit codes in a few words each, for help and man pages. `errors.ts` says which error has which. */
import type { CommandSpec } from '../command.js';

export const exitCodeHelp: Record<number, string> = {
  0: 'done',
  1: 'failed',
  2: 'wrong usage',
  3: 'the file cannot be used, or changed',
  4: 'no such session or receipt here',
  5: 'temporary: run the same command again',
  6: 'unknown whether completed: reconcile tells, never upload blindly',
  7: 'refused: credentials or permission',
  8: 'the upload or vault is gone, or another',
  9: 'local state cannot be read or written',
  10: 'a hash does not match',
  11: 'in use by another process',
};

/** All that a command can end with, in order. */
export function exitCodesOf({ exitCodes }: Pick<CommandSpec, 'exitCodes'>): number[] {
  return [0, 1, 2, ...exitCodes];
}
