/** The local file: opened once, checked, read by ranges from that one descriptor, watched for changes. */
import { type BigIntStats, close, constants, fstat, open } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Clock } from '../clock.js';
import { errnoOf, GlacierUpError } from '../errors.js';
import { systemPath } from '../os/path-bytes.js';
import { describeChange, type FileIdentity, onlyTouched } from './identity.js';
import { realPath } from './real-path.js';
import { flushFile, lookAt, takeIdentity } from './take-identity.js';
import { kindOf, unusable } from './unusable.js';

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);

export interface ArchiveFile {
  /** As the user named it. */
  readonly name: string;
  /** Symbolic links resolved: this is what the session is kept under. */
  readonly path: string;
  readonly fd: number;
  /** As it was taken last. */
  readonly identity: FileIdentity;
  /**
   * True when bytes read before may have changed without a trace: only reading them again proves them. Set by a file
   * system that hides changes, and by a change time that moved alone.
   */
  readonly isDoubtful: boolean;
  /**
   * @param options.flushed flush first, so that a store that a network file system has not sent yet shows too
   * @throws GlacierUpError `archive-changed` when the open file is no longer what it was when opened
   */
  assertUnchanged(options?: { flushed: boolean }): Promise<void>;
  /** Takes the identity again: what is read from now on is beyond doubt, but where the file system hides changes. */
  lookAgain(): Promise<void>;
  close(): Promise<void>;
}

/** For the hint of each change that `--on-change start-over` would have met. */
export const unattendedHint = 'for unattended use, --on-change start-over does that by itself';

/** A flush costs a large file on a slow disk more than a look at its times. */
const flushEveryMs = 1000;

/**
 * Opens a file for archiving. The descriptor is opened first and examined afterwards, so that nothing can be put
 * in its place between; without O_NONBLOCK the open of a FIFO would hang.
 *
 * @throws GlacierUpError `archive-unusable` when it is missing, unreadable, or not a regular file
 */
export async function openArchive(name: string, clock: Clock): Promise<ArchiveFile> {
  const fd = await openFile(name);
  try {
    const path = await realPath(name).catch((cause: unknown) => {
      throw unusable(name, cause);
    });
    await regularFile(fd);
    return watchedFile({ name, path, fd }, await takeIdentity(fd, clock), clock);
  } catch (error) {
    await closeAsync(fd);
    throw error;
  }
}

/**
 * The size of a file that could be archived, in bytes. Does not open it: what is archived is opened once.
 * @throws GlacierUpError `archive-unusable` as `openArchive` does
 */
export async function archiveSize(name: string): Promise<number> {
  const path = systemPath(name);
  const stats = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw unusable(name, cause);
  });
  assertRegular(stats);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw unusable(name, cause);
  });
  return Number(stats.size);
}

async function openFile(name: string): Promise<number> {
  try {
    return await openAsync(systemPath(name), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw unusable(name, cause);
  }
}

async function regularFile(fd: number): Promise<BigIntStats> {
  const stats = await fstatAsync(fd, { bigint: true });
  assertRegular(stats);
  return stats;
}

function assertRegular(stats: BigIntStats): void {
  if (!stats.isFile()) throw new GlacierUpError('archive-unusable', `not a regular file: ${kindOf(stats)}`);
}

function watchedFile(
  { name, path, fd }: Pick<ArchiveFile, 'name' | 'path' | 'fd'>,
  opened: FileIdentity,
  clock: Clock,
): ArchiveFile {
  let identity = opened;
  let isTouched = false;
  let flushedMs = clock.monotonicMs();

  const accept = async (now: FileIdentity): Promise<void> => {
    const change = describeChange(identity, now);
    if (change === null) return;
    if (!onlyTouched(identity, now)) throw changedWhileRead(change);
    // A rename or a removal moves only the change time of what is open, and its name leads elsewhere since then.
    await assertStillNamed(path, now);
    isTouched = true;
    identity = identity.unsure ? { ...now, unsure: true } : now;
  };
  return {
    name,
    path,
    fd,
    get identity() {
      return identity;
    },
    get isDoubtful() {
      return isTouched || identity.unsure === true;
    },
    assertUnchanged: async ({ flushed } = { flushed: false }) => {
      if (flushed || clock.monotonicMs() - flushedMs >= flushEveryMs) {
        flushedMs = clock.monotonicMs();
        await flushFile(fd);
      }
      await accept(await lookAt(fd));
    },
    lookAgain: async () => {
      const now = await takeIdentity(fd, clock);
      await accept(now);
      identity = now;
      isTouched = false;
    },
    close: () => closeAsync(fd),
  };
}

/** Whoever reads that the file is archived means what its name leads to. */
async function assertStillNamed(path: string, { device, inode }: FileIdentity): Promise<void> {
  const named = await stat(systemPath(path), { bigint: true }).catch((cause: unknown) => {
    throw changedWhileRead(`it cannot be found any more: ${errnoOf(cause) ?? cause}`);
  });
  if (String(named.dev) === device && String(named.ino) === inode) return;
  throw changedWhileRead('replaced by another file: its status changed');
}

function changedWhileRead(change: string): GlacierUpError {
  return new GlacierUpError('archive-changed', `the file changed while it was being read (${change})`, {
    hint: `upload it again when nothing writes to it; parts that are still the same are kept; ${unattendedHint}`,
  });
}
