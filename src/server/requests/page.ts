import { invalid } from '../errors.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly marker: string | null;
}

interface Markers {
  write(key: string): string;
  /** Undefined for a text that is no marker. */
  read(marker: string): string | undefined;
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
  markers?: Markers,
): Page<T> {
  const from = (key: string) => {
    const found = items.findIndex((item) => !comesBefore(keyOf(item), key));
    return found === -1 ? [] : items.slice(found);
  };
  return pageFrom((key) => (key === undefined ? items : from(key)), query, most, keyOf, markers);
}

/** The same of a list that need not be gone through: `itemsFrom` gives it from the first item with that key or a later one on. */
export function pageFrom<T>(
  itemsFrom: (key: string | undefined) => Iterable<T>,
  query: URLSearchParams,
  most: number,
  keyOf: (item: T) => string | number,
  markers: Markers = openMarker,
): Page<T> {
  const limit = readLimit(query.get('limit'), most);
  const marker = query.get('marker') || undefined;
  const key = marker === undefined ? undefined : markers.read(marker);
  if (marker !== undefined && key === undefined) throw invalid(`Invalid marker: ${marker}`);
  const items: T[] = [];
  for (const item of itemsFrom(key)) {
    if (items.length === limit) return { items, marker: markers.write(String(keyOf(item))) };
    items.push(item);
  }
  return { items, marker: null };
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
export const openMarker: Markers = {
  write: (key: string): string => Buffer.from(`v1:${key}`).toString('base64url'),
  read: (marker: string): string | undefined =>
    /^v1:(-?\d{1,15})$/.exec(Buffer.from(marker, 'base64url').toString())?.[1],
};
