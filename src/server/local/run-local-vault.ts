import type { MessagePort } from 'node:worker_threads';
import { startVaultServer, VaultServerError, type VaultServerErrorCode } from '../index.js';
import type { FolderRole } from './folder-lock.js';

/** What `startLocalVault` and the thread in which it runs a server say to each other. */
export interface LocalWorkerData {
  readonly dir: string;
  readonly faults: readonly string[];
  readonly inventoryEveryMs: number | undefined;
  readonly jobDelayMs: number | undefined;
  readonly waitMs: Readonly<Record<FolderRole, number>> | undefined;
}

export type ToWorker = 'close';

export type FromWorker =
  | { readonly type: 'waiting'; readonly holder: string }
  | { readonly type: 'listening'; readonly url: string; readonly folderId: string }
  | { readonly type: 'failed'; readonly code: VaultServerErrorCode; readonly message: string };

/**
 * Runs a server until the other end of the port says `close`, and closes the port then.
 * @throws what is no VaultServerError
 */
export async function runLocalVault(
  port: MessagePort,
  { waitMs, ...settings }: LocalWorkerData,
): Promise<void> {
  const tell = (message: FromWorker): void => port.postMessage(message);
  const closing = new AbortController();
  port.on('message', () => closing.abort());
  try {
    const { url, folderId, close } = await startVaultServer({
      ...settings,
      role: 'command',
      waitForFolder: {
        signal: closing.signal,
        onWaiting: (holder) => tell({ type: 'waiting', holder }),
        ...(waitMs === undefined ? {} : { waitMs: (holder) => waitMs[holder] }),
      },
    });
    const end = (): void => void close().finally(() => port.close());
    if (closing.signal.aborted) end();
    else closing.signal.addEventListener('abort', end);
    tell({ type: 'listening', url, folderId });
  } catch (error) {
    if (error instanceof VaultServerError) tell({ type: 'failed', code: error.code, message: error.message });
    port.close();
    if (!(error instanceof VaultServerError) && !closing.signal.aborted) throw error;
  }
}
