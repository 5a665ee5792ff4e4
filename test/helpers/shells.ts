/** Asks real shells what they would offer, with a script of ours sourced. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const bin = fileURLToPath(new URL('../../bin/glacier-up.js', import.meta.url));

export interface Offer {
  word: string;
  /** '' where the shell shows none. */
  description: string;
}

export interface ShellPlace {
  /** Holds `home` and the files that are completed. */
  folder: string;
  /** The text of the completion script. */
  script: string;
}

/**
 * @param lines command lines, each ending where TAB is pressed
 * @returns what is offered for each
 */
export type Complete = (place: ShellPlace, lines: readonly string[]) => Promise<Offer[][]>;

const separator = '--- next ---';

async function runShell(
  { folder, script }: ShellPlace,
  command: readonly [string, ...string[]],
  driver: string,
  more: Record<string, string> = {},
): Promise<string> {
  const programs = join(folder, 'programs');
  mkdirSync(programs, { recursive: true });
  mkdirSync(join(folder, 'home'), { recursive: true });
  symlinkSync(bin, join(programs, 'glacier-up'));
  for (const [name, text] of Object.entries({ script, driver, ...more })) {
    writeFileSync(join(folder, 'home', name), text);
  }
  const [shell, ...words] = command;
  const { stdout, stderr } = await execa(shell, [...words, join(folder, 'home/driver')], {
    cwd: folder,
    extendEnv: false,
    env: {
      HOME: join(folder, 'home'),
      PATH: `${programs}:${process.env.PATH}`,
      TERM: 'dumb',
      LC_ALL: 'C.UTF-8',
    },
    stdin: 'ignore',
  });
  if (stderr !== '') throw new Error(`${shell} said on stderr: ${stderr}`);
  return stdout;
}

const quoted = (text: string): string => `'${text}'`;

function offersOf(text: string): Offer[][] {
  return text
    .split(`${separator}\n`)
    .slice(1)
    .map((block) =>
      block
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const [word = '', description = ''] = line.split('\t');
          return { word: word.trim(), description };
        }),
    );
}

/** readline parts words at `=` too; with that done, the function is asked as readline asks it. */
export const bashComplete: Complete = async (place, lines) => {
  const asks = lines.map((line) => {
    const words = line.split(/ +|(?<==)|(?==)/);
    return [
      `echo ${quoted(separator)}`,
      `COMP_WORDS=(${words.map(quoted).join(' ')}) COMP_CWORD=${words.length - 1}`,
      '_glacier_up',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
      'for reply in "${COMPREPLY[@]}"; do printf "%s\\n" "$reply"; done',
    ].join('\n');
  });
  const head = 'source ~/script; [[ $(complete -p glacier-up) == *"-F _glacier_up"* ]] || exit 1';
  // compopt is an error outside of a real completion.
  const driver = [head, 'compopt() { :; }', ...asks].join('\n');
  return offersOf(`${await runShell(place, ['bash', '--norc', '--noprofile'], driver)}\n`);
};

export const fishComplete: Complete = async (place, lines) => {
  const asks = lines.map((line) => `echo ${quoted(separator)}\ncomplete -C ${quoted(line)}`);
  const driver = ['source ~/script', ...asks].join('\n');
  return offersOf(`${await runShell(place, ['fish', '--no-config'], driver)}\n`);
};

/** TAB is pressed in an interactive zsh on a pseudo-terminal; `compadd` is overheard. */
export const zshComplete: Complete = async (place, lines) => {
  const setup = `
    PROMPT='' RPROMPT=''
    autoload -Uz compinit && compinit -u -D
    source ~/script
    zstyle ':completion:*' verbose yes
    compadd() {
      if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
      local -a hits texts
      local at=$@[(I)-d]
      if (( at )); then
        local from=$@[at+1]
        if [[ $from == \\(* ]]; then eval "texts=$from"; else texts=("\${(@P)from}"); fi
      fi
      builtin compadd -A hits -D texts "$@"
      local i
      for ((i = 1; i <= $#hits; i++)); do print -r -- "$hits[i]"$'\\t'"$texts[i]" >> ~/offers; done
      builtin compadd "$@"
    }
    next() { BUFFER=''; print -r -- '${separator}' >> ~/offers; }
    zle -N next
    bindkey '^Xn' next
    PROMPT=$'REA''DY'
  `;
  // All in one prompt: what is typed there is taken in its order, at any speed.
  const asks = lines.map((line) => `zpty -w -n z $'\\x18n'${quoted(line)}$'\\t'`);
  const driver = `
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z 'source ~/setup'
    zpty -r z answer '*READY*'
    ${asks.join('\n')}
    zpty -w z $'\\x18nexit'
    while zpty -r z answer; do :; done
  `;
  await runShell(place, ['zsh', '-f'], driver, { setup });
  return offersOf(readFileSync(join(place.folder, 'home/offers'), 'utf8'));
};
