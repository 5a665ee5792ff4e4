/** The state before a save, kept beside the file until the save is known to be whole. */
import { linkSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeNewFile } from '../os/durable.js';
import { isUnsupported } from '../os/errno.js';
import { isThere } from '../os/presence.js';
import { deserialize } from './session-file.js';

/** Where it is kept. */
export function spareOf(file: string): string {
  return `${file}.prev`;
}

/** Keeps the state that is there, if any, as the spare copy. @throws the failed system call */
export function keepSpare(file: string, spare: string): void {
  rmSync(spare, { force: true });
  if (!isThere(file)) return;
  try {
    linkSync(file, spare);
  } catch (error) {
    // A file system without hard links.
    if (!isUnsupported(error)) throw error;
    writeNewFile(spare, readFileSync(file, 'utf8'));
  }
}

/** Puts the state before back; where there was no state, nothing must stand there either. Never fails. */
export function restore(file: string, spare: string): void {
  try {
    if (isThere(spare)) renameSync(spare, file);
    else if (!isWhole(file)) rmSync(file);
  } catch {
    // The failure that led here is the one to report; `load` prefers whichever of the two is whole.
  }
}

function isWhole(file: string): boolean {
  try {
    deserialize(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
  return true;
}
