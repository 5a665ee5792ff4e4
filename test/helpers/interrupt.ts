/** A person's Ctrl-C at a given line of the output. */
import { EventEmitter } from 'node:events';
import type { CliOptions } from './cli.js';

/** A part is in the vault. Needs `--verbose`, and `--concurrency 1` for the parts to come one by one. */
export const PART_STORED = /part \S+ stored/g;

/**
 * Options for a run that get SIGINT once: as soon as standard error has said `said` (with the flag `g`) `times` times.
 */
export function interruptWhen(said: RegExp, times = 1): Required<Pick<CliOptions, 'signals' | 'onStderr'>> {
  const signals = new EventEmitter();
  let missing = times;
  const onStderr = (text: string): void => {
    if (missing <= 0) return;
    missing -= text.match(said)?.length ?? 0;
    if (missing <= 0) signals.emit('SIGINT');
  };
  return { signals, onStderr };
}
