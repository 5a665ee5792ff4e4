/** What a command is: data that the parser, the help, the man pages and the completions are all made from. */
import type { Hint } from '../../hint.js';
import { InvalidValue } from '../parser/invalid-value.js';

/** The headings under which `glacier-up --help` lists the commands, in this order. */
export const commandGroups = ['Archiving', 'Vaults and archives', 'Known on this machine', 'Tools'] as const;

/** The headings of the options in a command's help, in this order; `Options` are those of the command alone. */
export const optionGroups = ['Where to', 'Options', 'How', 'Everywhere'] as const;

/** What the program's own help says about a command. */
export interface CommandHeading {
  name: string;
  group: (typeof commandGroups)[number];
  /** One line, no full stop. */
  summary: string;
}

/** What help, man page, completion and parser know of the command. */
export interface CommandDescription {
  /** In commander's notation: `<file...>`, `[operand]`. */
  operands: string;
  operandHelp: string;
  /** What an operand can be, for completion; by default a file. */
  operandKinds?: readonly ('file' | 'session')[];
  /** Words that the first operand can be. */
  operandValues?: readonly string[];
  /** Paragraphs, for the man page. */
  description: string[];
  options: readonly OptionSpec[];
  /** The most telling first: the help shows three, the man page all. */
  examples: { command: string; does: string }[];
  /** The least that an IAM policy must allow: `glacier:ListParts`. What only one option needs stands with the option. */
  iamActions: string[];
  /** Those of the exit table that this command can end with, beside 0, 1 and 2. */
  exitCodes: number[];
  /** Names of related commands. */
  seeAlso: string[];
  /** Files it reads or writes, for the man page; those of AWS are added to every command that takes `--profile`. */
  files?: readonly FileSpec[];
  /** Environment variables beside `GLACIER_UP_…` and AWS's own, for the man page. */
  environment?: readonly { name: string; help: string }[];
  /** Paragraphs of the man page's NOTES: what surprises, limits, costs. */
  notes?: readonly string[];
  /** A server: SIGINT and SIGTERM are its ordinary end, and it exits 0. */
  endsBySignal?: true;
}

export type CommandSpec = CommandHeading & CommandDescription;

export interface FileSpec {
  path: string;
  help: string;
}

export interface OptionSpec {
  /** `-q, --quiet` or `--vault <name>`. */
  flags: string;
  /** One line for the help, no full stop. */
  help: string;
  /** Sentences that only the man page has room for. */
  detail?: string;
  /** Default: the group of the command itself. */
  group?: (typeof optionGroups)[number];
  /** Seldom needed: the help only names it. */
  rare?: true;
  /** May be given several times: its values are a list. */
  repeatable?: true;
  /** What IAM must allow for this option, beside what the command needs. */
  iamActions?: readonly string[];
  parse?: (text: string) => unknown;
  /** Values that completion offers; without `parse` they are the only ones. */
  values?: readonly string[];
  /** Text of the default, for the help; the value itself is the command's business. */
  defaultText?: string;
  /** It has an effect only with one of these, and is refused without. */
  onlyWith?: readonly Companion[];
  /** It is refused with these, since one of the two would have no effect. */
  notWith?: readonly Companion[];
  /** How many operands it goes with: at least, and at most. */
  operands?: readonly [number, number];
  /** Options that are meant for another use of the command: given here, it wins over those that the environment sets. */
  overrides?: readonly string[];
}

/**
 * What an option can be beside: another option by its long flag, `-` for standard input as operand, or a word that the first
 * operand can be.
 */
export type Companion = string | { with: string; hint: string | Hint };

/** What checks a value and makes it ready; undefined where any text will do. */
export function parserOf({ parse, values }: OptionSpec): ((text: string) => unknown) | undefined {
  if (parse || !values) return parse;
  return (text) => {
    if (values.includes(text)) return text;
    throw new InvalidValue(`Write one of ${values.join(', ')}.`);
  };
}

/** `--part-size <size>` → `GLACIER_UP_PART_SIZE`. */
export function environmentName(longFlag: string): string {
  return `GLACIER_UP_${longFlag.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;
}

/** The name of an option's value: `--part-size <size>` → `partSize`, `--no-color` → `color`. */
export function optionKey(spec: Pick<OptionSpec, 'flags'>): string {
  const name = flagsOf(spec).long.replace(/^--(no-)?/, '');
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The parts of `-q, --quiet` and `--fault <rule...>`. */
export function flagsOf({ flags }: Pick<OptionSpec, 'flags'>): {
  short: string | null;
  long: string;
  /** `<rule...>`, or null for a switch. */
  value: string | null;
} {
  const match = /^(?:(-\w), )?(--[a-z-]+)(?: (<.+>))?$/.exec(flags);
  if (!match?.[2]) throw new Error(`option flags that cannot be read: ${flags}`);
  return { short: match[1] ?? null, long: match[2], value: match[3] ?? null };
}
