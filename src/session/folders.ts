/** The folders for state and receipts: made by us, ours alone, on every path the same rules. */
import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { errnoOf, GlacierUpError, toldBy } from '../errors.js';
import { makeFolder } from './durable.js';

export interface StateFolders {
  sessions: string;
  receipts: string;
  inventories: string;
  /** Where parts of archives from a pipe are kept until they are stored, unless another folder is named. */
  spool: string;
}

/**
 * Where state is kept (XDG base directories 0.8: a relative value is invalid and ignored).
 * @param stateDir `--state-dir`: holds everything
 * @throws GlacierUpError `state-unusable` when there is no home folder to put it in
 */
export function stateFolders(env: Record<string, string | undefined>, stateDir?: string): StateFolders {
  if (stateDir !== undefined) {
    return {
      sessions: join(stateDir, 'sessions'),
      receipts: stateDir,
      inventories: join(stateDir, 'inventories'),
      spool: join(stateDir, 'spool'),
    };
  }
  const data = join(xdgFolder(env, 'XDG_DATA_HOME', '.local/share'), 'glacier-up');
  const state = join(xdgFolder(env, 'XDG_STATE_HOME', '.local/state'), 'glacier-up');
  return {
    sessions: join(state, 'sessions'),
    receipts: data,
    inventories: join(data, 'inventories'),
    spool: join(state, 'spool'),
  };
}

function xdgFolder(env: Record<string, string | undefined>, name: string, underHome: string): string {
  const value = env[name];
  if (value && isAbsolute(value)) return value;
  if (env.HOME && isAbsolute(env.HOME)) return join(env.HOME, underHome);
  throw new GlacierUpError(
    'state-unusable',
    `there is no folder for state: neither ${name} nor HOME is set`,
    {
      hint: 'set HOME, or give --state-dir DIR',
    },
  );
}

/**
 * Makes the folder if it is missing, 0700 whatever the umask, and checks that nobody else can write to it.
 * @throws GlacierUpError `state-unusable` when it cannot be made, is a symbolic link, belongs to somebody else, or is
 * writable by others
 */
export function ensureFolder(path: string, ownUserId: number | undefined): void {
  try {
    makeFolder(path);
    assertOurs(path, ownUserId, 'folder');
  } catch (error) {
    if (error instanceof GlacierUpError) throw error;
    throw stateUnusable(path, error);
  }
}

/** Refuses what somebody else could have put there. @throws GlacierUpError `state-unusable` */
export function assertOurs(path: string, ownUserId: number | undefined, kind: 'folder' | 'file'): void {
  const stats = lstatSync(path);
  const fault = stats.isSymbolicLink()
    ? `is a symbolic link to ${realpathOr(path)}`
    : kind === 'folder' && !stats.isDirectory()
      ? 'is not a folder'
      : kind === 'file' && !stats.isFile()
        ? 'is not a file'
        : ownUserId !== undefined && stats.uid !== ownUserId && stats.uid !== 0
          ? `belongs to user ${stats.uid}`
          : (stats.mode & 0o022) !== 0
            ? 'can be written by others'
            : null;
  if (fault === null) return;
  throw new GlacierUpError('state-unusable', `${path} ${fault}: it is not used for state`, {
    hint: `make it your own ${kind} with mode ${kind === 'folder' ? '0700' : '0600'}, or give another --state-dir`,
  });
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return 'nothing';
  }
}

/** A failed system call on state, in words. */
export function stateUnusable(path: string, cause: unknown): GlacierUpError {
  const errno = errnoOf(cause);
  const reasons: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'the file system is read-only',
    EACCES: 'permission denied',
    EPERM: 'not permitted',
    EIO: 'the disk reports an error',
  };
  const reason =
    (errno && reasons[errno]) ?? errno ?? (cause instanceof Error ? cause.message : String(cause));
  return new GlacierUpError('state-unusable', `${path}: ${reason}`, {
    hint:
      errno === 'ENOSPC' || errno === 'EDQUOT'
        ? 'make room, then run the same command again'
        : 'check the folder, or give another one with --state-dir',
    cause,
  });
}

/** Runs a step on state; a failed system call in it becomes an error that names the file. @throws GlacierUpError */
export function checked<T>(file: string, action: () => T): T {
  return toldBy((cause) => stateUnusable(file, cause), action);
}
