/**
 * Takes a file's identity so that every later change shows in it. Two kinds of change would not:
 *
 * - A program that has the file mapped can store into a page that is dirty already without moving any time, and
 *   writing the page back moves none either. Flushing write-protects the pages, so that the next store does.
 * - A write within the tick of the last one leaves the same times. So the tick is waited out before the file is read.
 *
 * Where neither helps, the identity is marked as unsure.
 */
import { fdatasync, fstat } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Clock } from '../clock.js';
import { errnoOf, GlacierUpError } from '../errors.js';
import { type FileIdentity, identityOf } from './identity.js';

const fdatasyncAsync = promisify(fdatasync);
const fstatAsync = promisify(fstat);

/** How fine times are: those of ext4 with small inodes, HFS+, FAT and some servers end in whole seconds. */
const secondNs = 1_000_000_000n;
const coarseTickMs = 2000;
/** Linux stamps files with the time of the last timer tick, at most 10 ms ago; exFAT counts in steps of 10 ms. */
const fineTickMs = 20;
/** The clock of a file server may be ahead of ours; a time beyond that is no write of just now. */
const mostSkewMs = 60_000;
/** A file that is written to all the time is not waited for. */
const mostWaits = 2;

/**
 * Flushes the file and looks at it, once the tick of its last change has passed.
 * @throws GlacierUpError `archive-unusable` when the disk cannot store what was written to the file
 */
export async function takeIdentity(fd: number, clock: Clock): Promise<FileIdentity> {
  for (let waits = 0; ; waits += 1) {
    await flushFile(fd);
    const identity = await lookAt(fd);
    const waitMs = restOfTickMs(identity, clock.now());
    if (waitMs <= 0) return (await hidesStores(fd, identity)) ? { ...identity, unsure: true } : identity;
    if (waits === mostWaits) return { ...identity, unsure: true };
    await clock.sleep(waitMs);
  }
}

/** The identity as it is now, without a flush: enough to notice a change since one that was taken. */
export async function lookAt(fd: number): Promise<FileIdentity> {
  return identityOf(await fstatAsync(fd, { bigint: true }));
}

/**
 * Stores what was written to the file, through a descriptor that need not be writable. A network file system learns
 * of stores through a map, and moves the file's times, only by this.
 * @throws GlacierUpError `archive-unusable`
 */
export async function flushFile(fd: number): Promise<void> {
  try {
    await fdatasyncAsync(fd);
  } catch (cause) {
    // fsync(2): EINVAL and EROFS where a file system has nothing to flush; some of FUSE know no such call.
    const errno = errnoOf(cause) ?? '';
    if (['EINVAL', 'EROFS', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'].includes(errno)) return;
    throw new GlacierUpError('archive-unusable', `the disk cannot store what was written to it (${errno})`, {
      hint: 'check the disk, and write the file again',
      cause,
    });
  }
}

/** How long a write would still leave the times as they are; negative when it would move them. */
function restOfTickMs({ mtimeNs, ctimeNs }: FileIdentity, nowMs: number): number {
  const isCoarse = BigInt(mtimeNs) % secondNs === 0n && BigInt(ctimeNs) % secondNs === 0n;
  const tickMs = isCoarse ? coarseTickMs : fineTickMs;
  // Every write moves the change time, which no program can set.
  const ageMs = nowMs - Number(BigInt(ctimeNs) / 1_000_000n);
  return ageMs < -mostSkewMs ? -1 : tickMs - Math.max(ageMs, 0);
}

/** makedev(3), as glibc and musl have it. */
function deviceMajor(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
}

/** statfs(2): tmpfs, ramfs and hugetlbfs have nothing to write back, so that flushing protects no page of theirs. */
const memoryFileSystems = new Set([0x01021994, 0x858458f6, 0x958458f6]);

async function hidesStores(fd: number, { device }: FileIdentity): Promise<boolean> {
  // They have no device, which makes its number's major part 0 (stat(2), and "Unnamed devices" in the kernel's devices.txt).
  if (process.platform !== 'linux' || deviceMajor(BigInt(device)) !== 0n) return false;
  try {
    return memoryFileSystems.has((await statfs(`/proc/self/fd/${fd}`)).type);
  } catch {
    // Without /proc nothing tells; the man page says what is not promised then.
    return false;
  }
}
