/** A vault's inventory, from a job: the one asked for, one that is done, one that is under way, or a new one. */
import { GlacierUpError, hasCode } from '../errors.js';
import type { Job } from '../glacier/jobs.js';
import { hint, step } from '../hint.js';
import type { AwaitedJob } from '../session/awaited-inventories.js';
import type { FetchedInventory } from '../session/inventories.js';
import { awaitJob } from './await-job.js';
import {
  chooseInventoryJob,
  inventoryJobUnderWay,
  isWholeInventory,
  newestInventoryDone,
  type WantedInventory,
} from './choose-inventory-job.js';
import { downloadInventory, dropExpired, InventoryExpiredError } from './download-inventory.js';
import type { InventoryDeps } from './retrieval-deps.js';
import { noteUnlisted } from './unlisted-archives.js';

/**
 * Gets the inventory of a job that serves and keeps it.
 * @param options.wait wait for hours if need be
 * @param options.askedSinceMs an older job does not serve
 * @throws GlacierUpError `job-pending` telling when to come back; as `downloadInventory`
 */
export async function fetchInventory(
  deps: InventoryDeps,
  { wait, askedSinceMs }: { wait: boolean; askedSinceMs: number },
): Promise<FetchedInventory> {
  const wanted = { awaited: null, askedSinceMs, doneSinceMs: 0 };
  return orOfAnotherJob(deps, async (isExpired) => {
    const { job, isNew } = await ensureInventoryJob(deps, wanted, isExpired);
    return keepOutput(deps, await awaitJob(deps, job, { wait, isNew }));
  });
}

/** @returns the job that serves, and all that were listed */
async function ensureInventoryJob(
  deps: InventoryDeps,
  wanted: WantedInventory,
  isExpired: (job: Job) => boolean,
): Promise<{ job: Job; isNew: boolean; listed: readonly Job[] }> {
  const { vault, signal } = deps;
  let listed: readonly Job[] = [];
  const ensured = await vault.ensureJob(
    { kind: 'inventory' },
    (jobs) => {
      listed = jobs.filter((job) => !isExpired(job));
      return chooseInventoryJob(listed, wanted);
    },
    signal,
  );
  await dropExpired(deps, listed);
  return { ...ensured, listed };
}

/**
 * Gets the inventory of the job that was asked for on this machine; else that of the newest job that is done, or of one
 * under way, or of a new one. Whichever is not done yet is the one asked for from now on.
 * @param options.maxAgeMs a job that was done longer ago does not serve
 * @throws GlacierUpError `job-pending` telling when to come back
 */
export async function fetchAwaitedInventory(
  deps: InventoryDeps,
  how: { wait: boolean; maxAgeMs: number },
): Promise<FetchedInventory> {
  return orOfAnotherJob(deps, (isExpired) => fetchAwaited(deps, how, isExpired));
}

async function fetchAwaited(
  deps: InventoryDeps,
  { wait, maxAgeMs }: { wait: boolean; maxAgeMs: number },
  isExpired: (job: Job) => boolean,
): Promise<FetchedInventory> {
  const { destination, inventories, clock, emit } = deps;
  const wanted: WantedInventory = {
    awaited: inventories.awaited.of(destination),
    askedSinceMs: 0,
    doneSinceMs: clock.now() - maxAgeMs,
  };
  const { job, isNew, listed } = await ensureInventoryJob(deps, wanted, isExpired);
  if (wanted.awaited && wanted.awaited.jobId !== job.jobId) {
    emit({ kind: 'note', message: whyNotAwaited(wanted.awaited, listed) });
    settleAwaited(deps, wanted.awaited.jobId);
  }
  if (job.status === 'InProgress') noteAwaited(deps, job);
  if (job.status === 'InProgress' && !wait) noteOlder(deps, listed);
  const done = await awaitJob(deps, job, { wait, isNew });
  const inventory = await keepOutput(deps, done);
  settleAwaited(deps, done.jobId);
  return inventory;
}

/**
 * Gets the inventory of a job that the user names. It is kept unless it is of a part of the vault, or older than the one
 * that is kept.
 * @throws GlacierUpError `usage` when it is no inventory of the whole vault; `job-failed`, `job-pending`, `job-gone`
 */
export async function fetchInventoryOf(
  deps: InventoryDeps,
  jobId: string,
  { wait, maxAgeMs }: { wait: boolean; maxAgeMs: number },
): Promise<FetchedInventory> {
  const { vault, destination, inventories, clock, signal } = deps;
  const job = await vault.describeJob(jobId, signal);
  assertIsInventory(job);
  const doneSinceMs = clock.now() - maxAgeMs;
  if (job.completedAt !== null && Date.parse(job.completedAt) < doneSinceMs) {
    throw new GlacierUpError('inventory-old', `the inventory job was done on ${job.completedAt}`, {
      hint: 'leave --job out to ask for a newer one, or give a longer --max-age',
    });
  }
  const done = await awaitJob(deps, job, { wait, isNew: false, isNamed: true });
  const kept = inventories.kept(destination);
  const isNewest = kept === null || Date.parse(job.createdAt) >= kept.askedAtMs;
  const inventory = await keepOutput(deps, done, isNewest && isWholeInventory(job)).catch(
    (error: unknown) => {
      throw error instanceof InventoryExpiredError ? expiredOf(error) : error;
    },
  );
  settleAwaited(deps, jobId);
  return inventory;
}

/** Starts a new inventory job, or finds the one that is not done yet: from now on that is the one asked for. */
export async function requestInventory(deps: InventoryDeps): Promise<{ job: Job; isNew: boolean }> {
  const { vault, signal } = deps;
  const requested = await vault.ensureJob({ kind: 'inventory' }, inventoryJobUnderWay, signal);
  noteAwaited(deps, requested.job);
  return requested;
}

/** The user named the job: no other one is taken in its place. */
function expiredOf(error: InventoryExpiredError): GlacierUpError {
  return new GlacierUpError('job-gone', error.message, {
    hint: 'leave --job out, which takes another job or starts one',
    cause: error,
  });
}

function assertIsInventory({ jobId, kind }: Job): void {
  if (kind === 'inventory') return;
  throw new GlacierUpError('usage', `job ${jobId} retrieves an archive, not an inventory`, {
    hint: hint`the archive is brought by ${step('retrieve', 'ARCHIVE_ID')}`,
  });
}

/** A job that could not be noted is under way all the same: its ID is all that is needed to read its output. */
function noteAwaited({ destination, inventories, emit }: InventoryDeps, job: Job): void {
  try {
    inventories.awaited.note(destination, job);
  } catch (error) {
    if (!(error instanceof GlacierUpError)) throw error;
    const message = `that this job was asked for here could not be noted (${error.message}); "--job ${job.jobId}" reads it`;
    emit({ kind: 'note', message });
  }
}

/** One that stays noted is found to have expired later; its output is here now. */
function settleAwaited({ destination, inventories, emit }: InventoryDeps, jobId: string): void {
  try {
    inventories.awaited.settle(destination, jobId);
  } catch (error) {
    if (!(error instanceof GlacierUpError)) throw error;
    emit({ kind: 'note', message: `the inventory job stays noted on this machine: ${error.message}` });
  }
}

function whyNotAwaited({ jobId, createdAt }: AwaitedJob, listed: readonly Job[]): string {
  const job = listed.find((other) => other.jobId === jobId);
  const what = `the inventory job ${jobId}, requested on ${createdAt},`;
  if (!job) return `${what} has expired: its output was kept for about a day`;
  if (job.status === 'Failed') return `${what} failed: ${job.statusMessage}`;
  return `${what} was done on ${job.completedAt}, longer ago than --max-age`;
}

/** What can be had at once, for who would rather not wait. */
function noteOlder({ emit }: InventoryDeps, listed: readonly Job[]): void {
  const older = newestInventoryDone(listed);
  if (!older) return;
  emit({
    kind: 'note',
    message: `an older inventory, of a job of ${older.createdAt}, is there: "--job ${older.jobId}" prints it`,
  });
}

async function keepOutput(deps: InventoryDeps, job: Job, isKept = true): Promise<FetchedInventory> {
  const kept = await downloadInventory(deps, job, isKept);
  if (kept.notKept) {
    const message = `the inventory cannot be kept on this machine: ${kept.notKept.message}`;
    deps.emit({ kind: 'note', message });
  }
  if (isKept) await compareReceipts(deps, kept);
  return kept;
}

/** An output that expires while it is downloaded is replaced by that of another job; once, since each takes hours. */
async function orOfAnotherJob(
  deps: InventoryDeps,
  fetch: (isExpired: (job: Job) => boolean) => Promise<FetchedInventory>,
): Promise<FetchedInventory> {
  try {
    return await fetch(() => false);
  } catch (error) {
    if (!(error instanceof InventoryExpiredError)) throw error;
    deps.emit({ kind: 'note', message: `${error.message}: another job is needed` });
    settleAwaited(deps, error.jobId);
    return await fetch(({ jobId }) => jobId === error.jobId);
  }
}

/** What the inventory says of the archives that are known here is noted. That it cannot be is no reason not to print it. */
async function compareReceipts(
  { destination, receipts, emit }: InventoryDeps,
  inventory: FetchedInventory,
): Promise<void> {
  try {
    const unlisted = await noteUnlisted(receipts, inventory, destination);
    if (unlisted === 0) return;
    const archives =
      unlisted === 1 ? '1 archive with a receipt is' : `${unlisted} archives with a receipt are`;
    emit({ kind: 'note', message: `${archives} not in the inventory: "upload" sends such files again` });
  } catch (error) {
    if (!hasCode(error, 'state-unusable', 'locked')) throw error;
    emit({ kind: 'note', message: `receipts were not compared with the inventory: ${error.message}` });
  }
}
