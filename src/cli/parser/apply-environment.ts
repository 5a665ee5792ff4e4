/** Options from the environment: `GLACIER_UP_…`, below the command line and above AWS's own variables. */
import type { Command, Option } from 'commander';
import { GlacierUpError } from '../../errors.js';
import { environmentName, type OptionSpec, parserOf } from '../command/command.js';
import { InvalidValue } from './invalid-value.js';

const yes = ['1', 'true', 'yes', 'on'];
const no = ['0', 'false', 'no', 'off'];

/** Whether a variable for an option without a value switches it on. */
export function isYes(text: string | undefined): boolean {
  return text !== undefined && yes.includes(text.toLowerCase());
}

/**
 * Sets every option that the command line did not give and the environment does. An empty variable counts as unset;
 * of an option that takes several values, blanks part them.
 * @throws GlacierUpError `usage` naming the variable
 */
export function applyEnvironment(
  command: Command,
  specs: readonly OptionSpec[],
  env: Record<string, string | undefined>,
): void {
  for (const option of command.options) {
    const long = option.long ?? '';
    const spec = specs.find(({ flags }) => flags === option.flags);
    const key = option.attributeName();
    if (!spec || command.getOptionValueSource(key) === 'cli') continue;
    const name = environmentName(long);
    const text = env[name];
    if (text === undefined || text === '') continue;
    command.setOptionValueWithSource(key, optionValue(name, text, spec, option), 'env');
  }
}

function optionValue(
  name: string,
  text: string,
  spec: OptionSpec,
  { required, negate, variadic }: Option,
): unknown {
  if (!required) {
    if (isYes(text)) return !negate;
    if (no.includes(text.toLowerCase())) return negate;
    throw new GlacierUpError('usage', `${name} is ${JSON.stringify(text)}: write 1 or 0`);
  }
  const parse = parserOf(spec);
  if (variadic || spec.repeatable) {
    const texts = text.trim().split(/\s+/);
    return spec.repeatable && parse ? texts.map((one) => parseVariable(name, one, parse)) : texts;
  }
  return parse ? parseVariable(name, text, parse) : text;
}

/** The value that the environment gives an option of that long name; undefined when it gives none. */
export function environmentValue<T>(
  env: Record<string, string | undefined>,
  long: string,
  parse: (text: string) => T,
): T | undefined {
  const name = environmentName(long);
  const text = env[name];
  return text === undefined || text === '' ? undefined : parseVariable(name, text, parse);
}

function parseVariable<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new GlacierUpError('usage', `${name} is ${JSON.stringify(text)}: ${error.message}`);
  }
}
