/** What every flow of the way back works with: made once for a command, handed forward. */
import type { Clock } from '../clock.js';
import type { RetryingVault } from '../glacier/retry/retrying-vault.js';
import type { Destination } from '../session/destination.js';
import type { InventoryShelf } from '../session/inventories.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import type { Emit } from '../transfer/events.js';

export interface JobDeps {
  vault: RetryingVault;
  destination: Destination;
  clock: Clock;
  /** Cancels everything. */
  signal: AbortSignal;
  emit: Emit;
}

export interface InventoryDeps extends JobDeps {
  inventories: InventoryShelf;
  receipts: ReceiptLog;
  /** How long to wait for another process that downloads the same inventory. */
  waitLockMs: number;
}
