/** The hours that a job takes: said, waited for, or left for another time. */
import { GlacierUpError } from '../errors.js';
import type { Job, Tier } from '../glacier/jobs.js';
import type { JobDeps } from './retrieval-deps.js';

/** The job is not done yet, and was not waited for. */
export class JobPendingError extends GlacierUpError {
  readonly job: Job;
  /** Started by this run. */
  readonly isNew: boolean;
  /** When to come back. */
  readonly dueAt: string;

  constructor(job: Job, { isNew, dueAt }: { isNew: boolean; dueAt: string }) {
    const begun = isNew ? 'was started' : `is under way since ${job.createdAt}`;
    super('job-pending', `${jobText(job)} ${begun}, and usually takes ${usualOf(job).words}`, {
      hint: `run the same command again after ${dueAt}, or now with --wait`,
    });
    this.job = job;
    this.isNew = isNew;
    this.dueAt = dueAt;
  }
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How long jobs take (developer guide, "Archive Retrieval Options"; inventories were seen to take as long as Standard). */
const usual: Record<'inventory' | 'Expedited' | 'Standard' | 'Bulk', { words: string; mostMs: number }> = {
  inventory: { words: '3 to 5 hours', mostMs: 5 * hourMs },
  Expedited: { words: '1 to 5 minutes', mostMs: 5 * minuteMs },
  Standard: { words: '3 to 5 hours', mostMs: 5 * hourMs },
  Bulk: { words: '5 to 12 hours', mostMs: 12 * hourMs },
};

/** A young job is looked at often, since some are done in minutes; one of hours seldom. */
const soonestLookMs = 10_000;
const longestLookMs = 10 * minuteMs;

/** Between two looks at a job of this age. */
export function lookAgainMs(ageMs: number): number {
  return Math.min(longestLookMs, Math.max(soonestLookMs, ageMs / 10));
}

/**
 * Brings a job to its end.
 * @param options.wait look again until it is done; else a job that is not done is an error
 * @param options.isNamed the user named this job: no other one is taken in its place
 * @returns the job, succeeded
 * @throws JobPendingError telling when to come back; GlacierUpError `job-failed` with the service's reason
 */
export async function awaitJob(
  { vault, clock, signal, emit }: JobDeps,
  job: Job,
  { wait, isNew, isNamed = false }: { wait: boolean; isNew: boolean; isNamed?: boolean },
): Promise<Job> {
  let latest = job;
  if (latest.status === 'InProgress' && wait) {
    const { words } = usualOf(job);
    const begun = isNew ? 'started' : `under way since ${job.createdAt}`;
    emit({ kind: 'note', message: `${jobText(job)} is ${begun}; it usually takes ${words}: waiting` });
  }
  while (latest.status === 'InProgress') {
    if (!wait) throw new JobPendingError(latest, { isNew, dueAt: dueAt(latest, clock.now()) });
    await clock.sleep(lookAgainMs(clock.now() - Date.parse(job.createdAt)), signal);
    latest = await vault.describeJob(job.jobId, signal);
  }
  if (latest.status === 'Succeeded') return latest;
  throw new GlacierUpError('job-failed', `${jobText(latest)} failed: ${latest.statusMessage}`, {
    hint: failureHint(latest, isNamed),
  });
}

function failureHint({ kind }: Job, isNamed: boolean): string {
  if (isNamed) return 'leave --job out, which takes another job or starts one';
  const again = 'run the same command again, which starts another job';
  return kind === 'inventory' ? again : `${again}; see whether the archive is in the inventory`;
}

/** When a job should be done; an hour from now when it should have been done already. */
export function dueAt(job: Job, nowMs: number): string {
  const dueMs = Date.parse(job.createdAt) + usualOf(job).mostMs;
  return new Date(dueMs > nowMs ? dueMs : nowMs + hourMs).toISOString();
}

/** `5 to 12 hours`. */
export function usualDurationOf(tier: Tier): string {
  return usual[tier].words;
}

/** When an archive job should be done that was begun then. */
export function usualEndMs(tier: Tier, begunMs: number): number {
  return begunMs + usual[tier].mostMs;
}

/** How long such a job usually takes, in words: by its kind and tier. */
export function usualDuration(job: Job): string {
  return usualOf(job).words;
}

function usualOf(job: Job): (typeof usual)['inventory'] {
  return usual[job.archive?.tier ?? 'inventory'];
}

function jobText({ archive, jobId }: Job): string {
  return archive ? `the ${archive.tier} retrieval job ${jobId}` : `the inventory job ${jobId}`;
}
