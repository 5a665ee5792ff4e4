/** glacier-rsync: `grsync|PATH|SIZE|MTIME|COMMENT`, in which nothing is escaped. Source: cagdasbas/glacier-rsync. */
import { timeOf } from './file-times.js';
import type { NameReading } from './name-reading.js';

/** @returns null for a description in another format */
export function readGlacierRsync(description: string): NameReading | null {
  const shortest = fieldsOf(description, '.+?');
  if (!shortest) return null;
  // A path or a comment with numbers between bars leaves more than one reading.
  const longest = fieldsOf(description, '.+');
  const { path, sizeBytes, modifiedAt } = shortest;
  return {
    name: path,
    ...(longest && longest.path !== path ? { otherName: longest.path } : {}),
    modifiedAt,
    writer: 'glacier-rsync',
    // Of the file: the archive may be compressed, and nothing says so.
    original: { md5: null, sizeBytes },
  };
}

function fieldsOf(
  description: string,
  path: '.+' | '.+?',
): { path: string; sizeBytes: number; modifiedAt: string | null } | null {
  const pattern = new RegExp(
    `^grsync\\|(${path})\\|(\\d{1,15})\\|(-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)\\|`,
    's',
  );
  const [, name, size, seconds] = pattern.exec(description) ?? [];
  if (name === undefined) return null;
  return { path: name, sizeBytes: Number(size), modifiedAt: timeOf(Math.floor(Number(seconds) * 1000)) };
}
