/** A spool of one's own, and an end to what killed processes left in its folder. */
import { Spool, sweepSpool } from '../../archive/spool.js';
import { hasCode } from '../../errors.js';
import { acquireLock } from '../../session/lock.js';
import type { UploadDeps } from '../upload-deps.js';

/**
 * @param owner the ID of our session, whose lock is held
 * @throws GlacierUpError `state-unusable` when parts of this size cannot be kept there
 */
export async function openSpool(
  { clock, signal, sessions, emit }: UploadDeps,
  owner: string,
  {
    spoolFolder,
    patienceMs,
    partSizeBytes,
  }: { spoolFolder: string; patienceMs: number; partSizeBytes: number },
): Promise<Spool> {
  const spool = new Spool({
    folder: spoolFolder,
    owner,
    clock,
    patienceMs,
    onFull: (message) => emit({ kind: 'note', message }),
  });
  await spool.assertUsable(partSizeBytes);
  // Our own session's lock is held: what bears its name was left behind. Another's is tried.
  await sweepSpool(spoolFolder, async (id) => {
    if (id === owner) return true;
    try {
      const lock = await acquireLock(sessions.lockPath(id), { clock, signal, what: `the spool of ${id}` });
      lock.release();
      return true;
    } catch (error) {
      if (hasCode(error, 'locked')) return false;
      throw error;
    }
  });
  return spool;
}
