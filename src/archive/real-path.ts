/** Where a file's name leads: symbolic links resolved. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { errnoOf } from '../errors.js';
import { pathText, systemPath } from '../os/path-bytes.js';
import { unusable } from './unusable.js';

/**
 * The path that a file's session is kept under, even when the file is gone: its folder's real path stands in.
 * Never throws: what cannot be resolved leaves the path as given. Whoever finds nothing under it calls
 * `assertResolvable` before saying so.
 */
export async function realPathOf(name: string): Promise<string> {
  try {
    return (await resolved(name)) ?? resolve(name);
  } catch {
    return resolve(name);
  }
}

/**
 * That nothing is known of a file may only be said when it is certain where its name leads.
 * @throws GlacierUpError `archive-unusable` for a folder that may not be searched, a loop of links, or a failing disk
 */
export async function assertResolvable(name: string): Promise<void> {
  try {
    await resolved(name);
  } catch (cause) {
    throw unusable(name, cause);
  }
}

/** null when neither the file nor its folder exists. @throws the failed system call when that cannot be told */
async function resolved(name: string): Promise<string | null> {
  const absolute = resolve(name);
  const path = await unlessMissing(realPath(absolute));
  if (path !== null) return path;
  const folder = await unlessMissing(realPath(dirname(absolute)));
  return folder && join(folder, basename(absolute));
}

async function unlessMissing<T>(looking: Promise<T>): Promise<T | null> {
  try {
    return await looking;
  } catch (error) {
    // No file has a name that long.
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '')) return null;
    throw error;
  }
}

/** The real path of a name, with the bytes that are not UTF-8 as `pathText` writes them. */
export async function realPath(name: string): Promise<string> {
  return pathText(await realpath(systemPath(name), { encoding: 'buffer' }));
}
