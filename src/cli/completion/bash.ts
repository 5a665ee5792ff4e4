/** The completion script for bash, from 3.2 on; it needs no bash-completion package. */
import type { CompletedCommand, CompletedOption, ValueKind } from './tree.js';

/** The completion script for bash. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion for glacier-up, as "glacier-up completion bash" prints it.

# Session IDs, quickly and silently: the first column of "glacier-up sessions".
__glacier_up_sessions() {
  local id rest
  GLACIER_UP_JSON='' command glacier-up sessions "$@" 2>/dev/null </dev/null |
    while read -r id rest; do printf '%s\\n' "$id"; done
}

_glacier_up() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  local options='' kind='' values='' files='' sessions='' line='' i
  local -a state=()
  COMPREPLY=()

  if [ "$COMP_CWORD" -eq 1 ]; then
    values='${names}'
    case $word in -*) values='--help --version -h -V' ;; esac
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$values" -- "$word")
    return
  fi

  # bash parts --option=value into three words.
  if [ "$word" = = ]; then
    word=''
  elif [ "$before" = = ]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  fi

  case $command in
${commands.map(commandArm).join('\n')}
    *) return ;;
  esac

  # After a lone -- there are only operands.
  for ((i = 2; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      --) kind='' options='' before='' ;;
      --state-dir) [ $((i + 1)) -lt "$COMP_CWORD" ] && state=(--state-dir "\${COMP_WORDS[i+1]}") ;;
    esac
  done

  case $kind in
    free) return ;;
    words) files='' sessions='' ;;
    file) files=-f sessions='' values='' ;;
    folder) files=-d sessions='' values='' ;;
    *)
      case $word in
        -*)
          while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$options" -- "$word")
          return
          ;;
      esac
      ;;
  esac
  if [ -n "$values" ]; then
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$values" -- "$word")
  fi
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$files" -- "$word")
  fi
  if [ -n "$sessions" ]; then
    while IFS= read -r line; do
      case $line in "$word"*) COMPREPLY+=("$line") ;; esac
    done < <(__glacier_up_sessions "\${state[@]}")
  fi
}

complete -F _glacier_up glacier-up
`;
}

function commandArm({ name, options, operands }: CompletedCommand): string {
  const { files, sessions, words } = operands;
  const flags = options.flatMap(({ short, long }) => (short ? [short, long] : [long])).join(' ');
  return [
    `    ${name})`,
    `      options='${flags}' values='${words.join(' ')}' files=${files ? '-f' : "''"} sessions=${sessions ? '1' : "''"}`,
    '      case $before in',
    ...valueArms(options),
    '      esac',
    '      ;;',
  ].join('\n');
}

/** Options whose values are of one kind share an arm. */
function valueArms(options: readonly CompletedOption[]): string[] {
  const arms = new Map<string, string[]>();
  for (const { short, long, value } of options) {
    if (value === null) continue;
    const does = assignment(value.kind);
    arms.set(does, [...(arms.get(does) ?? []), ...(short ? [short] : []), long]);
  }
  return [...arms].map(([does, flags]) => `        ${flags.join(' | ')}) ${does} ;;`);
}

function assignment(kind: ValueKind): string {
  return typeof kind === 'string' ? `kind=${kind}` : `kind=words values='${kind.join(' ')}'`;
}
