/** A flow that holds a session: locked before it is read, saved, and unlocked in any case. */
import { acquireLock } from '../../session/lock.js';
import { OpenSession } from '../../session/open-session.js';
import type { UploadDeps } from '../upload-deps.js';

/**
 * @param what what the session is of, for messages about its lock
 * @throws GlacierUpError `locked` when another process holds it; `state-unusable`
 */
export async function withSession<T>(
  { sessions, clock, signal, emit, waitLockMs }: UploadDeps,
  id: string,
  what: string,
  action: (open: OpenSession) => Promise<T>,
): Promise<T> {
  sessions.prepare(clock.now());
  const lock = await acquireLock(sessions.lockPath(id), {
    clock,
    signal,
    what: `the upload of ${what}`,
    waitMs: waitLockMs,
    onWaiting: (holder) =>
      emit({ kind: 'note', message: `waiting for ${holder}, which holds the upload of ${what}` }),
  });
  try {
    const open = new OpenSession(id, { store: sessions, lock, clock });
    try {
      const result = await action(open);
      open.flush();
      return result;
    } catch (error) {
      flushQuietly(open);
      throw error;
    }
  } finally {
    lock.release();
  }
}

/** What made the flow fail is the news; hashes that could not be saved are only computed again. */
function flushQuietly(open: OpenSession): void {
  try {
    open.flush();
  } catch {}
}
