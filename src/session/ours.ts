/** Whose state it is: what somebody else could have put there is not believed. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, GlacierUpError } from '../errors.js';
import { openNewFile } from '../os/durable.js';
import { isUnsupported } from '../os/errno.js';
import { runAs } from './unusable.js';

type Kind = 'folder' | 'file';

/** Without O_NONBLOCK a FIFO in its place would make us wait for ever. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const writableByOthers = 0o022;

/**
 * Refuses what somebody else could have put there. What is ours and others may write to is closed to them: a umask of
 * 002, `chmod -R g+w` and the fsGroup of Kubernetes, which does it at every mount, open it.
 * @throws GlacierUpError `state-unusable`; the failed system call
 */
export function assertOurs(path: string, ownUserId: number | undefined, kind: Kind): void {
  const stats = lstatSync(path);
  if (faultOf(path, stats, ownUserId, kind) === null && !isOpenToOthers(stats)) return;
  const fd = openIt(path, ownUserId, kind);
  try {
    assertUsable(path, fd, ownUserId, kind);
  } finally {
    closeSync(fd);
  }
}

/**
 * The text of a file of ours; null when there is none. Others lose the right to write to it.
 * @throws GlacierUpError `state-unusable` when somebody else could have put it there; the failed system call
 */
export function readOurs(path: string, ownUserId: number | undefined): string | null {
  let fd: number;
  try {
    fd = openIt(path, ownUserId, 'file');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    assertUsable(path, fd, ownUserId, 'file');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Opens it without following a link. @throws GlacierUpError when it is one, or cannot be opened as what it is not */
function openIt(path: string, ownUserId: number | undefined, kind: Kind): number {
  try {
    return openSync(path, openFlags);
  } catch (error) {
    const fault = errnoOf(error) === 'ENOENT' ? null : faultOf(path, lstatSync(path), ownUserId, kind);
    throw fault ?? error;
  }
}

/** By the descriptor, so that nothing can be put in its place between the look and the repair. */
function assertUsable(path: string, fd: number, ownUserId: number | undefined, kind: Kind): void {
  const stats = fstatSync(fd);
  const fault = faultOf(path, stats, ownUserId, kind);
  if (fault) throw fault;
  if (isOpenToOthers(stats)) closeToOthers(fd, stats);
}

function isOpenToOthers({ mode }: Stats): boolean {
  return (mode & writableByOthers) !== 0;
}

function closeToOthers(fd: number, { mode }: Stats): void {
  try {
    fchmodSync(fd, mode & 0o7777 & ~writableByOthers);
  } catch (error) {
    // A file system without permissions (FAT, exFAT, SMB) says the same of every file, by how it is mounted.
    if (!isUnsupported(error)) throw error;
  }
}

/** What speaks against it and cannot be repaired; null when nothing does. */
function faultOf(
  path: string,
  stats: Stats,
  ownUserId: number | undefined,
  kind: Kind,
): GlacierUpError | null {
  const refused = (fault: string, hint: string): GlacierUpError =>
    new GlacierUpError('state-unusable', `${path} ${fault}: refusing to use it for state`, { hint });
  const another = 'or give another --state-dir';
  if (stats.isSymbolicLink()) {
    return refused(`is a symbolic link to ${realpathOr(path)}`, `put a ${kind} in its place, ${another}`);
  }
  if (kind === 'folder' ? !stats.isDirectory() : !stats.isFile()) {
    return refused(`is not a ${kind}`, `move it away, ${another}`);
  }
  if (ownUserId === undefined || stats.uid === ownUserId) return null;
  // Whoever runs as root by accident must not be told to take the files of a service away from it.
  if (stats.uid !== 0) return refused(`belongs to user ${stats.uid}`, runAs(stats.uid));
  if (!isOpenToOthers(stats) || hasNoOwners(kind === 'folder' ? path : dirname(path), ownUserId)) return null;
  return refused(
    'belongs to root and can be written by others',
    kind === 'folder' ? `give a folder of your own below it: --state-dir ${path}/glacier-up` : runAs(0),
  );
}

/**
 * Whether the file system knows no owners (FAT, exFAT, SMB): then not even what we make ourselves is ours, and who may
 * write is for whoever mounted it to say.
 */
function hasNoOwners(folder: string, ownUserId: number): boolean {
  const probe = join(folder, `.glacier-up-owner-${process.pid}.tmp`);
  try {
    const fd = openNewFile(probe);
    try {
      return fstatSync(fd).uid !== ownUserId;
    } finally {
      closeSync(fd);
      rmSync(probe, { force: true });
    }
  } catch {
    return false;
  }
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return 'nothing';
  }
}
