/** Patterns of `--exclude`: those of `globTest`, and as in .gitignore with a slash at either end. */
import { globTest } from '../../names/glob.js';

export interface Exclusion {
  /** @param path below the folder that was named, without a slash in front */
  matches(path: string, isFolder: boolean): boolean;
}

/**
 * A pattern without a slash is compared with the last part of a path, one with a slash in front or within with all of it;
 * with a slash at the end it matches folders only.
 * @returns null when it is no pattern
 */
export function exclusionOf(pattern: string): Exclusion | null {
  const isForFolders = pattern.endsWith('/');
  const body = isForFolders ? pattern.slice(0, -1) : pattern;
  const isWhole = body.includes('/');
  const test = body === '' ? null : globTest(isWhole ? `/${body.replace(/^\//, '')}` : body);
  if (test === null) return null;
  return {
    matches: (path, isFolder) => (isFolder || !isForFolders) && test(isWhole ? `/${path}` : path),
  };
}
