/** The session of a file in a vault, also where an earlier run spelled the vault in another way. */
import { sessionId, sessionSubject, type UploadSession } from './session.js';
import type { SessionStore } from './session-store.js';
import { isSameVault, type VaultReference } from './which-vault.js';

/** Sessions whose ID is not made from the account's number: of an earlier version, or begun while it was not known. */
const otherwiseNamed = new WeakMap<SessionStore, UploadSession[]>();

/**
 * The ID that the session of a subject is kept under, or is to be kept under when there is none.
 * @param subject see `sessionSubject`
 * @throws GlacierUpError `state-unusable`
 */
export function findSessionId(sessions: SessionStore, vault: VaultReference, subject: string): string {
  const id = sessionId(vault, subject);
  const others = otherwiseNamed.get(sessions) ?? listOtherwiseNamed(sessions);
  otherwiseNamed.set(sessions, others);
  if (others.length === 0 || sessions.peek(id) !== null) return id;
  // Those that were settled since they were listed are gone.
  const session = others.find(
    (one) => sessionSubject(one) === subject && isSameVault(one, vault) && sessions.peek(one.id) !== null,
  );
  return session?.id ?? id;
}

function listOtherwiseNamed(sessions: SessionStore): UploadSession[] {
  return sessions
    .list()
    .sessions.filter(
      (session) => !session.accountId || session.id !== sessionId(session, sessionSubject(session)),
    );
}
