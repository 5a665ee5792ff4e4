/** The folder that archives come back to. Nothing outside of it is written, and nothing in it is overwritten. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GlacierUpError } from '../../errors.js';
import { flushFolder } from '../../os/durable.js';
import { alreadyExists, isMissing } from '../../os/errno.js';
import { checked } from '../../retrieval/unwritable.js';

const prefix = '.glacier-up-';
const keyLetters = 16;
/** So many folders are remembered as made or looked at. */
const mostKnown = 50_000;

/** Whether a name is one of those that files on their way have. */
export function isOfOurs(name: string): boolean {
  return new RegExp(`^\\${prefix}[0-9a-f]{${keyLetters}}`).test(name);
}

/** The folder that archives are restored into: makes folders below it, and follows no symbolic link out of it. */
export class TargetFolder {
  /** Its real path. */
  readonly root: string;
  /** Folders below it that are real folders, not symbolic links. */
  readonly #known = new Set<string>();

  /** Makes it, if it is missing. @throws GlacierUpError `output-unwritable` */
  constructor(folder: string) {
    this.root = checked(folder, () => {
      mkdirSync(folder, { recursive: true });
      return realpathSync(folder);
    });
  }

  /** @param path relative, safe */
  pathOf(path: string): string {
    return join(this.root, path);
  }

  /** The name of an archive's bytes until they are proved and get their own, beside it. */
  wayPathOf(place: string, archiveId: string): string {
    const key = createHash('sha256').update(archiveId).digest('hex').slice(0, keyLetters);
    return join(dirname(place), `${prefix}${key}`);
  }

  /** Where the files of a plan are that are handed to a command. @param token 16 hex digits */
  handOverPath(token: string): string {
    return `${prefix}${token}`;
  }

  freeBytes(): number {
    return checked(this.root, () => {
      const { bavail, bsize } = statfsSync(this.root);
      return bavail * bsize;
    });
  }

  /**
   * Makes the folders of a path. Each must be a folder: a link could lead anywhere.
   * @param path relative, safe
   * @throws GlacierUpError `name-taken` when one is something else; `output-unwritable`
   */
  makeFoldersOf(path: string): void {
    const end = path.lastIndexOf('/');
    if (end === -1 || this.#known.has(path.slice(0, end))) return;
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      const relative = path.slice(0, at);
      if (this.#known.has(relative)) continue;
      this.#makeFolder(this.pathOf(relative));
      if (this.#known.size >= mostKnown) this.#known.clear();
      this.#known.add(relative);
    }
  }

  #makeFolder(folder: string): void {
    checked(folder, () => {
      try {
        mkdirSync(folder);
        flushFolder(dirname(folder));
      } catch (error) {
        if (!alreadyExists(error)) throw error;
      }
      const stats = lstatSync(folder);
      if (stats.isDirectory()) return;
      const what = stats.isSymbolicLink() ? 'a symbolic link' : 'not a folder';
      throw new GlacierUpError('name-taken', `${folder} is ${what}: nothing is restored below it`, {
        hint: 'move it away, or give another --to',
      });
    });
  }
}

/** Whether a file system takes names for one that differ only in case; nothing is written to find out. */
export function foldsCase(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    const swapped = swapCase(path);
    if (swapped !== path) {
      try {
        const [one, other] = [lstatSync(path), lstatSync(swapped, { throwIfNoEntry: false })];
        return other !== undefined && one.ino === other.ino && one.dev === other.dev;
      } catch (error) {
        if (!isMissing(error)) return process.platform === 'darwin';
      }
    }
    if (dirname(path) === path) return process.platform === 'darwin';
  }
}

/** Of the last part of a path. */
function swapCase(path: string): string {
  const name = path.slice(dirname(path).length);
  const lower = name.toLowerCase();
  return dirname(path) + (lower === name ? name.toUpperCase() : lower);
}
