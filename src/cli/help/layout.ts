/** Text laid out for a terminal of so many columns. */

/** Breaks at blanks; no line is longer than `width`, but for a word that is. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A paragraph whose lines after the first are indented. */
export function hanging(text: string, width: number, indent: number): string[] {
  const [first = '', ...rest] = wrap(text, width);
  if (rest.length === 0) return [first];
  const margin = ' '.repeat(indent);
  return [first, ...wrap(rest.join(' '), width - indent).map((line) => margin + line)];
}

/** Terms in one column, their meaning beside them; a term that is too long has a line of its own. */
export function columns(
  rows: readonly (readonly [term: string, meaning: string])[],
  width: number,
  termWidth: number,
): string[] {
  const margin = ' '.repeat(termWidth + 4);
  return rows.flatMap(([term, meaning]) => {
    const [first = '', ...rest] = wrap(meaning, width - margin.length);
    const more = rest.map((line) => margin + line);
    return term.length <= termWidth
      ? [`  ${term.padEnd(termWidth)}  ${first}`, ...more]
      : [`  ${term}`, margin + first, ...more];
  });
}

/** How wide help is: as the terminal, within reason. */
export function helpWidth(
  terminalColumns: number | undefined,
  env: Record<string, string | undefined>,
): number {
  const width = terminalColumns ?? Number(env.COLUMNS);
  return width >= 40 ? Math.min(width, 100) : 80;
}
