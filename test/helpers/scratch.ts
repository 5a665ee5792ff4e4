import { accessSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const inMemory = '/dev/shm';
const leastFreeBytes = 4 * 1024 ** 3;

/**
 * Where a test keeps vaults and homes whose disk it is not about: in memory, where there is plenty. On a disk, flushing and
 * removing files takes longer than all else that such a test does.
 */
export const scratchFolder = hasRoom() ? inMemory : tmpdir();

function hasRoom(): boolean {
  try {
    accessSync(inMemory, 7);
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize >= leastFreeBytes;
  } catch {
    return false;
  }
}
