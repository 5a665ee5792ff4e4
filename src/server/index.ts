import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { Faults } from './faults/faults.js';
import { createVaultHttpServer } from './http.js';
import { DAY_MS, JOB_LIFE_MS } from './limits.js';
import { type FolderRole, lockFolder, type WaitForFolder } from './local/folder-lock.js';
import { Rates } from './rates.js';
import { checkDescriptions, parseSeed, seedRecord } from './seed-language.js';
import { VaultServerError } from './server-error.js';
import { asUnusable, inspectFolder, openFolder } from './store/open-folder.js';
import { machineWasRestarted, noteThisRun } from './store/power-cut.js';
import { VaultFolder } from './store/vault-folder.js';

export { VaultServerError, type VaultServerErrorCode } from './server-error.js';

export interface VaultServerOptions {
  /** The folder that keeps everything; made (0700) if missing. */
  readonly dir: string;
  /** Always on 127.0.0.1; 0, the default, takes a free port. */
  readonly port?: number | undefined;
  /** If given, signatures are verified; otherwise any well-formed one is taken. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Fault rules; see docs/embedded-vault.md. */
  readonly faults?: readonly string[] | undefined;
  /** The wall clock, in milliseconds; rates count by it, too. */
  readonly now?: () => number;
  /** What has the folder open, for others that want it; `serve` when not given. */
  readonly role?: FolderRole;
  /** If given, a folder held by another server is waited for; otherwise it is refused. */
  readonly waitForFolder?: WaitForFolder;
  /** How long a client may fall silent in the middle of a body before it gets the service's 408. */
  readonly idleTimeoutMs?: number;
  /** How often a changed vault is taken stock of: a day, as at the service; 0 is at once. */
  readonly inventoryEveryMs?: number | undefined;
  /** Vaults to fill with archives that are computed, not stored; see docs/embedded-vault.md. */
  readonly seeds?: readonly string[] | undefined;
  /** Of seeded archives, in turn; an empty one means no description. */
  readonly seedDescriptions?: readonly string[] | undefined;
  /** Requests a second that an operation takes, as `delete-archive=100`; see docs/embedded-vault.md. */
  readonly rates?: readonly string[] | undefined;
  /** How long a job and its output are there after its end: a day, as at the service. */
  readonly jobLifeMs?: number | undefined;
  /** How long a job takes that retrieves an archive or an inventory; 0, the default, ends it at once. */
  readonly jobDelayMs?: number | undefined;
}

export interface VaultServer {
  readonly url: string;
  readonly folderId: string;
  /** Ends the requests under way, then lets go of the folder. */
  close(): Promise<void>;
}

const CLOSING_GRACE_MS = 500;
const SWEEP_EVERY_MS = 60 * 60 * 1000;

/** Starts an embedded vault on a folder. Rejects with VaultServerError, and then has changed nothing. */
export async function startVaultServer(options: VaultServerOptions): Promise<VaultServer> {
  const dir = resolve(options.dir);
  const nowMs = options.now ?? Date.now;
  const faults = new Faults(options.faults ?? []);
  const rates = new Rates(options.rates ?? [], options.now);
  const seeds = (options.seeds ?? []).map(parseSeed);
  const descriptions = options.seedDescriptions ?? [];
  checkDescriptions(descriptions);
  await inspectFolder(dir);
  const lock = await lockFolder(dir, options.role ?? 'serve', options.waitForFolder).catch(
    (error: unknown) => {
      if (options.waitForFolder?.signal?.aborted) throw error;
      throw asUnusable(dir, error);
    },
  );
  try {
    const { folderId, accountId, vaults } = await openVaults(dir, nowMs, options).catch((error: unknown) => {
      throw asUnusable(dir, error);
    });
    for (const seed of seeds) {
      await vaults.seed(seed.vault, seedRecord(seed, descriptions, nowMs()), nowMs());
    }
    const { server, active } = createVaultHttpServer({
      vaults,
      accountId,
      nowMs,
      jobDelayMs: options.jobDelayMs ?? 0,
      idleTimeoutMs: options.idleTimeoutMs ?? 120_000,
      credentials: options.credentials,
      faults,
      rates,
    });
    const port = await listen(server, options.port ?? 0);
    const sweeping = setInterval(() => void vaults.sweep(nowMs()).catch(() => undefined), SWEEP_EVERY_MS);
    sweeping.unref();

    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      clearInterval(sweeping);
      await closeServer(server, active);
      lock.release();
    };
    return { url: `http://127.0.0.1:${port}`, folderId, close: () => (closing ??= close()) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openVaults(
  dir: string,
  nowMs: () => number,
  { inventoryEveryMs = DAY_MS, jobLifeMs = JOB_LIFE_MS }: VaultServerOptions,
) {
  const { folderId, accountId } = await openFolder(dir);
  const trustBytes = !(await machineWasRestarted(dir));
  const vaults = new VaultFolder(dir, { inventoryEveryMs, jobLifeMs, trustBytes });
  await vaults.load(nowMs());
  await noteThisRun(dir);
  await vaults.sweep(nowMs());
  return { folderId, accountId, vaults };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'another program uses it' : message;
    throw new VaultServerError(
      'port-in-use',
      `cannot listen on port ${port}: ${reason}; choose another port`,
      {
        cause: error,
      },
    );
  }
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: Server, active: ReadonlySet<Promise<void>>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise((resolve) => {
    timer = setTimeout(resolve, CLOSING_GRACE_MS);
  });
  await Promise.race([Promise.all(active), grace]);
  clearTimeout(timer);
  server.closeAllConnections();
  await Promise.all(active);
  await closed;
}
