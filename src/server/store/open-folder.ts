import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushFolderAsync, makeFolder } from '../../os/durable.js';
import { isMissing } from '../../os/errno.js';
import { newToken } from '../ids.js';
import { VaultServerError } from '../server-error.js';
import { readJson, UNFINISHED_SUFFIX, writeJson } from './durable.js';

/** Raised whenever an older server could not read the folder any more. */
const FORMAT = 3;

/**
 * Format 2 had no `archives.log` but a file for each archive, which goes into the log at the first start. Format 1 had
 * neither seeds nor `jobs.log`; the records of its jobs are still read where they stand.
 */
const OLDEST_FORMAT = 1;

/** The account that owns every vault here; AWS's documents use this number for examples. */
const ACCOUNT_ID = '111122223333';

export interface FolderIdentity {
  readonly format: number;
  readonly folderId: string;
  readonly accountId: string;
}

const identityFile = (dir: string): string => join(dir, 'vault-folder.json');

/** What may stand in a folder whose first start was cut short, before it had an identity. */
const isOurs = (name: string): boolean =>
  name === 'lock' || name === 'vaults' || name.endsWith(UNFINISHED_SUFFIX);

/** Makes sure, before anything is written, that the folder is ours to use. */
export async function inspectFolder(dir: string): Promise<void> {
  try {
    const identity = await readIdentity(dir);
    if (identity) return;
    const others = (await readdir(dir)).filter((name) => !isOurs(name));
    if (others.length > 0) {
      throw new VaultServerError(
        'folder-unusable',
        `${dir} is not empty and not a vault folder (it holds ${others[0]}); name an empty or new folder`,
      );
    }
  } catch (error) {
    if (error instanceof VaultServerError || !isMissing(error)) throw asUnusable(dir, error);
  }
}

/** The ID of the folder; null when no server ever opened it, or it does not exist. */
export async function folderIdOf(dir: string): Promise<string | null> {
  try {
    return (await readIdentity(dir))?.folderId ?? null;
  } catch (error) {
    throw asUnusable(dir, error);
  }
}

/** The folder's identity, made at the first start. To be called by the one server that holds the folder. */
export async function openFolder(dir: string): Promise<FolderIdentity> {
  await inspectFolder(dir);
  makeFolder(join(dir, 'vaults'));
  const known = await readIdentity(dir);
  if (known?.format === FORMAT) return known;
  const identity = known
    ? { ...known, format: FORMAT }
    : { format: FORMAT, folderId: newToken(), accountId: ACCOUNT_ID };
  await writeJson(identityFile(dir), identity);
  await flushFolderAsync(dir);
  await flushFolderAsync(dirname(dir));
  return identity;
}

async function readIdentity(dir: string): Promise<FolderIdentity | undefined> {
  const identity = await readJson<Partial<FolderIdentity>>(identityFile(dir));
  if (!identity) return undefined;
  const { format, folderId, accountId } = identity;
  if (typeof format === 'number' && format > FORMAT) {
    throw new VaultServerError(
      'folder-newer',
      `${dir} was made by a newer version (format ${format}; this version knows ${FORMAT}); use the newer version`,
    );
  }
  if (
    typeof format !== 'number' ||
    format < OLDEST_FORMAT ||
    typeof folderId !== 'string' ||
    typeof accountId !== 'string'
  ) {
    throw new VaultServerError(
      'folder-unusable',
      `${identityFile(dir)} is damaged; restore it from a backup`,
    );
  }
  return { format, folderId, accountId };
}

/** Any failure while the folder is opened, as an error with its name. */
export function asUnusable(dir: string, error: unknown): VaultServerError {
  if (error instanceof VaultServerError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new VaultServerError('folder-unusable', `cannot use ${dir} as a vault folder: ${reason}`, {
    cause: error,
  });
}
