/** Text as roff for man(7), read alike by groff and mandoc. */
import { wrap } from '../../src/cli/help/layout.js';

/** Nothing of the text is taken for markup, and signs that would be typeset stay what one types. */
export function literal(text: string): string {
  const odd = /[^\x20-\x7e]/.exec(text);
  if (odd) throw new Error(`a man page has only printable ASCII, not ${JSON.stringify(odd[0])}: ${text}`);
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(/^\./, '\\&.');
}

export const bold = (text: string): string => `\\fB${literal(text)}\\fR`;
export const italic = (text: string): string => `\\fI${literal(text)}\\fR`;

/**
 * A paragraph of a description: options are set bold, variables and file names are left alone, and hyphens within words are
 * hyphens, at which a line may break.
 */
export function prose(text: string): string {
  return text
    .split(' ')
    .map((word) => {
      const option = /^([("]*)(--?[A-Za-z][\w-]*)(.*)$/.exec(word);
      if (option) return `${literal(option[1] ?? '')}${bold(option[2] ?? '')}${literal(option[3] ?? '')}`;
      return /^[A-Za-z]+(-[A-Za-z]+)+[.,;:]?$/.test(word) && !word.startsWith('glacier-up')
        ? word
        : literal(word);
    })
    .join(' ');
}

/** Each sentence begins a line, and no line is longer than linters like, or begins with a control character. */
export function sentences(text: string): string[] {
  return text
    .split(/(?<=[.?]) (?=[A-Z"-])/)
    .flatMap((sentence) => wrap(prose(sentence), 78))
    .map((line) => line.replace(/^(?=['.])/, '\\&'));
}

export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

/** Paragraphs, the first without the macro that a heading makes needless. */
export function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text, i) => [...(i === 0 ? [] : ['.PP']), ...sentences(text)]);
}

/** @param tags ready-made roff, a line each */
export function tagged(tags: string | readonly string[], texts: readonly string[]): string[] {
  const lines = [tags].flat().flatMap((tag, i) => [i === 0 ? '.TP' : '.TQ', tag]);
  return [...lines, ...texts.flatMap(sentences)];
}

/** What is typed, as it is typed. */
export function typed(lines: readonly string[]): string[] {
  // `.EE` has groff hyphenate again.
  return ['.PP', '.RS 4', '.EX', ...lines.map(literal), '.EE', '.nh', '.RE'];
}

/** References to pages of section 1. */
export function references(names: readonly string[]): string[] {
  return names.map((name, i) => `.BR ${literal(name)} (1)${i < names.length - 1 ? ',' : ''}`);
}
