/** The command tree as completion sees it: for each command its options, and what their values and its operands can be. */
import { type CommandSpec, flagsOf, type OptionSpec } from '../command/command.js';
import { generalOptions } from '../options/general-options.js';

/** What a value can be; `free` is anything, and nothing to offer. */
export type ValueKind = 'free' | 'file' | 'folder' | readonly string[];

export interface CompletedOption {
  short: string | null;
  long: string;
  help: string;
  /** null for a switch. */
  value: { name: string; kind: ValueKind } | null;
  isRepeatable: boolean;
}

export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  operands: { files: boolean; sessions: boolean; words: readonly string[] };
}

const helpOption: CompletedOption = {
  short: '-h',
  long: '--help',
  help: 'print help',
  value: null,
  isRepeatable: false,
};

/** Every command, and `help`, whose operands are all the others. */
export function completedCommands(specs: readonly CommandSpec[]): CompletedCommand[] {
  const words = specs.map(({ name }) => name);
  return [
    ...specs.map(completedCommand),
    {
      name: 'help',
      summary: 'print help for a command',
      options: [helpOption],
      operands: { files: false, sessions: false, words },
    },
  ];
}

function completedCommand(spec: CommandSpec): CompletedCommand {
  const kinds = spec.operandKinds ?? (spec.operands === '' || spec.operandValues ? [] : ['file']);
  return {
    name: spec.name,
    summary: spec.summary,
    options: [...[...spec.options, ...generalOptions].map(completedOption), helpOption],
    operands: {
      files: kinds.includes('file'),
      sessions: kinds.includes('session'),
      words: spec.operandValues ?? [],
    },
  };
}

function completedOption(spec: OptionSpec): CompletedOption {
  const { short, long, value } = flagsOf(spec);
  const name = value?.replace(/[<>.]/g, '') ?? null;
  return {
    short,
    long,
    help: spec.help,
    value: name === null ? null : { name, kind: valueKind(name, spec.values) },
    isRepeatable: value?.includes('...') ?? false,
  };
}

/** Names of values that are neither files nor folders. */
const freeNames = ['name', 'id', 'url', 'size', 'duration', 'n', 'text', 'hex', 'rule', 'range', 'date'];

function valueKind(name: string, values: readonly string[] | undefined): ValueKind {
  if (values) return values;
  if (name === 'dir') return 'folder';
  return freeNames.includes(name) ? 'free' : 'file';
}
