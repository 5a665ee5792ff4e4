/** What every flow works with: made once for a command, handed forward. */
import type { Clock } from '../clock.js';
import type { PatientVault } from '../glacier/retrying-vault.js';
import type { ReceiptBook } from '../session/receipts.js';
import type { Destination } from '../session/session.js';
import type { SessionStore } from '../session/session-store.js';
import type { HashPool } from '../treehash/pool.js';
import type { Emit } from './events.js';

/** What it takes to send parts: a vault, and nothing of this machine's memory. */
export interface SendingSurroundings {
  vault: PatientVault;
  pool: HashPool;
  clock: Clock;
  /** Cancels everything. */
  signal: AbortSignal;
  emit: Emit;
  concurrency: number;
  /** Bytes a second over all parts; undefined: no limit. */
  limitRate?: number;
}

export interface Surroundings extends SendingSurroundings {
  destination: Destination;
  /** The embedded vault's folder; null elsewhere. */
  localFolder: string | null;
  sessions: SessionStore;
  receipts: ReceiptBook;
  /** How long to wait for another process that holds the session. */
  waitLockMs: number;
}
