/** A single change of the program, and the key by which it is found again after other lines have moved. */
export interface Mutant {
  /** By which the built copy switches it on. */
  id: string;
  /** From the top of the project. */
  file: string;
  /** Counted from 1. */
  line: number;
  /** The operator that made it, such as `EqualityOperator`. */
  operator: string;
  /** The whole line in which it begins, without the space around it. */
  lineText: string;
  from: string;
  to: string;
  /** Of the mutants that agree in everything above but the line: 1, 2, … */
  occurrence: number;
}

/** @returns one line of text that names the mutant as long as its file and its line read the same */
export function mutantKey({ file, lineText, from, to, occurrence }: Mutant): string {
  return [file, lineText, from, to, occurrence].join(' ⟶ ');
}

/** What a person is shown of it, with what an entry of reasons.json needs. */
export function describeMutant({ file, line, lineText, from, to, operator, occurrence }: Mutant): string {
  const which = occurrence === 1 ? '' : ` (occurrence ${occurrence})`;
  return `${file}:${line} ${operator}${which}\n      ${lineText}\n    - ${from}\n    + ${to}`;
}
