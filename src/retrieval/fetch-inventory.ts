/** A vault's inventory, from a job: one that is done, one that is under way, or a new one. */
import type { AskedInventory } from '../glacier/inventory.js';
import type { Job } from '../glacier/jobs.js';
import { awaitJob } from './await-job.js';
import type { InventorySurroundings } from './surroundings.js';

/**
 * Gets the inventory of the newest job and keeps it.
 * @param options.wait wait for hours if need be
 * @param options.notBeforeMs an older job does not do
 * @throws GlacierUpError `job-pending` telling when to come back
 */
export async function fetchInventory(
  surroundings: InventorySurroundings,
  { wait, notBeforeMs = 0 }: { wait: boolean; notBeforeMs?: number },
): Promise<AskedInventory> {
  const { vault, signal } = surroundings;
  const { job, isNew } = await vault.ensureJob(
    { kind: 'inventory' },
    (jobs) => newestUsable(jobs.filter(({ createdAt }) => Date.parse(createdAt) >= notBeforeMs)),
    signal,
  );
  const done = await awaitJob(surroundings, job, { wait, isNew });
  return keepOutput(surroundings, done);
}

/** Starts a new inventory job, or finds the one that is not done yet. */
export async function requestInventory({
  vault,
  signal,
}: InventorySurroundings): Promise<{ job: Job; isNew: boolean }> {
  const underWay = (jobs: readonly Job[]) =>
    jobs.find((job) => isWholeInventory(job) && job.status === 'InProgress');
  return vault.ensureJob({ kind: 'inventory' }, underWay, signal);
}

/** A job that is done comes before one under way, which may be hours from it. */
function newestUsable(jobs: readonly Job[]): Job | undefined {
  const whole = jobs.filter(isWholeInventory);
  return (
    whole.find(({ status }) => status === 'Succeeded') ?? whole.find(({ status }) => status === 'InProgress')
  );
}

/** CSV would do, but tells neither vault nor date. */
function isWholeInventory({ inventory }: Job): boolean {
  return inventory?.isWhole === true && inventory.format === 'JSON';
}

function keepOutput(
  { vault, destination, inventories, signal }: InventorySurroundings,
  { jobId, createdAt, inventory }: Job,
): Promise<AskedInventory> {
  return inventories.keep(destination, Date.parse(createdAt), async (openSink) => {
    const range = { start: 0, end: inventory?.sizeBytes ?? 0 };
    await vault.readJobOutput({ jobId, range, openSink }, signal);
  });
}
