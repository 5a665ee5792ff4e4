/** The bytes of one archive brought beside its place, and proved by its tree hash. */
import { closeSync, constants, fstatSync, openSync, rmSync } from 'node:fs';
import { GlacierUpError, hasCode } from '../../errors.js';
import { writeWhole } from '../../os/durable.js';
import { isMissing } from '../../os/errno.js';
import { type DownloadDeps, download } from '../../retrieval/download.js';
import { checked } from '../../retrieval/unwritable.js';
import { hashFile } from '../../treehash/hash-file.js';
import { rawTreeHashOf } from '../../treehash/tree-hash.js';
import type { RestoreItem } from './restore-item.js';

/** What is no larger is held in memory until it is proved, and costs one request and one file. */
export const largestInMemoryBytes = 4 * 1024 * 1024;

/** Bytes that do not have their hash are fetched again this often before it counts as proof. */
const mostMismatches = 3;

/**
 * Fetches it into `wayPath`, which is not there yet; what an earlier run has fetched of a large one is kept.
 * @returns a descriptor of the file, which is not flushed yet; null when it is closed and flushed
 * @throws GlacierUpError `hash-mismatch`, `job-gone`, `output-unwritable`; temporary failures when they last
 */
export async function fetchArchive(
  deps: DownloadDeps,
  { archiveId, sizeBytes, treeHash }: RestoreItem,
  { jobId, wayPath }: { jobId: string; wayPath: string },
): Promise<number | null> {
  if (sizeBytes > largestInMemoryBytes) {
    const range = { start: 0, end: sizeBytes };
    await download(deps, { jobId, archiveId, range, treeHash, out: wayPath, force: false });
    return null;
  }
  const bytes = await provedBytes(deps, { jobId, sizeBytes, treeHash });
  return writeNew(wayPath, bytes);
}

async function provedBytes(
  { vault, signal, emit, limit }: DownloadDeps,
  { jobId, sizeBytes, treeHash }: { jobId: string; sizeBytes: number; treeHash: string },
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (let mismatches = 1; ; mismatches += 1) {
    let takenBytes = 0;
    const openSink = () => {
      if (takenBytes > 0) emit({ kind: 'bytes', sizeBytes: -takenBytes });
      takenBytes = 0;
      return (piece: Uint8Array): Promise<void> | void => {
        bytes.set(piece, takenBytes);
        takenBytes += piece.length;
        emit({ kind: 'bytes', sizeBytes: piece.length });
        return limit?.take(piece.length, signal);
      };
    };
    await vault.readJobOutput({ jobId, range: { start: 0, end: sizeBytes }, openSink }, signal);
    // What an archive of one leaf has is its plain SHA-256.
    const hash = rawTreeHashOf(bytes).toString('hex');
    if (hash === treeHash) return bytes;
    emit({ kind: 'bytes', sizeBytes: -takenBytes });
    if (mismatches >= mostMismatches) {
      throw new GlacierUpError(
        'hash-mismatch',
        `what came has tree hash ${hash}, the inventory says ${treeHash}`,
      );
    }
  }
}

/** Small files are written faster here than by another thread. @returns its descriptor */
function writeNew(path: string, bytes: Buffer): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return checked(path, () => {
    const fd = openSync(path, flags, 0o666);
    try {
      writeWhole(fd, bytes);
      return fd;
    } catch (error) {
      closeSync(fd);
      rmSync(path, { force: true });
      throw error;
    }
  });
}

/** `other`: something is there that is not the archive. */
export type Presence = 'absent' | 'same' | 'other';

/** Whether a file is the archive, by its bytes. A link is never followed. @throws GlacierUpError when it cannot be read */
export async function presenceOf(
  { pool, signal }: Pick<DownloadDeps, 'pool' | 'signal'>,
  path: string,
  { sizeBytes, treeHash }: Pick<RestoreItem, 'sizeBytes' | 'treeHash'>,
): Promise<Presence> {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return 'absent';
    return 'other';
  }
  try {
    const stats = checked(path, () => fstatSync(fd));
    if (!stats.isFile() || stats.size !== sizeBytes) return 'other';
    const { rawTreeHash: found } = await hashFile(pool, { fd, sizeBytes }, signal);
    return found.toString('hex') === treeHash ? 'same' : 'other';
  } catch (error) {
    if (hasCode(error, 'archive-changed')) return 'other';
    throw error;
  } finally {
    closeSync(fd);
  }
}
