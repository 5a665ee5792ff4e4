/** What the user should do next: text in which commands of ours stand as data, so that the command line can complete them. */

/** A command that a hint names. */
export interface NextStep {
  /** `resume`, with its operands and options, each a word of its own. */
  readonly words: readonly string[];
  /** What no session and no receipt tells it, so that the options which led to the failed command must. */
  readonly needs: 'nothing' | 'account' | 'vault';
  /** Where the failed request went, if no option says otherwise. */
  readonly region?: string | undefined;
}

/** A command that knows by a session or a receipt where to go. */
export function step(...words: string[]): NextStep {
  return { words, needs: 'nothing' };
}

/** A command that must be told account and region as the failed one was, and takes no vault. */
export function stepAtAccount(command: string, region: string | undefined): NextStep {
  return { words: [command], needs: 'account', region };
}

/** A command that must be told the vault as the failed one was. */
export function stepAtVault(...words: string[]): NextStep {
  return { words, needs: 'vault' };
}

/** Text and commands in the order in which they are read. Made by the tag {@link hint}. */
export class Hint {
  readonly pieces: readonly (string | NextStep)[];

  constructor(pieces: readonly (string | NextStep)[]) {
    this.pieces = pieces;
  }

  get steps(): readonly NextStep[] {
    return this.pieces.filter((piece) => typeof piece !== 'string');
  }

  /** @param command how to write a step, ready for a shell */
  text(command: (step: NextStep) => string): string {
    return this.pieces.map((piece) => (typeof piece === 'string' ? piece : `"${command(piece)}"`)).join('');
  }
}

/** A template whose values are text, commands or other hints: hint`finish it with ${step('resume', id)}`. */
export function hint(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | NextStep | Hint)[]
): Hint {
  const pieces = texts.flatMap((text, at) => {
    const value = values[at];
    if (value === undefined) return [text];
    if (value instanceof Hint) return [text, ...value.pieces];
    return [text, typeof value === 'number' ? String(value) : value];
  });
  return new Hint(pieces);
}

/** The words of a command by itself, where no options are known that led to it. */
export function plainWords({ words, region }: NextStep): string[] {
  return [...words, ...(region === undefined ? [] : ['--region', region])];
}

/** A command as it can be typed into a shell. @param words after the name of the program */
export function shellCommand(words: readonly string[]): string {
  return ['glacier-up', ...words].map(shellWord).join(' ');
}

/** As a POSIX shell reads it back. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
