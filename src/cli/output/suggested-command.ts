/** Commands that are suggested to the user, as they can be typed into a shell. */
import { type Hint, type NextStep, shellCommand } from '../../hint.js';
import { whereWords } from '../../session/where-words.js';
import type { CommandRun } from '../command/command-run.js';
import type { VaultSelector } from '../open/vault-selector.js';
import type { whereOptions } from '../options/shared-options.js';

/** What was typed: the options, and which of them stood on the command line itself. */
export type Typed = Pick<CommandRun<typeof whereOptions>, 'options' | 'givenOptions'>;

const accountOptions = ['local', 'region', 'profile', 'accountId', 'endpointUrl'] as const;
const optionsNeeded = { nothing: [], account: accountOptions, vault: ['vault', ...accountOptions] } as const;

/** `glacier-up WORDS…`, with the state folder of this run if it was named on its command line. */
export function suggestedCommand({ options, givenOptions }: Typed, words: readonly string[]): string {
  const stateDir = givenOptions.has('stateDir') && options.stateDir ? ['--state-dir', options.stateDir] : [];
  return shellCommand([...words, ...stateDir]);
}

/**
 * A command that a hint names, with the options that led this run to its state and its vault. What came from the
 * environment is left to the environment.
 * @param at where a session or a receipt led it, if no option says otherwise
 */
export function typedStep(
  { options, givenOptions }: Typed,
  { words, needs, region }: NextStep,
  at: VaultSelector = {},
): string {
  const said = optionsNeeded[needs].map((name) => {
    if (givenOptions.has(name)) return [name, options[name]];
    return [name, options[name] === undefined ? at[name] : undefined];
  });
  const place: VaultSelector = Object.fromEntries(said.filter(([, value]) => value !== undefined));
  const where: VaultSelector =
    place.local === undefined && region !== undefined ? { region, ...place } : place;
  if (needs === 'vault' && options.vault === undefined) where.vault ??= 'NAME';
  return suggestedCommand({ options, givenOptions }, [...words, ...whereWords(where)]);
}

/** What to do next, for a note: as it is printed for an error. */
export function adviceText(typed: Typed, advice: Hint): string {
  return advice.text((step) => typedStep(typed, step));
}
