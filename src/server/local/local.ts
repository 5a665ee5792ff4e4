import type { StartThread, Thread } from '../../os/thread.js';
import { VaultServerError } from '../server-error.js';
import type { FolderRole } from './folder-lock.js';
import type { FromWorker, LocalWorkerData, ToWorker } from './run-local-vault.js';

export { folderIdOf } from '../store/open-folder.js';

export interface LocalVault {
  readonly url: string;
  readonly folderId: string;
  close(): Promise<void>;
}

export interface LocalVaultOptions {
  readonly dir: string;
  /** Starts a thread that runs the compiled `local-worker.js`. */
  readonly startThread: StartThread;
  readonly faults?: readonly string[];
  /** As in VaultServerOptions. */
  readonly inventoryEveryMs?: number;
  readonly jobDelayMs?: number;
  /** How long to wait for a folder that a server, or another command, has open; without end when not given. */
  readonly waitMs?: Readonly<Record<FolderRole, number>>;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  readonly onWaiting?: (holder: string) => void;
}

/**
 * Runs an embedded vault in a thread of this process: the end of the process ends the vault, and hashing
 * does not compete with the caller for one event loop. A folder held by another server is waited for.
 */
export async function startLocalVault(options: LocalVaultOptions): Promise<LocalVault> {
  const { dir, startThread, faults = [], inventoryEveryMs, jobDelayMs, waitMs, signal, onWaiting } = options;
  signal?.throwIfAborted();
  const workerData: LocalWorkerData = { dir, faults, inventoryEveryMs, jobDelayMs, waitMs };
  const worker = startThread(workerData);
  const tell = (message: ToWorker): void => worker.postMessage(message);
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const stopWaiting = (): void => tell('close');
  signal?.addEventListener('abort', stopWaiting, { once: true });
  try {
    const { url, folderId } = await listening(worker, onWaiting);
    signal?.throwIfAborted();
    // A caller that ends without closing is not kept waiting; the next server finds the lock of a dead process.
    worker.unref();
    return {
      url,
      folderId,
      async close() {
        worker.ref();
        tell('close');
        await exited;
      },
    };
  } catch (error) {
    tell('close');
    await exited;
    if (signal?.aborted) throw signal.reason;
    throw error;
  } finally {
    signal?.removeEventListener('abort', stopWaiting);
  }
}

function listening(
  worker: Thread,
  onWaiting: ((holder: string) => void) | undefined,
): Promise<{ url: string; folderId: string }> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'listening') resolve(message);
      else if (message.type === 'waiting') onWaiting?.(message.holder);
      else reject(new VaultServerError(message.code, message.message));
    });
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the embedded vault ended before it was ready')));
  });
}
