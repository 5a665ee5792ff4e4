/** The exit codes in a few words each, for help and man pages. `errors.ts` says which error has which. */
import type { CommandSpec } from '../command/command.js';

export const exitCodeHelp: Record<number, string> = {
  0: 'success',
  1: 'failure',
  2: 'wrong command line',
  3: 'the file is unusable or changed',
  4: 'no such session or receipt here',
  5: 'temporary: run it again',
  6: 'outcome unknown: run "reconcile" before uploading again',
  7: 'refused: credentials or permissions',
  8: 'upload or vault missing or unexpected',
  9: 'local files cannot be read or written',
  10: 'hash mismatch',
  11: 'locked by another process',
  12: 'ended by a limit that was given',
};

/** All that a command can end with, in order. */
export function exitCodesOf({ exitCodes }: Pick<CommandSpec, 'exitCodes'>): number[] {
  return [0, 1, 2, ...exitCodes];
}
