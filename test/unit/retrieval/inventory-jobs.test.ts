/** Which inventory job serves, and how long a job is waited for. */
import { describe, expect, test } from 'vitest';
import type { Job, Tier } from '../../../src/glacier/jobs.js';
import { awaitJob, dueAt, lookAgainMs, usualEndMs } from '../../../src/retrieval/await-job.js';
import {
  chooseInventoryJob,
  inventoryJobUnderWay,
  newestInventoryDone,
} from '../../../src/retrieval/choose-inventory-job.js';
import type { JobDeps } from '../../../src/retrieval/retrieval-deps.js';
import { fakeClock } from '../../helpers/fake-clock.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const startMs = Date.parse('2026-01-01T00:00:00Z');
const at = (hours: number) => new Date(startMs + hours * hourMs).toISOString();

/** An inventory job asked for at an hour, done three hours later. */
function inventoryJob(hour: number, changes: Partial<Job> = {}): Job {
  return {
    jobId: `job-of-${hour}`,
    kind: 'inventory',
    status: 'Succeeded',
    statusMessage: 'Succeeded',
    createdAt: at(hour),
    completedAt: at(hour + 3),
    archive: null,
    inventory: { format: 'JSON', isWhole: true, sizeBytes: 1000 },
    ...changes,
  };
}
const underWay = { status: 'InProgress', completedAt: null } as const;

function archiveJob(tier: Tier, changes: Partial<Job> = {}): Job {
  const range = { start: 0, end: 1000 };
  return inventoryJob(0, {
    kind: 'archive',
    archive: { archiveId: 'a', sizeBytes: 1000, treeHash: '', range, rangeTreeHash: '', tier },
    inventory: null,
    ...changes,
  });
}

describe('the inventory job that serves', () => {
  const anything = { awaited: null, askedSinceMs: 0, doneSinceMs: 0 };
  const chosen = (jobs: readonly Job[], wanted: Partial<Parameters<typeof chooseInventoryJob>[1]> = {}) =>
    chooseInventoryJob(jobs, { ...anything, ...wanted })?.jobId;

  test('is the newest that is done, and only without one the newest under way', () => {
    expect(chosen([inventoryJob(1), inventoryJob(3), inventoryJob(2), inventoryJob(4, underWay)])).toBe(
      'job-of-3',
    );
    expect(chosen([inventoryJob(1, underWay), inventoryJob(2, underWay)])).toBe('job-of-2');
    expect(chosen([])).toBe(undefined);
  });

  test('has not failed, is in JSON and of the whole vault, and is no archive', () => {
    const inventory = { format: 'JSON', isWhole: true, sizeBytes: 1000 } as const;
    for (const changes of [
      { status: 'Failed' as const },
      { inventory: { ...inventory, format: 'CSV' as const } },
      { inventory: { ...inventory, isWhole: false } },
      { inventory: null },
    ]) {
      expect(chosen([inventoryJob(1, changes)])).toBe(undefined);
    }
  });

  test('was not asked for before the time that is wanted', () => {
    expect(chosen([inventoryJob(1)], { askedSinceMs: Date.parse(at(1)) })).toBe('job-of-1');
    expect(chosen([inventoryJob(1)], { askedSinceMs: Date.parse(at(1)) + 1 })).toBe(undefined);
  });

  test('was not done before the time that is wanted; one under way always serves', () => {
    expect(chosen([inventoryJob(1)], { doneSinceMs: Date.parse(at(4)) })).toBe('job-of-1');
    expect(chosen([inventoryJob(1)], { doneSinceMs: Date.parse(at(4)) + 1 })).toBe(undefined);
    expect(chosen([inventoryJob(1, underWay)], { doneSinceMs: Date.parse(at(9)) })).toBe('job-of-1');
  });

  test('is the one that was asked for here, also if it is not done; else none that is older', () => {
    const awaited = { jobId: 'job-of-2', createdAt: at(2) };
    expect(chosen([inventoryJob(2, underWay), inventoryJob(3)], { awaited })).toBe('job-of-2');
    expect(chosen([inventoryJob(1), inventoryJob(3, underWay)], { awaited })).toBe('job-of-3');
    expect(chosen([inventoryJob(1)], { awaited })).toBe(undefined);
    const ofSameTime = { jobId: 'gone', createdAt: at(1) };
    expect(chosen([inventoryJob(1)], { awaited: ofSameTime })).toBe('job-of-1');
  });

  test('for those who do not wait is the newest of its state', () => {
    const jobs = [inventoryJob(1), inventoryJob(2), inventoryJob(3, underWay), inventoryJob(4, underWay)];
    expect(inventoryJobUnderWay(jobs)?.jobId).toBe('job-of-4');
    expect(newestInventoryDone(jobs)?.jobId).toBe('job-of-2');
  });
});

describe('a job', () => {
  /** A job that is done once it was looked at so often. */
  function looking(job: Job, looks: number, last: Partial<Job>) {
    const clock = fakeClock(startMs);
    const notes: string[] = [];
    let left = looks;
    const deps = {
      vault: {
        describeJob: async (jobId: string) => {
          expect(jobId).toBe(job.jobId);
          left -= 1;
          return left === 0 ? { ...job, ...last } : job;
        },
      },
      clock,
      signal: new AbortController().signal,
      emit: (event: { message?: string }) => void notes.push(event.message ?? ''),
    } as unknown as JobDeps;
    return { deps, clock, notes };
  }

  test('that is done is not looked at, and nothing is said', async () => {
    const { deps, clock, notes } = looking(inventoryJob(0), 1, {});
    expect(await awaitJob(deps, inventoryJob(0), { wait: true, isNew: false })).toEqual(inventoryJob(0));
    expect([clock.waits, notes]).toEqual([[], []]);
  });

  test('under way is looked at again after a tenth of its age, 10 seconds at least and 10 minutes at most', async () => {
    expect([0, 99_000, 101_000, 40 * minuteMs].map(lookAgainMs)).toEqual([10_000, 10_000, 10_100, 240_000]);
    expect(lookAgainMs(200 * minuteMs)).toBe(10 * minuteMs);
    const job = inventoryJob(0, underWay);
    const { deps, clock, notes } = looking(job, 12, { status: 'Succeeded', completedAt: at(1) });
    expect(await awaitJob(deps, job, { wait: true, isNew: true })).toMatchObject({ status: 'Succeeded' });
    expect(clock.waits).toHaveLength(12);
    expect(clock.waits[0]).toBe(10_000);
    expect(clock.waits[11]).toBe(11_000);
    expect(notes).toEqual(['the inventory job job-of-0 is started; it usually takes 3 to 5 hours: waiting']);
  });

  test('that is not waited for ends the run, telling when to come back', async () => {
    const job = archiveJob('Bulk', underWay);
    const { deps, notes } = looking(job, 1, {});
    await expect(awaitJob(deps, job, { wait: false, isNew: true })).rejects.toMatchObject({
      code: 'job-pending',
      isNew: true,
      dueAt: at(12),
      message: 'the Bulk retrieval job job-of-0 was started, and usually takes 5 to 12 hours',
    });
    await expect(awaitJob(deps, job, { wait: false, isNew: false })).rejects.toThrow(
      `is under way since ${at(0)}, and`,
    );
    expect(notes).toEqual([]);
  });

  test('that fails says why, and what may help', async () => {
    const failed = { status: 'Failed', statusMessage: 'no such luck' } as const;
    const hintOf = (job: Job, isNamed = false) =>
      awaitJob(looking(job, 1, {}).deps, job, { wait: true, isNew: false, isNamed }).then(
        () => '',
        (error) => {
          expect(error).toMatchObject({ code: 'job-failed' });
          expect(error.message).toContain('failed: no such luck');
          return String(error.hint);
        },
      );
    expect(await hintOf(inventoryJob(0, failed))).toBe(
      'run the same command again, which starts another job',
    );
    expect(await hintOf(archiveJob('Standard', failed))).toContain(
      'see whether the archive is in the inventory',
    );
    expect(await hintOf(inventoryJob(0, failed), true)).toContain('leave --job out');
  });

  test.each([
    ['Expedited', 5 * minuteMs],
    ['Standard', 5 * hourMs],
    ['Bulk', 12 * hourMs],
  ] as const)(
    'of tier %s is due at the end of its usual time, or in an hour when that is over',
    (tier, ms) => {
      const job = archiveJob(tier, underWay);
      expect(dueAt(job, startMs)).toBe(new Date(startMs + ms).toISOString());
      expect(dueAt(job, startMs + ms - 1)).toBe(new Date(startMs + ms).toISOString());
      expect(dueAt(job, startMs + ms)).toBe(new Date(startMs + ms + hourMs).toISOString());
      expect(usualEndMs(tier, startMs)).toBe(startMs + ms);
    },
  );
});
