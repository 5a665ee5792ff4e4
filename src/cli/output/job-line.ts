/** How a job that takes hours is told with `--json`. */
import type { Job } from '../../glacier/jobs.js';
import { JobPendingError } from '../../retrieval/await-job.js';
import type { Reporter } from './reporter.js';

/** One `job` line. @param dueAt when to come back */
export function printJob(
  reporter: Reporter,
  { jobId, createdAt }: Job,
  { isNew, dueAt }: { isNew: boolean; dueAt: string },
): void {
  reporter.json({ type: 'job', jobId, createdAt, isNew, dueAt });
}

/** Runs what needs a job: one that is not done yet is part of the result, before it is the failure. */
export async function tellingJob<T>(reporter: Reporter, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof JobPendingError) printJob(reporter, error.job, error);
    throw error;
  }
}
