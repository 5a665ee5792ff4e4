/** Commands that are suggested to the user, as they can be typed into a shell. */
import type { CommandRun } from './command-run.js';
import type { WhereTo } from './where-to.js';

/** `glacier-up WORDS…`, with the state folder of this run if it was named on its command line. */
export function suggestedCommand({ options, givenOptions }: CommandRun, words: readonly string[]): string {
  const stateDir = givenOptions.has('stateDir') && options.stateDir ? ['--state-dir', options.stateDir] : [];
  return ['glacier-up', ...words, ...stateDir].map(shellWord).join(' ');
}

/** The options that lead to a vault. */
export function whereWords({ vault, local, region, profile, accountId, endpointUrl }: WhereTo): string[] {
  const values = {
    '--vault': vault,
    '--local': local,
    '--region': region,
    '--profile': profile,
    '--account-id': accountId === '-' ? undefined : accountId,
    '--endpoint-url': endpointUrl,
  };
  return Object.entries(values).flatMap(([option, value]) => (value == null ? [] : [option, value]));
}

/** As a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
