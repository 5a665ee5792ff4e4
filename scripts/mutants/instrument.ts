/** All mutants of some files, made by the instrumenter of Stryker, each behind a switch. */
import { Instrumenter } from '@stryker-mutator/instrumenter';
import type { Mutant } from './mutant.js';

interface SourceText {
  /** From the top of the project. */
  path: string;
  text: string;
}

/** Texts are compared by tests as a whole or are meant for people; a list or an object without its parts fails at once. */
const excludedMutations = ['StringLiteral', 'Regex', 'ArrayDeclaration', 'ObjectLiteral'];

const silent = () => {};
const off = () => false;
const logger = {
  isTraceEnabled: off,
  isDebugEnabled: off,
  isInfoEnabled: off,
  isWarnEnabled: off,
  isErrorEnabled: off,
  isFatalEnabled: off,
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  fatal: silent,
};

/** Many fit a line of a terminal then, and a list of them reads well. */
const maxTextLength = 100;

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxTextLength ? `${line.slice(0, maxTextLength)}…` : line;
}

/** @returns the files with the switches in them, and what can be switched on */
export async function instrument(
  sources: readonly SourceText[],
): Promise<{ files: SourceText[]; mutants: Mutant[] }> {
  const instrumented = await new Instrumenter(logger).instrument(
    sources.map(({ path, text }) => ({ name: path, content: text, mutate: true })),
    { plugins: null, excludedMutations, ignorers: [] },
  );
  const linesOf = new Map(sources.map(({ path, text }) => [path, text.split('\n')]));
  const seen = new Map<string, number>();
  const mutants = instrumented.mutants
    .filter(({ statusReason }) => statusReason === undefined)
    .map(({ id, fileName, mutatorName, replacement, location: { start, end } }) => {
      const lines = linesOf.get(fileName) ?? [];
      const from = lines.slice(start.line, end.line + 1);
      from[from.length - 1] = (from.at(-1) ?? '').slice(0, end.column);
      from[0] = (from[0] ?? '').slice(start.column);
      const named = {
        file: fileName,
        operator: mutatorName,
        lineText: oneLine(lines[start.line] ?? ''),
        from: oneLine(from.join('\n')),
        to: oneLine(replacement),
      };
      const name = JSON.stringify(named);
      const occurrence = (seen.get(name) ?? 0) + 1;
      seen.set(name, occurrence);
      return { id, line: start.line + 1, occurrence, ...named };
    });
  return { files: instrumented.files.map(({ name, content }) => ({ path: name, text: content })), mutants };
}
