import { describe, expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import type { Job } from '../../../src/glacier/jobs.js';
import { retrying } from '../../../src/glacier/retry/retrying-vault.js';
import type { SdkVault } from '../../../src/glacier/sdk/sdk-vault.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const signal = new AbortController().signal;
const newest = (jobs: readonly Job[]): Job | undefined => jobs[0];

/** A vault with these jobs; `initiate` may fail before or after the job is made. */
function vaultWithJobs(jobs: Job[], initiate: (make: () => string) => Promise<string>) {
  let initiated = 0;
  const make = (): string => {
    initiated += 1;
    const jobId = `job-${initiated}`;
    jobs.unshift(jobOf(jobId));
    return jobId;
  };
  const vault = {
    listJobsPage: async () => ({ jobs, marker: null }),
    describeJob: async (jobId: string) => jobs.find((job) => job.jobId === jobId),
    initiateJob: () => initiate(make),
  } as unknown as SdkVault;
  return {
    vault: retrying(vault, { clock: fakeClock(), budgetMs: 60_000 }),
    initiated: () => initiated,
  };
}

function jobOf(jobId: string): Job {
  return {
    jobId,
    kind: 'inventory',
    status: 'InProgress',
    statusMessage: '',
    createdAt: '2026-01-01T00:00:00.000Z',
    completedAt: null,
    archive: null,
    inventory: { format: 'JSON', isWhole: true, sizeBytes: null },
  };
}

describe('a job that is needed', () => {
  test('is started when none is there', async () => {
    const { vault, initiated } = vaultWithJobs([], async (make) => make());
    const { job, isNew } = await vault.ensureJob({ kind: 'inventory' }, newest, signal);
    expect({ jobId: job.jobId, isNew, started: initiated() }).toEqual({
      jobId: 'job-1',
      isNew: true,
      started: 1,
    });
  });

  test('that is listed already is taken, and none is started', async () => {
    const { vault, initiated } = vaultWithJobs([jobOf('earlier')], async (make) => make());
    const { job, isNew } = await vault.ensureJob({ kind: 'inventory' }, newest, signal);
    expect({ jobId: job.jobId, isNew, started: initiated() }).toEqual({
      jobId: 'earlier',
      isNew: false,
      started: 0,
    });
  });

  test('is started once although the reply is lost: a job costs, and InitiateJob is not idempotent', async () => {
    const { vault, initiated } = vaultWithJobs([], async (make) => {
      make();
      throw new GlacierUpError('temporary', 'the reply was lost');
    });
    const { job } = await vault.ensureJob({ kind: 'inventory' }, newest, signal);
    expect({ jobId: job.jobId, started: initiated() }).toEqual({ jobId: 'job-1', started: 1 });
  });
});
