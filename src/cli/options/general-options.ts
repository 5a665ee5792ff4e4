/** The options of every command. */
import type { OptionSpec } from '../command/command.js';
import { parseName } from './option-values.js';

export const generalOptions = [
  {
    group: 'Everywhere',
    flags: '--state-dir <dir>',
    help: 'keep sessions and receipts in this folder',
    parse: parseName,
  },
  {
    group: 'Everywhere',
    flags: '--json',
    help: 'print JSON Lines on stdout, errors as JSON on stderr',
    detail: 'Fields are only ever added.',
  },
  {
    group: 'Everywhere',
    flags: '-q, --quiet',
    help: 'print only errors on stderr',
    detail: 'Results on stdout are still printed.',
  },
  { group: 'Everywhere', flags: '-v, --verbose', help: 'log every part and retry' },
  {
    group: 'Everywhere',
    flags: '--debug',
    help: 'also log request IDs, times and stacks',
    detail: 'Credentials and signatures are left out.',
  },
  {
    group: 'Everywhere',
    flags: '--no-progress',
    help: 'show no progress',
    detail: 'Without a terminal, progress is one line a minute. SIGUSR2 shows it at any time.',
  },
  { group: 'Everywhere', flags: '--no-color', help: 'use no colour' },
  { group: 'Everywhere', flags: '--no-input', help: 'never ask; fail if an answer is needed' },
] as const satisfies readonly OptionSpec[];
