/** `glacier-up COMMAND --help`: the examples, then the options, most used first, on one screen. */
import { type CommandSpec, type OptionSpec, optionGroups } from '../command/command.js';
import { generalOptions } from '../options/general-options.js';
import { exitCodeHelp, exitCodesOf } from './exit-codes.js';
import { columns, hanging, wrap } from './layout.js';

/** More are in the man page. */
const examplesShown = 3;

/**
 * `glacier-up COMMAND --help`, without the rare options.
 * @param width columns of the terminal
 */
export function commandHelp(spec: CommandSpec, width: number): string {
  const general = new Set<OptionSpec>(generalOptions);
  const shown = spec.options.filter(({ rare }) => !rare);
  const rare = spec.options.filter((option) => option.rare);
  const lines = [
    `Usage: glacier-up ${spec.name} ${usageOf(spec)}`,
    '',
    ...wrap(`${capital(spec.summary)}.`, width),
    '',
    'Examples:',
    ...spec.examples
      .slice(0, examplesShown)
      .flatMap(({ command, does }) => [
        ...commandLines(command, width - 2).map((line) => `  ${line}`),
        ...indented(does, width, 6),
      ]),
  ];
  const termWidth = Math.max(...shown.map(({ flags }) => flags.length), 0);
  for (const group of optionGroups) {
    const options = shown.filter((option) => (option.group ?? 'Options') === group && !general.has(option));
    if (options.length === 0) continue;
    lines.push('', `${group}:`, ...columns(options.map(optionRow), width, termWidth));
  }
  lines.push('');
  if (rare.length > 0) lines.push(...hanging(`Seldom needed: ${flagList(rare)}`, width, 2));
  lines.push(
    ...hanging(`Everywhere: ${flagList(generalOptions)}, -h, --help`, width, 2),
    '',
    ...hanging(exitCodeLine(spec), width, 2),
  );
  const permissions = permissionLine(spec);
  if (permissions) lines.push(...hanging(permissions, width, 2));
  lines.push(`More: man glacier-up-${spec.name}`);
  return `${lines.join('\n')}\n`;
}

/** A command as one types it, on several lines where it is long. */
export function commandLines(command: string, width: number): string[] {
  const [first = '', ...rest] = wrap(`glacier-up ${command}`, width - 2);
  return [first, ...rest.map((line) => `  ${line}`)].map((line, i) =>
    i < rest.length ? `${line} \\` : line,
  );
}

/** What stands behind the name of a command in its usage line. */
export function usageOf({ operands }: Pick<CommandSpec, 'operands'>): string {
  return ['[options]', operands].filter(Boolean).join(' ');
}

/** An option as a row of a table: its flags, and what it does. */
export function optionRow({ flags, help, defaultText }: OptionSpec): [string, string] {
  return [flags, defaultText === undefined ? help : `${help} (default: ${defaultText})`];
}

/** Without what their values are: the man page has that. */
function flagList(options: readonly OptionSpec[]): string {
  return options.map(({ flags }) => flags.replace(', ', '/').replace(/ <.*>$/, '')).join(', ');
}

function exitCodeLine(spec: CommandSpec): string {
  return `Exit codes: ${exitCodesOf(spec)
    .map((code) => `${code} ${exitCodeHelp[code]}`)
    .join('; ')}.`;
}

/** What an IAM policy must allow, without repeating the service's name. */
function permissionLine({ iamActions, options }: CommandSpec): string | null {
  if (iamActions.length === 0) return null;
  const flagsByActions = new Map<string, string[]>();
  for (const { flags, iamActions: more } of options) {
    if (!more) continue;
    const actions = more.join(', ');
    flagsByActions.set(actions, [...(flagsByActions.get(actions) ?? []), flags.split(' ')[0] ?? '']);
  }
  const extra = [...flagsByActions].map(([actions, flags]) => `with ${flags.join(' or ')} ${actions}`);
  return `IAM actions: ${[iamActions.join(', '), ...extra].join('; ')}.`.replaceAll(', glacier:', ', ');
}

function indented(text: string, width: number, indent: number): string[] {
  return wrap(text, width - indent).map((line) => ' '.repeat(indent) + line);
}

/** The text with a capital first letter. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
