/** `glacier-up --help`, and the few lines for who types `glacier-up` alone. */
import { type CommandHeading, commandGroups } from '../command/command.js';
import { generalOptions } from '../options/general-options.js';
import { optionRow } from './command-help.js';
import { columns, hanging, wrap } from './layout.js';

const purpose = 'Uploads files to Amazon Glacier vaults and leaves no doubt about the outcome.';
const promise =
  'Run the same command until it exits 0: then the file is in the vault exactly once, proved by its tree hash, and its archive ID is on stdout and in the receipts.';
const examples: [string, string][] = [
  ['glacier-up upload backup.tar --vault photos', 'upload a file; if interrupted, run it again'],
  ['glacier-up upload backup.tar --vault demo --local ./vault', 'try it without an account'],
];

export const versionFlags = '-V, --version';
export const helpFlags = '-h, --help';

/** Whether a command line asks for nothing but this: it need not be parsed, which takes as long as Node's own start. */
export function isProgramHelp(argv: readonly string[]): boolean {
  return argv.length === 1 && [...helpFlags.split(', '), 'help'].includes(argv[0] ?? '');
}

/**
 * `glacier-up --help`: what it is for, examples, and its commands by groups.
 * @param width columns of the terminal
 */
export function programHelp(commands: readonly CommandHeading[], width: number): string {
  const lines = [
    'Usage: glacier-up COMMAND [options] [operands]',
    '',
    ...wrap(purpose, width),
    ...wrap(promise, width),
    '',
    'Examples:',
    ...examples.flatMap(([command, does]) => [`  ${command}`, `      ${does}`]),
  ];
  const termWidth = Math.max(...commands.map(({ name }) => name.length));
  for (const group of commandGroups) {
    const members = commands.filter((command) => command.group === group);
    if (members.length === 0) continue;
    const rows = members.map(({ name, summary }): [string, string] => [name, summary]);
    lines.push('', `${group}:`, ...columns(rows, width, termWidth));
  }
  const general: [string, string][] = [
    ...generalOptions.map(optionRow),
    [versionFlags, 'show the version'],
    [helpFlags, 'show help (for COMMAND, if given)'],
  ];
  lines.push(
    '',
    'Options of every command:',
    ...columns(general, width, Math.max(...general.map(([flags]) => flags.length))),
    '',
    ...hanging(
      'Options go after the command. Each can also be set in the environment: --part-size as GLACIER_UP_PART_SIZE.',
      width,
      0,
    ),
    'More: glacier-up COMMAND --help, man glacier-up',
  );
  return `${lines.join('\n')}\n`;
}

/** For a bare `glacier-up`. */
export function shortHelp(commands: readonly CommandHeading[], width: number): string {
  const lines = [
    'Usage: glacier-up COMMAND [options] [operands]',
    '',
    ...examples.flatMap(([command, does]) => [`  ${command}`, `      ${does}`]),
    '',
    ...hanging(`Commands: ${commands.map(({ name }) => name).join(', ')}`, width, 2),
    'More: glacier-up --help, glacier-up COMMAND --help',
  ];
  return `${lines.join('\n')}\n`;
}
