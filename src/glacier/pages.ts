/** Lists that the service gives in pages, read from the first to the last. */
import { GlacierUpError } from '../errors.js';

/**
 * Joins the pages of a list.
 * @param page reads the page that a marker stands for; null: the first
 * @throws GlacierUpError `part-list-untrue` for a marker that comes again
 */
export async function readPages<T>(
  page: (marker: string | null) => Promise<{ entries: readonly T[]; marker: string | null }>,
): Promise<T[]> {
  const nextMarker = markerChain();
  const all: T[] = [];
  let marker: string | null = null;
  do {
    const { entries, marker: next } = await page(marker);
    all.push(...entries);
    marker = nextMarker(next);
  } while (marker !== null);
  return all;
}

/** Passes markers on, and stops when one comes back: following it would never end. */
export function markerChain(): (marker: string | null) => string | null {
  const seen = new Set<string>();
  return (marker) => {
    if (marker === null) return null;
    if (seen.has(marker)) throw untrue('the same page was offered twice');
    seen.add(marker);
    return marker;
  };
}

/**
 * An error for a list that contradicts itself. @returns code `part-list-untrue`: the same question later may get a
 * true answer
 */
export function untrue(what: string): GlacierUpError {
  return new GlacierUpError('part-list-untrue', `the service's list cannot be true: ${what}`, {
    hint: 'nothing was decided from it and all progress is kept: run the same command again',
  });
}
