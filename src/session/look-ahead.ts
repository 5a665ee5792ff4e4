/** A session in memory only: for looking at what would be done with it. */
import type { Clock } from '../clock.js';
import { OpenSession } from './open-session.js';
import type { SessionStore } from './session-store.js';

/** Nobody holds it, and nothing of it is saved. */
export function openForLook(id: string, sessions: SessionStore, clock: Clock): OpenSession {
  const store: SessionStore = {
    ...sessions,
    load: sessions.peek,
    save: () => {},
    put: () => {},
    commit: async () => {},
    remove: () => {},
    drop: () => {},
  };
  return new OpenSession(id, { store, lock: { assertHeld: () => {}, release: () => {} }, clock });
}
