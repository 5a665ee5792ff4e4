/** Options that mean nothing with what stands beside them are refused: each says by itself what it goes with. */
import { GlacierUpError } from '../../errors.js';
import { type Companion, flagsOf, type OptionSpec, optionKey } from '../command/command.js';

/** A command line as it was understood. */
export interface TypedLine {
  /** The values of options, by their keys: from the command line and from the environment. */
  values: Readonly<Record<string, unknown>>;
  /** The keys of those that stand on the command line itself. */
  given: ReadonlySet<string>;
  operands: readonly string[];
}

/**
 * Only what stands on the command line is refused: a variable may be meant for commands to come. What it is beside counts,
 * wherever it comes from.
 * @throws GlacierUpError `usage`
 */
export function assertGoTogether(specs: readonly OptionSpec[], line: TypedLine): void {
  for (const spec of specs) {
    if (!line.given.has(optionKey(spec))) continue;
    const { long } = flagsOf(spec);
    const { onlyWith = [], notWith = [], operands } = spec;
    const unwanted = notWith.find((companion) => isThere(companion, line));
    if (unwanted !== undefined) throw refusal(`${long} does not go with ${nameOf(unwanted)}`, unwanted);
    if (onlyWith[0] !== undefined && !onlyWith.some((companion) => isThere(companion, line))) {
      throw refusal(`${long} goes with ${listOf(onlyWith.map(nameOf))}`, onlyWith[0]);
    }
    if (operands && !isWithin(line.operands.length, operands)) {
      throw refusal(`${long} goes with ${countText(operands)}`);
    }
  }
}

/** The keys of options that an option on the command line wins over, where the environment sets them. */
export function overridden(specs: readonly OptionSpec[], given: ReadonlySet<string>): Set<string> {
  const flags = specs.flatMap((spec) => (given.has(optionKey(spec)) ? (spec.overrides ?? []) : []));
  return new Set(flags.map((long) => optionKey({ flags: long })).filter((key) => !given.has(key)));
}

function isThere(companion: Companion, { values, operands }: TypedLine): boolean {
  const word = wordOf(companion);
  if (word.startsWith('--')) {
    const value = values[optionKey({ flags: word })];
    return value !== undefined && value !== false;
  }
  return word === '-' ? operands.includes(word) : operands[0] === word;
}

function wordOf(companion: Companion): string {
  return typeof companion === 'string' ? companion : companion.with;
}

function nameOf(companion: Companion): string {
  const word = wordOf(companion);
  return word === '-' ? 'standard input, which is named -' : word;
}

function listOf(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function isWithin(count: number, [least, most]: readonly [number, number]): boolean {
  return count >= least && count <= most;
}

function countText([least, most]: readonly [number, number]): string {
  if (most === 0) return 'no operand';
  return least === most ? 'exactly one operand' : 'one operand at most';
}

function refusal(message: string, companion?: Companion): GlacierUpError {
  const hint = typeof companion === 'object' ? { hint: companion.hint } : {};
  return new GlacierUpError('usage', message, hint);
}
