/** Who holds a lock, as the lock itself says it. */
import { randomBytes } from 'node:crypto';
import { type ProcessIdentity, thisProcess } from './process-identity.js';

export interface LockHolder extends ProcessIdentity {
  /** In no other record. */
  readonly token: string;
  /** UTC, ISO 8601. */
  readonly since: string;
  /** What the holder is, where it matters to those who find it. */
  readonly role?: string;
}

/** A record of this process, with a token of its own. */
export function newHolder(role: string | undefined, nowMs: number): LockHolder {
  return {
    ...thisProcess(),
    token: randomBytes(12).toString('hex'),
    since: new Date(nowMs).toISOString(),
    ...(role === undefined ? {} : { role }),
  };
}

/** As it stands in a lock, or in the file that locks are links to. */
export function holderText(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}
