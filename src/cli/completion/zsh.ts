/** The completion script for zsh: to be sourced after compinit, or kept as `_glacier-up` in a folder of `fpath`. */
import type { CompletedCommand, CompletedOption, ValueKind } from './tree.js';

/** The completion script for zsh. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef glacier-up
# zsh completion for glacier-up, as "glacier-up completion zsh" prints it.

# Session IDs with what "glacier-up sessions" says of each, quickly and silently.
__glacier_up_sessions() {
  local -a sessions state
  local id rest
  [[ -n $opt_args[--state-dir] ]] && state=(--state-dir \${(Q)opt_args[--state-dir]})
  while read -r id rest; do
    sessions+=("$id:\${rest//:/\\\\:}")
  done < <(GLACIER_UP_JSON= command glacier-up sessions $state 2>/dev/null </dev/null)
  _describe -t sessions session sessions "$@"
}

__glacier_up_targets() {
  _alternative 'sessions:session:__glacier_up_sessions' 'files:file:_files'
}

__glacier_up_commands() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  _describe -t commands command commands
}

_glacier-up() {
  local curcontext=$curcontext state state_descr line ret=1
  typeset -A opt_args

  _arguments -C \\
    '(- *)'{-h,--help}'[print help]' \\
    '(- *)'{-V,--version}'[print the version]' \\
    '1: :__glacier_up_commands' \\
    '*:: :->command' && ret=0
  [[ $state == command ]] || return ret

  case $words[1] in
${commands.map(commandArm).join('\n')}
  esac
  return ret
}

if [[ $funcstack[1] == _glacier-up ]]; then
  _glacier-up "$@"
else
  compdef _glacier-up glacier-up
fi
`;
}

function commandArm({ name, options, operands }: CompletedCommand): string {
  const specs = [...options.map(optionSpec), ...operandSpecs(operands)];
  return [
    `    ${name})`,
    '      _arguments -s -S \\',
    `${specs.map((spec) => `        ${spec}`).join(' \\\n')} && ret=0`,
    '      ;;',
  ].join('\n');
}

function optionSpec({ short, long, help, value, isRepeatable }: CompletedOption): string {
  const words = `[${help.replace(/[[\]\\]/g, '\\$&')}]`;
  const then = value === null ? '' : `:${value.name}:${action(value.kind)}`;
  if (short) return `'(${short} ${long})'{${short},${long}}${quoted(words + then)}`;
  return quoted(`${isRepeatable ? '*' : ''}${long}${value === null ? '' : '='}${words}${then}`);
}

function operandSpecs({ files, sessions, words }: CompletedCommand['operands']): string[] {
  if (sessions) return [quoted('*:file or session:__glacier_up_targets')];
  if (words.length > 0) return [quoted(`1:operand:(${words.join(' ')})`)];
  return files ? [quoted('*:file:_files')] : [];
}

function action(kind: ValueKind): string {
  if (kind === 'file') return '_files';
  if (kind === 'folder') return '_files -/';
  return kind === 'free' ? ' ' : `(${kind.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
