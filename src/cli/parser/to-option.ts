/** An option, from our data to the parser's. */
import { InvalidArgumentError, Option } from 'commander';
import { type OptionSpec, parserOf } from '../command/command.js';
import { InvalidValue } from './invalid-value.js';

/** An option as commander's own class. */
export function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.help);
  const parse = parserOf(spec);
  // Of an option given several times commander hands on what came before: the parsers take one text.
  if (parse && spec.repeatable) {
    option.argParser((text, before: unknown[] | undefined) => [...(before ?? []), parsed(text, parse)]);
  } else if (parse) option.argParser((text) => parsed(text, parse));
  return option;
}

function parsed(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof InvalidValue) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
