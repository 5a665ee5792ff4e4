/** The files below a folder, in the order of their names. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GlacierUpError } from '../../../errors.js';
import { faultWords } from '../../../os/fault-words.js';
import { pathText, systemPath } from '../../../os/path-bytes.js';
import type { Exclusion } from '../../options/exclusion.js';

export interface WalkRules {
  exclude: readonly Exclusion[];
  /** Folders on other file systems than the first are left out. */
  isOneFileSystem: boolean;
}

/** What is found below a folder. `fault`: a folder that cannot be read. */
export interface Found {
  name: string;
  isEmpty: boolean;
  fault?: GlacierUpError;
}

/**
 * Gives each regular file. Symbolic links are not followed, and what is no regular file is left out. One folder's names at
 * a time are in memory, and those of the folders above it.
 */
export async function* walkFolder(root: string, rules: WalkRules): AsyncGenerator<Found, void> {
  const { dev } = await lstat(systemPath(join(root, '.')), { bigint: true });
  yield* walk(root, '', { ...rules, device: dev });
}

async function* walk(
  root: string,
  below: string,
  rules: WalkRules & { device: bigint },
): AsyncGenerator<Found, void> {
  const folder = join(root, below);
  let names: string[];
  try {
    names = (await readdir(systemPath(folder), { encoding: 'buffer' })).map(pathText).sort();
  } catch (cause) {
    yield { name: folder, isEmpty: false, fault: unreadable(cause) };
    return;
  }
  for (const entry of names) {
    const path = below === '' ? entry : `${below}/${entry}`;
    const name = join(root, path);
    // What is gone since the folder was read was not meant to stay.
    const stats = await lstat(systemPath(name), { bigint: true }).catch(() => null);
    if (stats === null || rules.exclude.some((rule) => rule.matches(path, stats.isDirectory()))) continue;
    if (stats.isFile()) yield { name, isEmpty: stats.size === 0n };
    if (!stats.isDirectory() || (rules.isOneFileSystem && stats.dev !== rules.device)) continue;
    yield* walk(root, path, rules);
  }
}

function unreadable(cause: unknown): GlacierUpError {
  return new GlacierUpError('archive-unusable', `the folder cannot be read: ${faultWords(cause)}`, {
    hint: 'give yourself read permission on the folder, or leave it out with --exclude',
    cause,
  });
}
