import { linkSync, renameSync, unlinkSync } from 'node:fs';
import { alreadyExists, isUnsupported } from './errno.js';
import { isThere } from './presence.js';

/** Renames, but never over anything: `link` fails when the name is taken. @returns false then */
export function takeName(from: string, to: string): boolean {
  try {
    linkSync(from, to);
  } catch (error) {
    if (alreadyExists(error)) return false;
    // A file system without hard links.
    if (!isUnsupported(error)) throw error;
    if (isThere(to)) return false;
    renameSync(from, to);
    return true;
  }
  unlinkSync(from);
  return true;
}
