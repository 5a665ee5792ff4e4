/** The options of every command. */
import type { OptionSpec } from './command.js';
import { parseName } from './option-values.js';

export const generalOptions: OptionSpec[] = [
  {
    group: 'Everywhere',
    flags: '--state-dir <dir>',
    help: 'keep sessions and receipts in this folder',
    parse: parseName,
  },
  {
    group: 'Everywhere',
    flags: '--json',
    help: 'results as JSON Lines on stdout, errors as JSON on stderr',
    detail: 'Fields are only ever added.',
  },
  {
    group: 'Everywhere',
    flags: '-q, --quiet',
    help: 'nothing on stderr but errors',
    detail: 'The results on stdout stay.',
  },
  { group: 'Everywhere', flags: '-v, --verbose', help: 'tell of each part and each retry' },
  {
    group: 'Everywhere',
    flags: '--debug',
    help: 'also request IDs, times and stacks',
    detail: 'Credentials and signatures are left out.',
  },
  {
    group: 'Everywhere',
    flags: '--no-progress',
    help: 'no progress bar or lines',
    detail: 'Without a terminal progress is a line a minute. SIGUSR2 shows it at any time.',
  },
  { group: 'Everywhere', flags: '--no-color', help: 'no colour' },
  { group: 'Everywhere', flags: '--no-input', help: 'never ask: what needs an answer is refused' },
];
