/**
 * The older Glacier app of QNAP: `{"path": "/share/x.pdf", "type": "file"}`. Source: samples, and the one public program
 * that restores such vaults.
 */
import type { NameReading } from './name-reading.js';

/** @param type `file`, or what carries no content */
export function readQnap(path: string, type: unknown): NameReading {
  const twice = decodedAgain(path);
  return {
    name: twice ?? path,
    ...(twice === null ? {} : { otherName: path }),
    modifiedAt: null,
    writer: 'qnap',
    ...(typeof type === 'string' && type !== 'file' ? { isFolder: true } : {}),
  };
}

/** That program reads the path as JSON a second time, which matters where it has `\u` escapes left. */
function decodedAgain(path: string): string | null {
  if (!/\\u[0-9a-f]{4}/i.test(path)) return null;
  try {
    return JSON.parse(`"${path}"`) as string;
  } catch {
    return null;
  }
}
