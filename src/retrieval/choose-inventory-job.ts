/** Which of a vault's inventory jobs serves. */
import type { Job } from '../glacier/jobs.js';
import type { AwaitedJob } from '../session/awaited-inventories.js';

export interface WantedInventory {
  /** The job that was asked for on this machine and not read yet: it comes first, and no older one serves. */
  awaited: AwaitedJob | null;
  /** A job that was asked for before does not serve. Ms since 1970. */
  askedSinceMs: number;
  /** A job that was done before does not serve; one under way always does. Ms since 1970. */
  doneSinceMs: number;
}

/**
 * The awaited job, done or under way. Without one, the newest job that is done: it comes before one under way, which may
 * be hours from it.
 */
export function chooseInventoryJob(
  jobs: readonly Job[],
  { awaited, askedSinceMs, doneSinceMs }: WantedInventory,
): Job | undefined {
  const serving = wholeInventories(jobs).filter(
    (job) =>
      job.status !== 'Failed' && askedMs(job) >= askedSinceMs && (doneMs(job) ?? doneSinceMs) >= doneSinceMs,
  );
  const sinceMs = awaited === null ? 0 : Date.parse(awaited.createdAt);
  const notOlder = serving.filter((job) => askedMs(job) >= sinceMs);
  return (
    serving.find(({ jobId }) => jobId === awaited?.jobId) ??
    notOlder.find(({ status }) => status === 'Succeeded') ??
    notOlder.find(({ status }) => status === 'InProgress')
  );
}

/** The newest that is under way, if one is. */
export function inventoryJobUnderWay(jobs: readonly Job[]): Job | undefined {
  return wholeInventories(jobs).find(({ status }) => status === 'InProgress');
}

/** The newest that is done, if one is. */
export function newestInventoryDone(jobs: readonly Job[]): Job | undefined {
  return wholeInventories(jobs).find(({ status }) => status === 'Succeeded');
}

/** Newest first. */
function wholeInventories(jobs: readonly Job[]): Job[] {
  return jobs.filter(isWholeInventory).sort((a, b) => askedMs(b) - askedMs(a));
}

/** CSV would do, but tells neither vault nor date. */
export function isWholeInventory({ inventory }: Job): boolean {
  return inventory?.isWhole === true && inventory.format === 'JSON';
}

function askedMs({ createdAt }: Job): number {
  return Date.parse(createdAt);
}

/** null while it is under way. */
function doneMs({ completedAt }: Job): number | null {
  return completedAt === null ? null : Date.parse(completedAt);
}
