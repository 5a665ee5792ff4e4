/** What every flow works with: made once for a command, handed forward. */
import type { Clock } from '../clock.js';
import type { RetryingVault } from '../glacier/retry/retrying-vault.js';
import type { Destination } from '../session/destination.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import type { SessionStore } from '../session/session-store.js';
import type { WhichVault } from '../session/which-vault.js';
import type { HashPool } from '../treehash/pool.js';
import type { ContentsUnderWay } from './contents-under-way.js';
import type { Emit } from './events.js';
import type { Wire } from './sending/wire.js';

/** What it takes to send parts: a vault, and nothing of this machine's memory. */
export interface SendDeps {
  vault: RetryingVault;
  pool: HashPool;
  clock: Clock;
  /** Cancels everything. */
  signal: AbortSignal;
  emit: Emit;
  concurrency: number;
  /** Bytes a second over all parts; undefined: no limit. */
  limitRate?: number;
  /** Shared by the files of a run that sends several at the same time; without it the parts of each have their own. */
  wire?: Wire;
}

export interface UploadDeps extends SendDeps {
  /** As it was spelled. */
  destination: Destination;
  /** Asks the service once which vault that is. @throws GlacierUpError `vault-gone`, and what every request may */
  whichVault(): Promise<WhichVault>;
  /** The embedded vault's folder; null elsewhere. */
  localFolder: string | null;
  sessions: SessionStore;
  receipts: ReceiptLog;
  /** Of the files of this run that are under way at the same time. */
  contents?: ContentsUnderWay;
  /** The service has answered for other files of this run. */
  isProven?: boolean;
  /** How long to wait for another process that holds the session. */
  waitLockMs: number;
}
