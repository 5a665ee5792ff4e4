/** Asking for archives of the vault in memory, whose replies a test may lose: a job costs, and none is started twice. */
import { beforeEach, describe, expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import type { Job } from '../../../src/glacier/jobs.js';
import { retrying } from '../../../src/glacier/retry/retrying-vault.js';
import { isRefusedForNow, JobStarter } from '../../../src/whole-vault/restore/ask.js';
import { servingJobs } from '../../../src/whole-vault/restore/job-list.js';
import { type FakeClock, fakeClock } from '../../helpers/fake-clock.js';
import { type MemoryVault, memoryVault, type StoredArchive } from '../../helpers/memory-vault.js';

const { signal } = new AbortController();
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let clock: FakeClock;
let vault: MemoryVault;

beforeEach(() => {
  clock = fakeClock();
  vault = memoryVault(clock.now);
  const archives = vault.archives as Map<string, StoredArchive>;
  for (const archiveId of ['a0', 'a1', 'a2']) {
    archives.set(archiveId, { archiveId, description: '', bytes: Buffer.from(archiveId), createdAt: '' });
  }
});

const service = { operation: 'InitiateJob', httpStatus: 503 };
const inRetries = () => retrying(vault, { clock, budgetMs: minuteMs });
const starter = () =>
  new JobStarter({
    vault: inRetries(),
    clock,
    tier: 'Bulk',
    token: '0123456789abcdef',
    patienceMs: minuteMs,
  });
const item = (n: number) => ({
  n,
  archiveId: `a${n}`,
  sizeBytes: 2,
  treeHash: '',
  createdAt: '',
  description: '',
});
const requested = (operation: string) => vault.requests.filter((name) => name === operation).length;

describe('a job', () => {
  test('is started, and its list is not read', async () => {
    const { jobId, job } = await starter().start(item(0), signal);
    expect(job).toBe(null);
    expect(await vault.describeJob(jobId, signal)).toMatchObject({
      archive: { archiveId: 'a0', tier: 'Bulk' },
    });
    expect(vault.requests).toEqual(['initiateJob', 'describeJob']);
    expect(clock.waits).toEqual([]);
  });

  test.each(['temporary', 'request-timeout'] as const)(
    'whose reply was lost (%s) is found in the list a second later, and not started twice',
    async (code) => {
      vault.failNext('initiateJob', 'lost', code);
      const { jobId, job } = await starter().start(item(0), signal);
      expect(job).toMatchObject({ jobId, archive: { archiveId: 'a0' } });
      expect(vault.requests).toEqual(['initiateJob', 'listJobsPage']);
      expect(clock.waits).toEqual([1500]);
    },
  );

  test('that was not started after all is asked for again', async () => {
    vault.failNext('initiateJob', 'unsent');
    await starter().start(item(0), signal);
    expect(vault.requests).toEqual(['initiateJob', 'listJobsPage', 'initiateJob']);
  });

  test.each(['throttled', 'archive-gone', 'request-invalid', 'access-denied'] as const)(
    'that the service refuses (%s) does not exist: that is said at once',
    async (code) => {
      vault.failNext('initiateJob', 'unsent', code);
      await expect(starter().start(item(0), signal)).rejects.toMatchObject({ code });
      expect(vault.requests).toEqual(['initiateJob']);
    },
  );

  test('for which the service has no capacity does not exist either', async () => {
    const full = new GlacierUpError('temporary', 'full', {
      service: { ...service, code: 'InsufficientCapacityException' },
    });
    vault.initiateJob = () => Promise.reject(full);
    await expect(starter().start(item(0), signal)).rejects.toBe(full);
    expect(vault.requests).toEqual([]);
    expect(clock.waits).toEqual([]);
  });
});

describe('a service that fails for a while', () => {
  const fail = (times: number) => {
    for (let count = 0; count < times; count += 1) vault.failNext('initiateJob', 'unsent');
  };

  test('is borne for as long as patience goes, from the start or the last success on', async () => {
    const patient = starter();
    clock.pass(2 * minuteMs);
    await patient.start(item(0), signal).catch(() => {});
    expect(requested('initiateJob')).toBe(1);
    // A failure every second and a half: the one after exactly a minute is borne, too.
    fail(42);
    await expect(patient.start(item(1), signal)).rejects.toMatchObject({ code: 'temporary' });
    expect(requested('initiateJob')).toBe(1 + 42);
  });

  test('without any success is given up once patience is over', async () => {
    const patient = starter();
    clock.pass(minuteMs + 1);
    fail(1);
    await expect(patient.start(item(0), signal)).rejects.toMatchObject({ code: 'temporary' });
    expect(requested('listJobsPage')).toBe(0);
  });
});

describe('the list of jobs', () => {
  test('is read once for all that are in doubt at the same time', async () => {
    const one = starter();
    for (let count = 0; count < 3; count += 1) vault.failNext('initiateJob', 'lost');
    const started = await Promise.all([0, 1, 2].map((n) => one.start(item(n), signal)));
    expect(started.map(({ job }) => job?.archive.archiveId)).toEqual(['a0', 'a1', 'a2']);
    expect([requested('initiateJob'), requested('listJobsPage')]).toEqual([3, 1]);
  });

  test('that was read before a failure says nothing of it', async () => {
    const one = starter();
    vault.failNext('initiateJob', 'lost');
    await one.start(item(0), signal);
    vault.failNext('initiateJob', 'lost');
    const { job } = await one.start(item(1), signal);
    expect(job).toMatchObject({ archive: { archiveId: 'a1' } });
    expect([requested('initiateJob'), requested('listJobsPage')]).toEqual([2, 2]);
  });

  test.each<[string, Partial<Job>, boolean]>([
    ['is under way', { status: 'InProgress', completedAt: null }, true],
    ['has failed', { status: 'Failed' }, false],
    ['is done, and whose output is there for an hour still', { completedAt: agoText(23 * hourMs) }, true],
    ['is done, and whose output goes sooner', { completedAt: agoText(23 * hourMs + 1) }, false],
    ['brings a part of the archive', { archive: archiveOf({ start: 0, end: 1 }) }, false],
    ['brings another part', { archive: archiveOf({ start: 1, end: 2 }) }, false],
  ])('has a job that %s: does it serve?', async (_, changes, serves) => {
    const found = await serving([job('job-1', changes)]);
    expect(found).toEqual(serves ? ['job-1'] : []);
  });

  test('has several jobs for an archive: one that is done serves before others, and the newest of its kind', async () => {
    const underWay = { status: 'InProgress', completedAt: null } as const;
    expect(await serving([job('new', underWay), job('old', underWay)])).toEqual(['new']);
    expect(await serving([job('new', underWay), job('done')])).toEqual(['done']);
    expect(await serving([job('done'), job('old', underWay)])).toEqual(['done']);
    expect(await serving([job('done'), job('older')])).toEqual(['done']);
  });

  /** IDs of the jobs that serve, of a list of two pages. */
  async function serving(jobs: Job[]): Promise<string[]> {
    vault.listJobsPage = async (marker) =>
      marker === null ? { jobs: jobs.slice(0, 1), marker: 'more' } : { jobs: jobs.slice(1), marker: null };
    return [...(await servingJobs(inRetries(), signal, clock.now())).values()].map(({ jobId }) => jobId);
  }
});

function agoText(agoMs: number): string {
  return new Date(fakeClock().now() - agoMs).toISOString();
}

function archiveOf(range = { start: 0, end: 2 }): NonNullable<Job['archive']> {
  return { archiveId: 'a0', sizeBytes: 2, treeHash: '', range, rangeTreeHash: '', tier: 'Bulk' };
}

function job(jobId: string, changes: Partial<Job> = {}): Job {
  return {
    jobId,
    kind: 'archive',
    status: 'Succeeded',
    statusMessage: '',
    createdAt: agoText(hourMs),
    completedAt: agoText(hourMs),
    archive: archiveOf(),
    inventory: null,
    ...changes,
  };
}

test.each([
  ['access-denied', 'PolicyEnforcedException', true],
  ['temporary', 'InsufficientCapacityException', true],
  ['access-denied', 'AccessDeniedException', false],
  ['temporary', 'ServiceUnavailableException', false],
  ['request-invalid', 'PolicyEnforcedException', false],
] as const)('an answer %s with %s means that it may be granted later: %j', (code, name, isForNow) => {
  expect(isRefusedForNow(new GlacierUpError(code, '', { service: { ...service, code: name } }))).toBe(
    isForNow,
  );
});
