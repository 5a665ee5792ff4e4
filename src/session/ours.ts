/** Whose state it is: what somebody else could have put there is not believed. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { errnoOf, GlacierUpError } from '../errors.js';
import { runAs } from './unusable.js';

type Kind = 'folder' | 'file';

/** Refuses what somebody else could have put there. @throws GlacierUpError `state-unusable` */
export function assertOurs(path: string, ownUserId: number | undefined, kind: Kind): void {
  assertUsable(path, lstatSync(path), ownUserId, kind);
}

/**
 * The text of a file of ours; null when there is none.
 * @throws GlacierUpError `state-unusable` when somebody else could have put it there; the failed system call
 */
export function readOurs(path: string, ownUserId: number | undefined): string | null {
  let fd: number;
  try {
    // Without O_NONBLOCK a FIFO in its place would make us wait for ever.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === 'ELOOP') assertOurs(path, ownUserId, 'file');
    throw error;
  }
  try {
    assertUsable(path, fstatSync(fd), ownUserId, 'file');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function assertUsable(path: string, stats: Stats, ownUserId: number | undefined, kind: Kind): void {
  const isAnothers = ownUserId !== undefined && stats.uid !== ownUserId && stats.uid !== 0;
  const fault = stats.isSymbolicLink()
    ? `is a symbolic link to ${realpathOr(path)}`
    : kind === 'folder' && !stats.isDirectory()
      ? 'is not a folder'
      : kind === 'file' && !stats.isFile()
        ? 'is not a file'
        : isAnothers
          ? `belongs to user ${stats.uid}`
          : (stats.mode & 0o022) !== 0
            ? 'can be written by others'
            : null;
  if (fault === null) return;
  throw new GlacierUpError('state-unusable', `${path} ${fault}: refusing to use it for state`, {
    hint: isAnothers
      ? runAs(stats.uid)
      : `make it your own ${kind} with mode ${kind === 'folder' ? '0700' : '0600'}, or give another --state-dir`,
  });
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return 'nothing';
  }
}
