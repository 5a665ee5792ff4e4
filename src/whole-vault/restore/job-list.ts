/** The jobs of a vault, read page by page: there may be a hundred thousand. */
import type { Job } from '../../glacier/jobs.js';
import { markerChain } from '../../glacier/pages.js';
import type { RetryingVault } from '../../glacier/retry/retrying-vault.js';

/** A job's output can be read for so long after its end (API page "Initiate Job"). */
export const outputLifeMs = 24 * 60 * 60 * 1000;

/** A job that brings the whole of an archive. */
export type WholeJob = Job & { archive: NonNullable<Job['archive']> };

/** Newest first. */
export async function* listedJobs(vault: RetryingVault, signal: AbortSignal): AsyncGenerator<WholeJob, void> {
  const nextMarker = markerChain();
  let marker: string | null = null;
  do {
    const page = await vault.listJobsPage(marker, signal);
    for (const job of page.jobs) if (isWhole(job)) yield job;
    marker = nextMarker(page.marker);
  } while (marker !== null);
}

function isWhole(job: Job): job is WholeJob {
  const { archive } = job;
  return archive !== null && archive.range.start === 0 && archive.range.end === archive.sizeBytes;
}

/** When its output goes; null while it is not done. */
export function outputEndsMs({ status, completedAt }: Job): number | null {
  return status === 'Succeeded' && completedAt !== null ? Date.parse(completedAt) + outputLifeMs : null;
}

/** A job of which there is still enough to be of use. */
const shortestLifeMs = 60 * 60 * 1000;

/** By archive ID, the jobs that would serve: done before under way, so that nothing is asked for twice. */
export async function servingJobs(
  vault: RetryingVault,
  signal: AbortSignal,
  nowMs: number,
): Promise<Map<string, WholeJob>> {
  const serving = new Map<string, WholeJob>();
  for await (const job of listedJobs(vault, signal)) {
    const endsMs = outputEndsMs(job);
    if (job.status === 'Failed' || (endsMs !== null && endsMs - nowMs < shortestLifeMs)) continue;
    const known = serving.get(job.archive.archiveId);
    if (known === undefined || (known.status === 'InProgress' && job.status === 'Succeeded')) {
      serving.set(job.archive.archiveId, job);
    }
  }
  return serving;
}
