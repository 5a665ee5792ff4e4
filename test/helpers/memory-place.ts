/** Everything a flow works with, on a vault in memory: state in a folder of the test, a clock that does not wait. */
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { realClock } from '../../src/clock.js';
import { retrying } from '../../src/glacier/retry/retrying-vault.js';
import { openInventoryShelf } from '../../src/session/inventories.js';
import { openReceiptLog } from '../../src/session/receipts/receipt-log.js';
import { openSessionStore } from '../../src/session/session-store.js';
import type { TransferEvent } from '../../src/transfer/events.js';
import type { UploadDeps } from '../../src/transfer/upload-deps.js';
import { HashPool } from '../../src/treehash/pool.js';
import { fakeClock } from './fake-clock.js';
import { memoryVault } from './memory-vault.js';
import { tempFolder } from './temp-folder.js';
import { workers } from './workers.js';

const destination = {
  profile: null,
  accountOption: '-',
  region: 'us-east-1',
  endpoint: null,
  vault: 'memory',
};

let shared: HashPool | undefined;

/** The threads of a test file, ended after its last test. */
export function sharedPool(): HashPool {
  if (!shared) {
    const pool = new HashPool(workers.hash, { size: () => 1, clock: realClock });
    afterAll(() => pool.close());
    shared = pool;
  }
  return shared;
}

/** What a process starts with; `next` gives what the next process finds: the same vault and state, read again. */
export async function memoryPlace() {
  const clock = fakeClock(Date.now());
  const vault = memoryVault(clock.now);
  const folder = tempFolder();
  const pool = sharedPool();

  async function next() {
    const events: TransferEvent[] = [];
    const sessions = await openSessionStore(join(folder, 'sessions'), process.getuid?.());
    const deps: UploadDeps = {
      vault: retrying(vault, { clock, budgetMs: 60_000 }),
      pool,
      clock,
      signal: new AbortController().signal,
      emit: (event) => void events.push(event),
      concurrency: 2,
      destination,
      whichVault: async () => ({ destination, accountId: '123456789012', createdAt: null }),
      localFolder: null,
      sessions,
      receipts: openReceiptLog(join(folder, 'receipts'), process.getuid?.(), clock),
      waitLockMs: 0,
    };
    const inventories = openInventoryShelf(join(folder, 'inventories'), process.getuid?.(), clock);
    return { deps, events, inventories };
  }

  return { vault, clock, folder, next };
}
