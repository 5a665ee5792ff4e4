/** An upload drawn in a few lines: one character for one or several parts, in the order of their bytes. */
import type { ComparedPart, PartState } from '../../transfer/compare.js';

const marks: Record<PartState, string> = {
  matching: '#',
  missing: '.',
  different: '!',
  unexpected: '?',
  unknown: 'o',
};
/** What is shown for a cell of several parts: the one that needs most attention. */
const gravest: PartState[] = ['different', 'unexpected', 'missing', 'unknown', 'matching'];
const mostRows = 8;

/** @returns the rows, and a legend of the marks that occur */
export function partsMap(parts: readonly ComparedPart[], columns: number): string[] {
  const width = Math.max(10, Math.min(columns, 100) - 2);
  const partsPerCell = Math.max(1, Math.ceil(parts.length / (width * mostRows)));
  let cells = '';
  const seen = new Set<PartState>();
  for (let first = 0; first < parts.length; first += partsPerCell) {
    const states = new Set(parts.slice(first, first + partsPerCell).map(({ state }) => state));
    const state = gravest.find((candidate) => states.has(candidate)) ?? 'unknown';
    seen.add(state);
    cells += marks[state];
  }
  const rows = cells.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  const legend = [...seen].map((state) => `${marks[state]} ${state}`).join('  ');
  const scale = partsPerCell === 1 ? '' : `  (${partsPerCell} parts a mark)`;
  return rows.length === 0 ? [] : [...rows.map((row) => `[${row}]`), `${legend}${scale}`];
}
