/** The sections that the pages have in common. */
import {
  type CommandSpec,
  environmentName,
  type FileSpec,
  flagsOf,
  type OptionSpec,
  optionGroups,
} from '../../src/cli/command/command.js';
import { awsFiles, receiptsFile, sessionFiles } from '../../src/cli/command/files.js';
import { capital } from '../../src/cli/help/command-help.js';
import { exitCodeHelp } from '../../src/cli/help/exit-codes.js';
import { bold, italic, literal, paragraphs, section, tagged } from './roff.js';

/** What to do about an exit code, where the few words of the help leave room for it. */
const exitCodeAdvice: Record<number, string> = {
  1: 'The message says why.',
  2: 'Nothing was sent. The message leads to the help.',
  3: 'It is missing, unreadable, empty, special or too large, or it is not what it was when its upload began.',
  5: 'The network, throttling, or an error of the service. All progress is kept.',
  6: 'Completing was asked for, and the service does not say what became of it. Repeat the command, or look in the inventory of the vault.',
  7: 'Or the account may not use vaults any more, or no region is known.',
  8: 'What the service has cannot be what this command is about.',
  10: 'Repeating did not help.',
  11: 'The message names it.',
};

export function options(specs: readonly OptionSpec[]): string[] {
  // Those of the command itself come first, and need no heading of their own.
  const groups = [...optionGroups].sort((a, b) => Number(b === 'Options') - Number(a === 'Options'));
  const lines = groups.flatMap((group) => {
    const members = specs.filter((spec) => (spec.group ?? 'Options') === group);
    const heading = group === 'Options' || members.length === 0 ? [] : [`.SS ${group}`];
    return [...heading, ...members.flatMap(option)];
  });
  return section('OPTIONS', [
    ...lines,
    ...tagged(`${bold('-h')}, ${bold('--help')}`, ['Print help, and nothing else.']),
  ]);
}

function option(spec: OptionSpec): string[] {
  const { short, long, value } = flagsOf(spec);
  const names = [short, long].filter((name) => name !== null).map(bold);
  const tag = `${names.join(', ')}${value === null ? '' : ` ${placeholder(value)}`}`;
  const isListed = spec.values && !spec.help.includes(spec.values[0] ?? '');
  return tagged(tag, [
    `${capital(spec.help)}.`,
    ...(isListed ? [`One of ${spec.values?.join(', ')}.`] : []),
    ...(spec.defaultText === undefined ? [] : [`Default: ${spec.defaultText}.`]),
    ...(spec.detail === undefined ? [] : [spec.detail]),
  ]);
}

/** `<file...>` and `[operand...]`, the name in italics. */
export function placeholder(notation: string): string {
  return notation.replace(/^([<[])(.*?)(\.\.\.)?[>\]]$/, (_, open: string, name: string, dots = '') => {
    const word = `${italic(name)}${dots}`;
    return open === '[' ? `[${word}]` : word;
  });
}

const severalOperands =
  'With several operands each is tried, and the exit status is that of the first failure that is not 5; it is 5 only when every failure is temporary. 7 and 9 end the run, and so do a vault that does not exist and a service that gives no answer at all for an operand. The last line counts how many came to which end, and names those that were not tried: the next run does them.';

/** @param how `endsBySignal`: a server; `several`: the command takes several operands and sends requests for each */
export function exitStatus(
  codes: readonly number[],
  { endsBySignal, several }: { endsBySignal: boolean; several: boolean },
): string[] {
  return section('EXIT STATUS', [
    ...codes.flatMap((code) =>
      tagged(bold(String(code)), [
        `${capital(exitCodeHelp[code] ?? '')}.`,
        ...(exitCodeAdvice[code] === undefined ? [] : [exitCodeAdvice[code]]),
      ]),
    ),
    '.PP',
    ...paragraphs([
      ...(several ? [severalOperands] : []),
      endsBySignal
        ? 'SIGINT and SIGTERM end it in good order, with 0.'
        : 'On SIGINT, SIGTERM or SIGHUP state is saved, and the process dies by that signal; as the first process of a container it exits with 128 + its number.',
      'Codes may be added: an unknown one is a failure.',
    ]),
  ]);
}

const awsVariables: [string, string][] = [
  ['AWS_PROFILE', 'The profile, unless --profile is given.'],
  ['AWS_REGION, AWS_DEFAULT_REGION', 'The region, unless --region is given; the first that is set.'],
  [
    'AWS_ENDPOINT_URL_GLACIER, AWS_ENDPOINT_URL',
    'The endpoint, unless --endpoint-url is given; the first that is set. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true leaves out these and those of the profile.',
  ],
  [
    'HTTPS_PROXY, NO_PROXY',
    'The proxy, as http://HOST:PORT, and the hosts that are reached without it. The same in lower case counts first. This machine is never reached through it.',
  ],
  [
    'AWS_CA_BUNDLE',
    'A PEM file with the authorities to trust instead of those of Node. The profile may name one too (ca_bundle).',
  ],
  ['AWS_EC2_METADATA_DISABLED', 'When true, no credentials are looked for in an EC2 instance role.'],
  [
    'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN',
    'Credentials. All other ways of the AWS SDKs are open too: profiles, single sign-on, assumed roles, web identity, container and instance roles.',
  ],
];

const folderVariables: [string, string][] = [
  [
    'XDG_STATE_HOME, XDG_DATA_HOME, HOME',
    'Where sessions and receipts are kept, unless --state-dir is given.',
  ],
];

export function environment(
  specs: readonly OptionSpec[],
  spec: Pick<CommandSpec, 'files' | 'environment'>,
): string[] {
  const example = specs.find((one) => flagsOf(one).value !== null);
  const long = example ? flagsOf(example).long : '';
  const files = spec.files ?? [];
  const variables: [string, string][] = [
    ...(takesProfile(specs) ? awsVariables : []),
    ...(files.includes(sessionFiles) || files.includes(receiptsFile) ? folderVariables : []),
    ...(spec.environment ?? []).map(({ name, help }): [string, string] => [name, help]),
  ];
  return section('ENVIRONMENT', [
    ...tagged(`${bold('GLACIER_UP_')}${italic('OPTION')}`, [
      `Every option above can be set by a variable of its name, unless the command line sets it: ${long} by ${environmentName(long)}. For an option without a value write 1 or 0. An empty variable counts as unset.`,
    ]),
    ...variables.flatMap(([names, help]) => tagged(names.split(', ').map(bold), [help])),
  ]);
}

export function files(specs: readonly OptionSpec[], own: readonly FileSpec[] = []): string[] {
  const all = [...own, ...(takesProfile(specs) ? awsFiles : [])];
  return section(
    'FILES',
    all.flatMap(({ path, help }) => tagged(italic(path), [help])),
  );
}

function takesProfile(specs: readonly OptionSpec[]): boolean {
  return specs.some((spec) => flagsOf(spec).long === '--profile');
}

export function heading(name: string, version: string, date: string): string[] {
  return [
    '.\\" Made by "npm run man" from the command tree: change that, not this.',
    // Left adjusted and not hyphenated: names of options and variables stay whole.
    `.TH ${literal(name.toUpperCase())} 1 ${date} "${literal(`glacier-up ${version}`)}" "User Commands"`,
    '.nh',
    '.ad l',
  ];
}
