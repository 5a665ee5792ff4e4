import { invalid } from './errors.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly marker: string | null;
}

/**
 * One page of a list that is sorted by `keyOf`. The marker names the first item of the next page, so items that come
 * and go between two requests neither repeat nor hide others. That a bad limit or marker is refused is our choice.
 */
export function pageOf<T>(
  items: readonly T[],
  query: URLSearchParams,
  most: number,
  keyOf: (item: T) => string | number,
  markerOf: { write: (key: string) => string; read: (marker: string) => string | undefined } = openMarker,
): Page<T> {
  const limit = readLimit(query.get('limit'), most);
  const marker = query.get('marker');
  let from = 0;
  if (marker !== null && marker !== '') {
    const key = markerOf.read(marker);
    if (key === undefined) throw invalid(`Invalid marker: ${marker}`);
    const found = items.findIndex((item) => !comesBefore(keyOf(item), key));
    from = found === -1 ? items.length : found;
  }
  const next = items[from + limit];
  return {
    items: items.slice(from, from + limit),
    marker: next === undefined ? null : markerOf.write(String(keyOf(next))),
  };
}

function readLimit(text: string | null, most: number): number {
  if (text === null || text === '') return most;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > most) throw invalid(`Invalid limit: ${text}. It must be between 1 and ${most}.`);
  return limit;
}

const comesBefore = (key: string | number, other: string): boolean =>
  typeof key === 'number' ? key < Number(other) : key < other;

/** Markers that are numbers in disguise; clients must not look inside. */
export const openMarker = {
  write: (key: string): string => Buffer.from(`v1:${key}`).toString('base64url'),
  read: (marker: string): string | undefined =>
    /^v1:(-?\d{1,15})$/.exec(Buffer.from(marker, 'base64url').toString())?.[1],
};
