/** The completion script for fish. */
import type { CompletedCommand, CompletedOption } from './tree.js';

/** The completion script for fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# fish completion for glacier-up, as "glacier-up completion fish" prints it.

# Whether the command on the line is this one; without one, whether there is none yet.
function __glacier_up_is
    set -l words (commandline -opc)
    test "$words[2]" = "$argv[1]"
end

# Session IDs with what "glacier-up sessions" says of each, quickly and silently.
function __glacier_up_sessions
    set -l words (commandline -opc)
    set -l state
    for i in (seq 2 (count $words))
        test "$words[$i]" = --state-dir; and set state --state-dir $words[(math $i + 1)]
    end
    env GLACIER_UP_JSON= glacier-up sessions $state 2>/dev/null </dev/null | string replace -r '\\s+' '\\t'
end

complete -c glacier-up -f
complete -c glacier-up -n '__glacier_up_is ""' -s h -l help -d 'print help'
complete -c glacier-up -n '__glacier_up_is ""' -s V -l version -d 'print the version'
${commands.map(({ name, summary }) => `complete -c glacier-up -n '__glacier_up_is ""' -a ${name} -d ${quoted(summary)}`).join('\n')}
${commands.map(commandLines).join('\n')}
`;
}

function commandLines({ name, options, operands }: CompletedCommand): string {
  const on = `complete -c glacier-up -n '__glacier_up_is ${name}'`;
  const { files, sessions, words } = operands;
  return [
    '',
    ...options.map((option) => `${on} ${optionWords(option)}`),
    ...(sessions ? [`${on} -k -a '(__glacier_up_sessions)'`] : []),
    ...(words.length > 0 ? [`${on} -a ${quoted(words.join(' '))}`] : []),
    ...(files ? [`${on} -F`] : []),
  ].join('\n');
}

function optionWords({ short, long, help, value }: CompletedOption): string {
  const flags = `${short ? `-s ${short.slice(1)} ` : ''}-l ${long.slice(2)}`;
  return [flags, ...valueWords(value), `-d ${quoted(help)}`].join(' ');
}

function valueWords(value: CompletedOption['value']): string[] {
  if (value === null) return [];
  if (value.kind === 'file') return ['-r', '-F'];
  if (value.kind === 'folder') return ['-x', "-a '(__fish_complete_directories)'"];
  return value.kind === 'free' ? ['-x'] : ['-x', `-a ${quoted(value.kind.join(' '))}`];
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
