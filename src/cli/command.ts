/** What a command is: data that the parser, the help, the man pages and the completions are all made from. */
import { Option } from 'commander';
import type { CommandRun } from './command-run.js';

export interface CommandSpec {
  name: string;
  /** One line, no full stop. */
  summary: string;
  /** In commander's notation: `<file...>`, `[operand]`. */
  operands: string;
  operandHelp: string;
  /** Paragraphs, for the man page. */
  description: string[];
  options: OptionSpec[];
  examples: { command: string; does: string }[];
  /** Those of the exit table that this command can end with, beside 0, 1 and 2. */
  exitCodes: number[];
  /** Names of related commands. */
  seeAlso: string[];
  /** A server: SIGINT and SIGTERM are its ordinary end, and it exits 0. */
  endsBySignal?: true;
  run(run: CommandRun, operands: string[]): Promise<void>;
}

export interface OptionSpec {
  /** `-q, --quiet` or `--vault <name>`. */
  flags: string;
  help: string;
  parse?: (text: string) => unknown;
  /** Text of the default, for the help; the value itself is the command's business. */
  defaultText?: string;
  /** May be given several times, or takes no value from the environment. */
  noEnvironment?: boolean;
}

export function toOption({ flags, help, parse, defaultText }: OptionSpec): Option {
  const option = new Option(flags, defaultText === undefined ? help : `${help} (default: ${defaultText})`);
  if (parse) option.argParser(parse);
  return option;
}

/** `--part-size <size>` → `GLACIER_UP_PART_SIZE`. */
export function environmentName(longFlag: string): string {
  return `GLACIER_UP_${longFlag.replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;
}
