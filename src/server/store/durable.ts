import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { flushFolderAsync } from '../../os/durable.js';
import { isMissing } from '../../os/errno.js';

/** Ends the name of every file that is not whole yet; such files are swept when the server starts. */
export const UNFINISHED_SUFFIX = '.unfinished';

/** Replaces a file as a whole: after a crash or a power cut it holds the old text or the new, never a mix. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}${UNFINISHED_SUFFIX}`;
  try {
    const handle = await open(unfinished, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await flushFolderAsync(dirname(path));
}

/** Once it resolves, the file is on disk for good, whole or as it was. */
export const writeJson = (path: string, value: unknown): Promise<void> =>
  writeDurably(path, `${JSON.stringify(value, null, 2)}\n`);

/** Once it resolves, the bytes of a file are on the disk. @param sizeBytes cuts it to this size before */
export async function syncBytes(path: string, sizeBytes?: number): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    if (sizeBytes !== undefined) await handle.truncate(sizeBytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** The parsed file; undefined when there is none. */
export const readJson = async <T>(path: string): Promise<T | undefined> =>
  parsed<T>(path, await readFile(path, 'utf8').catch(undefinedIfMissing));

/** The same at once: for many small files this takes a tenth of the time. Only while nobody else is served. */
export function readJsonSync<T>(path: string): T | undefined {
  try {
    return parsed<T>(path, readFileSync(path, 'utf8'));
  } catch (error) {
    return undefinedIfMissing(error);
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

function parsed<T>(path: string, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new Error(`${path} is damaged (${(error as Error).message})`, { cause: error });
  }
}
