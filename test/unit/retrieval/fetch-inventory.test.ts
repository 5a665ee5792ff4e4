/** A vault's inventory brought from the vault in memory, whose jobs and answers a test may change. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import type { Job } from '../../../src/glacier/jobs.js';
import type { RetryingVault } from '../../../src/glacier/retry/retrying-vault.js';
import { dropExpired } from '../../../src/retrieval/download-inventory.js';
import {
  fetchAwaitedInventory,
  fetchInventory,
  fetchInventoryOf,
  requestInventory,
} from '../../../src/retrieval/fetch-inventory.js';
import type { InventoryDeps } from '../../../src/retrieval/retrieval-deps.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { transfer } from '../../../src/transfer/transfer.js';
import { seededFile } from '../../helpers/bytes.js';
import { memoryPlace, sharedPool } from '../../helpers/memory-place.js';

sharedPool();
const hourMs = 3_600_000;
const always = { wait: false, maxAgeMs: Number.POSITIVE_INFINITY };

let place: Awaited<ReturnType<typeof memoryPlace>>;

beforeEach(async () => {
  place = await memoryPlace();
});

/** What one process works with. @param changes in place of the service's answers */
async function process(changes: (vault: RetryingVault) => Partial<RetryingVault> = () => ({})) {
  const { deps, events, inventories } = await place.next();
  const vault = { ...deps.vault, ...changes(deps.vault) };
  const inventoryDeps: InventoryDeps = { ...deps, vault, inventories };
  const file = inventories.fileFor(deps.destination);
  const beside = () =>
    readdirSync(dirname(file))
      .map((name) => join(dirname(file), name))
      .filter((name) => name !== file && !name.endsWith('.awaited'));
  return { deps: inventoryDeps, events, file, beside };
}

/** As the list says, these jobs are not done yet. */
const underWay =
  (jobs: (job: Job) => boolean = () => true) =>
  (vault: RetryingVault): Partial<RetryingVault> => ({
    ensureJob: (request, serving, signal) =>
      vault
        .ensureJob(request, (listed) => serving(listed.map(asUnderWay(jobs))), signal)
        .then((ensured) => ({
          ...ensured,
          job: asUnderWay(jobs)(ensured.job),
        })),
  });
const asUnderWay =
  (jobs: (job: Job) => boolean) =>
  (job: Job): Job =>
    jobs(job) ? { ...job, status: 'InProgress', completedAt: null } : job;

const notes = (events: readonly TransferEvent[]) =>
  events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
const shown = (events: readonly TransferEvent[]) =>
  events.reduce((sum, event) => sum + (event.kind === 'bytes' ? event.sizeBytes : 0), 0);
const jobsStarted = () => place.vault.requests.filter((name) => name === 'initiateJob').length;
const gone = new GlacierUpError('job-gone', 'no such job', {
  service: { operation: 'GetJobOutput', httpStatus: 404 },
});

describe('an inventory', () => {
  test('is brought by a new job and kept, with nothing beside it', async () => {
    const { deps, events, file, beside } = await process();
    const inventory = await fetchAwaitedInventory(deps, always);
    expect(await inventory.read().toEnd()).toMatchObject({ archives: 0 });
    expect(inventory.notKept).toBe(null);
    expect(shown(events)).toBe(readFileSync(file).length);
    expect(events.find(({ kind }) => kind === 'downloading')).toMatchObject({ keptBytes: 0 });
    expect(beside()).toEqual([]);
    expect(deps.inventories.awaited.of(deps.destination)).toBe(null);
    expect(notes(events)).toEqual([]);
  });

  test('of a job that is done is taken while it is young enough', async () => {
    await fetchAwaitedInventory((await process()).deps, always);
    place.clock.pass(2 * hourMs);
    await fetchAwaitedInventory((await process()).deps, { wait: false, maxAgeMs: 3 * hourMs });
    expect(jobsStarted()).toBe(1);
    await fetchAwaitedInventory((await process()).deps, { wait: false, maxAgeMs: hourMs });
    expect(jobsStarted()).toBe(2);
  });

  test('that must be newer than a time is not that of an older job', async () => {
    await fetchInventory((await process()).deps, { wait: false, askedSinceMs: 0 });
    place.clock.pass(hourMs);
    const askedSinceMs = place.clock.now();
    await fetchInventory((await process()).deps, { wait: false, askedSinceMs: askedSinceMs - hourMs });
    expect(jobsStarted()).toBe(1);
    await fetchInventory((await process()).deps, { wait: false, askedSinceMs });
    expect(jobsStarted()).toBe(2);
  });

  test('of which the service does not say how long it is, is an error', async () => {
    const { deps } = await process((vault) => ({
      ensureJob: async (request, serving, signal) => {
        const { job, isNew } = await vault.ensureJob(request, serving, signal);
        return { job: { ...job, inventory: { format: 'JSON', isWhole: true, sizeBytes: null } }, isNew };
      },
    }));
    await expect(fetchAwaitedInventory(deps, always)).rejects.toMatchObject({ code: 'failed' });
  });

  test('that does not list an archive that it must list says so', async () => {
    const file = join(place.folder, 'photos.tar');
    seededFile(file, 1000);
    const first = await process();
    const { receipt } = await transfer((await place.next()).deps, { file, mode: 'upload' });
    place.clock.pass(72 * hourMs);
    const fetched = await fetchAwaitedInventory(first.deps, always);
    expect(await fetched.read().toEnd()).toMatchObject({ archives: 1 });
    expect(notes(first.events)).toEqual([]);
    await place.vault.deleteArchive(receipt.archiveId, first.deps.signal);
    place.clock.pass(hourMs);
    const { deps, events } = await process();
    await fetchAwaitedInventory(deps, { wait: false, maxAgeMs: 0 });
    expect(notes(events)).toEqual([
      '1 archive with a receipt is not in the inventory: "upload" sends such files again',
    ]);
    expect(deps.receipts.byArchiveId(receipt.archiveId)?.gone?.reason).toBe('not-listed');
  });
});

describe('a job that is not done', () => {
  test('is the awaited one from then on, and is told when to come back', async () => {
    const { deps } = await process(underWay());
    await expect(fetchAwaitedInventory(deps, always)).rejects.toMatchObject({ code: 'job-pending' });
    const awaited = deps.inventories.awaited.of(deps.destination);
    expect(awaited?.jobId).toMatch(/^job-/);
    const { deps: later } = await process();
    const inventory = await fetchAwaitedInventory(later, always);
    expect(inventory.askedAtMs).toBe(Date.parse(awaited?.createdAt ?? ''));
    expect(jobsStarted()).toBe(1);
    expect(later.inventories.awaited.of(later.destination)).toBe(null);
  });

  test('is waited for where that is wanted', async () => {
    const { deps, events } = await process(underWay());
    await fetchAwaitedInventory(deps, { ...always, wait: true });
    expect(place.clock.waits).toEqual([10_000]);
    expect(notes(events)).toHaveLength(1);
  });

  test('leaves an older inventory to be had at once', async () => {
    await fetchAwaitedInventory((await process()).deps, always);
    place.clock.pass(hourMs);
    const jobId = await place.vault.initiateJob({ kind: 'inventory' }, new AbortController().signal);
    const { deps, events } = await process(underWay((job) => job.jobId === jobId));
    await expect(fetchAwaitedInventory(deps, { wait: false, maxAgeMs: 0 })).rejects.toMatchObject({
      code: 'job-pending',
    });
    expect(notes(events)[0]).toContain('an older inventory');
  });

  test('is asked for once by --request, and found by the next one', async () => {
    const first = await requestInventory((await process(underWay())).deps);
    expect(first.isNew).toBe(true);
    const { deps } = await process(underWay());
    expect(await requestInventory(deps)).toMatchObject({ isNew: false, job: { jobId: first.job.jobId } });
    expect(deps.inventories.awaited.of(deps.destination)?.jobId).toBe(first.job.jobId);
  });
});

describe('the awaited job', () => {
  const awaiting = async (jobId: string) => {
    const { deps } = await process();
    const createdAt = new Date(place.clock.now()).toISOString();
    deps.inventories.awaited.note(deps.destination, { jobId, createdAt });
  };

  test('that is not listed any more has expired, and another one is taken', async () => {
    await awaiting('lost');
    const { deps, events } = await process();
    await fetchAwaitedInventory(deps, always);
    expect(notes(events)[0]).toMatch(/^the inventory job lost, requested on .*, has expired/);
    expect(deps.inventories.awaited.of(deps.destination)).toBe(null);
  });

  test('that failed says why', async () => {
    const { deps: asking } = await process(underWay());
    const { job } = await requestInventory(asking);
    const failed = (listed: Job): Job =>
      listed.jobId === job.jobId ? { ...listed, status: 'Failed', statusMessage: 'no luck' } : listed;
    const { deps, events } = await process((vault) => ({
      ensureJob: (request, serving, signal) =>
        vault.ensureJob(request, (listed) => serving(listed.map(failed)), signal),
    }));
    await fetchAwaitedInventory(deps, always);
    expect(notes(events)).toEqual([
      `the inventory job ${job.jobId}, requested on ${job.createdAt}, failed: no luck`,
    ]);
    expect(jobsStarted()).toBe(2);
  });

  test('that was done too long ago says so', async () => {
    const { job } = await requestInventory((await process(underWay())).deps);
    place.clock.pass(2 * hourMs);
    const { deps, events } = await process();
    await fetchAwaitedInventory(deps, { wait: false, maxAgeMs: hourMs });
    expect(notes(events)[0]).toContain(
      `was done on ${job.completedAt ?? job.createdAt}, longer ago than --max-age`,
    );
  });
});

describe('a job that the user names', () => {
  const start = () => place.vault.initiateJob({ kind: 'inventory' }, new AbortController().signal);

  test('is brought, and kept when it is the newest', async () => {
    const older = await start();
    place.clock.pass(hourMs);
    const newer = await start();
    const { deps, file } = await process();
    const inventory = await fetchInventoryOf(deps, newer, always);
    expect(inventory.name).toBe(file);
    const { deps: again, beside } = await process();
    const kept = readFileSync(file, 'utf8');
    const old = await fetchInventoryOf(again, older, always);
    expect(old.name).toBe(`job ${older}`);
    expect(readFileSync(file, 'utf8')).toBe(kept);
    expect(beside()).toHaveLength(1);
    old.release();
    expect(beside()).toEqual([]);
    expect((await fetchInventoryOf(again, newer, always)).name).toBe(file);
  });

  test('and is too old, or gone, or of an archive, is an error', async () => {
    const jobId = await start();
    place.clock.pass(hourMs + 1);
    const { deps } = await process();
    await expect(fetchInventoryOf(deps, jobId, { wait: false, maxAgeMs: hourMs })).rejects.toMatchObject({
      code: 'inventory-old',
    });
    expect((await fetchInventoryOf(deps, jobId, { wait: false, maxAgeMs: hourMs + 1 })).notKept).toBe(null);
    await expect(fetchInventoryOf(deps, 'unknown', always)).rejects.toMatchObject({ code: 'job-gone' });
    const expired = await process(() => ({ readJobOutputOnce: () => Promise.reject(gone) }));
    const error = await fetchInventoryOf(expired.deps, jobId, always).catch(
      (failure: GlacierUpError) => failure,
    );
    expect(error).toMatchObject({ code: 'job-gone' });
    expect(String((error as GlacierUpError).hint)).toContain('leave --job out');
    const file = join(place.folder, 'photos.tar');
    seededFile(file, 1000);
    const { receipt } = await transfer((await place.next()).deps, { file, mode: 'upload' });
    const { archiveId } = receipt;
    const request = { kind: 'archive' as const, archiveId, range: null, tier: 'Standard' as const };
    const ofArchive = await place.vault.initiateJob(request, new AbortController().signal);
    await expect(fetchInventoryOf(deps, ofArchive, always)).rejects.toMatchObject({ code: 'usage' });
  });

  test('and is of a part of the vault does not take the place of the whole', async () => {
    const jobId = await start();
    const { deps, file } = await process((vault) => ({
      describeJob: async (id, signal) => {
        const job = await vault.describeJob(id, signal);
        return { ...job, inventory: job.inventory && { ...job.inventory, isWhole: false } };
      },
    }));
    expect((await fetchInventoryOf(deps, jobId, always)).name).toBe(`job ${jobId}`);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a download that ends early', () => {
  /** The first bytes come, then an error. */
  const cutting =
    (error: Error, bytes = 100): Parameters<typeof process>[0] =>
    () => ({
      readJobOutputOnce: async ({ take }) => {
        await take(Buffer.from(inventoryText.slice(0, bytes)));
        throw error;
      },
    });
  let inventoryText: string;
  let jobId: string;

  beforeEach(async () => {
    const { deps, file } = await process();
    await fetchAwaitedInventory(deps, always);
    inventoryText = readFileSync(file, 'utf8');
    jobId = (await deps.vault.listJobs(deps.signal))[0]?.jobId ?? '';
  });
  const cut = new Error('the line is cut');

  test('goes on where it ended, and proves first what is there', async () => {
    await expect(fetchAwaitedInventory((await process(cutting(cut))).deps, always)).rejects.toBe(cut);
    const { deps, events, file, beside } = await process();
    await fetchAwaitedInventory(deps, always);
    expect(readFileSync(file, 'utf8')).toBe(inventoryText);
    expect(shown(events)).toBe(inventoryText.length - 100);
    expect(events.find(({ kind }) => kind === 'downloading')).toMatchObject({ keptBytes: 100 });
    expect(events.find(({ kind }) => kind === 'hashing')).toMatchObject({ totalBytes: 100 });
    expect(events.filter(({ kind }) => kind === 'hashed')).toEqual([{ kind: 'hashed', sizeBytes: 100 }]);
    expect(beside()).toEqual([]);
  });

  test('before anything came leaves nothing', async () => {
    const { deps, beside } = await process(cutting(cut, 0));
    await expect(fetchAwaitedInventory(deps, always)).rejects.toBe(cut);
    expect(beside()).toEqual([]);
  });

  test('because the job has expired is followed by another job, once', async () => {
    let asked = 0;
    const { deps, events, beside } = await process((vault) => ({
      readJobOutputOnce: async (request, signal) => {
        asked += 1;
        if (request.jobId !== jobId) return vault.readJobOutputOnce(request, signal);
        await request.take(Buffer.from(inventoryText.slice(0, 100)));
        throw gone;
      },
    }));
    await fetchAwaitedInventory(deps, always);
    expect(asked).toBe(2);
    expect(jobsStarted()).toBe(2);
    expect(notes(events)[0]).toContain('another job is needed');
    expect(events.find(({ kind }) => kind === 'dropped')).toMatchObject({ jobId, sizeBytes: 100 });
    expect(beside()).toEqual([]);
    const never = await process(() => ({ readJobOutputOnce: () => Promise.reject(gone) }));
    await expect(fetchAwaitedInventory(never.deps, always)).rejects.toMatchObject({ code: 'job-gone' });
  });

  test('with what is no inventory leaves nothing of it', async () => {
    const { deps, beside, file } = await process(() => ({
      readJobOutputOnce: async ({ take }) => take(Buffer.alloc(inventoryText.length, 'x')),
    }));
    await expect(fetchAwaitedInventory(deps, always)).rejects.toMatchObject({ code: 'failed' });
    expect(beside()).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(inventoryText);
  });

  test('of another job is dropped, and so is one whose job is not listed any more', async () => {
    const part = async () => {
      await expect(fetchAwaitedInventory((await process(cutting(cut))).deps, always)).rejects.toBe(cut);
    };
    await part();
    place.clock.pass(hourMs);
    const other = await process();
    await fetchInventory(other.deps, { wait: false, askedSinceMs: place.clock.now() });
    expect(other.events.find(({ kind }) => kind === 'dropped')).toMatchObject({
      jobId,
      sizeBytes: 100,
      reason: 'another job is downloaded',
    });
    const newest = (await other.deps.vault.listJobs(other.deps.signal))[0]?.jobId;
    await part();
    const hidden = await process((vault) => ({
      ensureJob: (request, serving, signal) =>
        vault.ensureJob(request, (listed) => serving(listed.filter((job) => job.jobId !== newest)), signal),
    }));
    await fetchAwaitedInventory(hidden.deps, always);
    expect(hidden.events.find(({ kind }) => kind === 'dropped')).toMatchObject({
      jobId: newest,
      reason: 'the job has expired',
    });
  });

  test('stays while its job is listed, also beside others', async () => {
    await expect(fetchAwaitedInventory((await process(cutting(cut))).deps, always)).rejects.toBe(cut);
    const { deps, events } = await process();
    const listed = await deps.vault.listJobs(deps.signal);
    const [job] = listed;
    if (!job) throw new Error('no job is listed');
    await dropExpired(deps, [{ ...job, jobId: 'another' }, job]);
    expect(events).toEqual([]);
    await dropExpired(deps, [{ ...job, jobId: 'another' }]);
    expect(events).toMatchObject([{ kind: 'dropped', jobId, sizeBytes: 100, reason: 'the job has expired' }]);
  });
});
