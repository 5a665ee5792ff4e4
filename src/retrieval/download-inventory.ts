/** An inventory brought by ranges, several at a time, and kept as it comes: the next run goes on from where it broke. */
import { GlacierUpError, hasCode } from '../errors.js';
import { forEachConcurrent } from '../for-each-concurrent.js';
import type { ByteRange } from '../glacier/byte-range.js';
import type { Job } from '../glacier/jobs.js';
import type { DownloadPlace, FetchedInventory } from '../session/inventories.js';
import { acquireLock } from '../session/lock.js';
import { dropLeft, leftOf, missingRanges, PartialInventory, sizeOf } from './keep-inventory.js';
import { partName } from './part-name.js';
import type { InventoryDeps } from './retrieval-deps.js';

/** Ranges at a time. */
const concurrency = 4;
/** A break costs the bytes that are under way only, so that a range may take long. Each is a request. */
const rangeBytes = 16 * 1024 ** 2;
/** So many bytes are written, and noted, at a time: few calls, and a crash loses little. */
const gatherBytes = 256 * 1024;

const expired = 'the job has expired';

/** The job's output is no more: hours were too few to download it. */
export class InventoryExpiredError extends GlacierUpError {
  readonly jobId: string;

  constructor(jobId: string, cause: GlacierUpError) {
    super('job-gone', `the inventory job ${jobId} has expired before its output was downloaded`, {
      hint: 'run the same command again, which starts another job',
      cause,
      ...(cause.service ? { service: cause.service } : {}),
    });
    this.jobId = jobId;
  }
}

/**
 * Downloads the output of an inventory job, or what earlier runs have not. Another process that does so is waited for;
 * what it brought is taken.
 * @param isKept false: the inventory before stays, and this one is there until it is released
 * @throws InventoryExpiredError; GlacierUpError `failed` when it is damaged or not as long as the job says, `locked`,
 * `state-unusable` (a full disk). What has come is kept, but for the first two
 */
export async function downloadInventory(
  deps: InventoryDeps,
  job: Job,
  isKept: boolean,
): Promise<FetchedInventory> {
  const { destination, inventories } = deps;
  const place = inventories.placeFor(destination);
  try {
    const { lock, hasWaited } = await lockDownload(deps, place.file);
    try {
      const brought = hasWaited && isKept ? inventories.kept(destination) : null;
      if (brought?.askedAtMs === Date.parse(job.createdAt)) {
        return { ...brought, notKept: null, release: () => {} };
      }
      return await downloadTo(deps, job, place, isKept);
    } finally {
      lock.release();
    }
  } catch (error) {
    place.release();
    throw error;
  }
}

async function downloadTo(
  deps: InventoryDeps,
  job: Job,
  place: DownloadPlace,
  isKept: boolean,
): Promise<FetchedInventory> {
  const { jobId } = job;
  const { file } = place;
  const output = { jobId, sizeBytes: outputBytes(job) };
  try {
    const earlier = leftOf(file);
    if (earlier && earlier.output.jobId !== jobId) {
      drop(deps, file, earlier, 'another job is downloaded');
    }
    const partial = new PartialInventory(file, output);
    let whole: string;
    try {
      await fetchMissing(deps, output, partial);
      whole = partial.flush();
    } finally {
      partial.close();
    }
    const brought = { askedAtMs: Date.parse(job.createdAt), isKept, name: `job ${jobId}` };
    const kept = await deps.inventories.keep(place, whole, brought);
    dropLeft(file);
    return kept;
  } catch (error) {
    const isExpired = hasCode(error, 'job-gone');
    const left = leftOf(file);
    if (left && isExpired) drop(deps, file, left, expired);
    else if (left && hasCode(error, 'failed')) drop(deps, file, left, 'they are not the inventory');
    else if (left?.noted.length === 0) dropLeft(file);
    throw isExpired ? new InventoryExpiredError(jobId, error) : error;
  }
}

/** Deletes what earlier runs have downloaded of a job that is not listed any more, and says so. */
export async function dropExpired(deps: InventoryDeps, listed: readonly Job[]): Promise<void> {
  const file = deps.inventories.fileFor(deps.destination);
  const isExpired = (left: Left | null): left is Left =>
    left !== null && listed.every(({ jobId }) => jobId !== left.output.jobId);
  try {
    if (!isExpired(leftOf(file))) return;
    const { lock } = await lockDownload({ ...deps, waitLockMs: 0 }, file);
    try {
      const left = leftOf(file);
      if (isExpired(left)) drop(deps, file, left, expired);
    } finally {
      lock.release();
    }
  } catch (error) {
    // Whoever holds it finds out by itself; and where nothing can be changed, the inventory can be printed all the same.
    if (!hasCode(error, 'locked', 'state-unusable')) throw error;
  }
}

type Left = NonNullable<ReturnType<typeof leftOf>>;

function drop({ emit }: InventoryDeps, file: string, { output, noted }: Left, reason: string): void {
  dropLeft(file);
  const sizeBytes = sizeOf(noted.map(({ range }) => range));
  if (sizeBytes > 0) emit({ kind: 'dropped', jobId: output.jobId, sizeBytes, reason });
}

async function lockDownload(
  { clock, signal, emit, waitLockMs }: InventoryDeps,
  file: string,
): Promise<{ lock: { release(): void }; hasWaited: boolean }> {
  let hasWaited = false;
  const lock = await acquireLock(`${partName(file)}.lock`, {
    clock,
    signal,
    what: 'the inventory',
    waitMs: waitLockMs,
    onWaiting: (holder) => {
      hasWaited = true;
      emit({ kind: 'note', message: `waiting for ${holder}, which downloads the inventory` });
    },
  });
  return { lock, hasWaited };
}

function outputBytes({ jobId, inventory }: Job): number {
  if (inventory && inventory.sizeBytes !== null) return inventory.sizeBytes;
  throw new GlacierUpError('failed', `the service does not say how long the inventory of job ${jobId} is`, {
    hint: 'run the same command again',
  });
}

async function fetchMissing(
  deps: InventoryDeps,
  output: { jobId: string; sizeBytes: number },
  partial: PartialInventory,
): Promise<void> {
  const { signal, emit } = deps;
  const { sizeBytes } = output;
  try {
    const notedBytes = sizeOf(partial.noted);
    if (notedBytes > 0) emit({ kind: 'hashing', file: 'what is there already', totalBytes: notedBytes });
    const there = await partial.readBack(signal, (count) => emit({ kind: 'hashed', sizeBytes: count }));
    const missing = missingRanges(sizeBytes, there, rangeBytes);
    const keptBytes = sizeBytes - sizeOf(missing);
    emit({ kind: 'downloading', totalBytes: sizeBytes, keptBytes });
    await forEachConcurrent(missing, { concurrency, signal }, (range, groupSignal) =>
      fetchRange({ ...deps, signal: groupSignal }, output, range, partial),
    );
  } finally {
    emit({ kind: 'ended' });
  }
}

/** However it ends, the bytes that came are kept. */
async function fetchRange(
  { vault, signal, emit }: InventoryDeps,
  { jobId, sizeBytes }: { jobId: string; sizeBytes: number },
  range: ByteRange,
  partial: PartialInventory,
): Promise<void> {
  const gathered = Buffer.allocUnsafe(gatherBytes);
  let gatheredBytes = 0;
  let { start } = range;
  const write = (): void => {
    if (gatheredBytes === 0) return;
    const bytes = gathered.subarray(0, gatheredBytes);
    gatheredBytes = 0;
    partial.write(bytes, start);
    start += bytes.length;
  };
  const take = (bytes: Uint8Array): void => {
    for (let taken = 0; taken < bytes.length; ) {
      const piece = bytes.subarray(taken, taken + gatherBytes - gatheredBytes);
      gathered.set(piece, gatheredBytes);
      gatheredBytes += piece.length;
      taken += piece.length;
      if (gatheredBytes === gatherBytes) write();
    }
    emit({ kind: 'bytes', sizeBytes: bytes.length });
  };
  try {
    await vault.readJobOutputOnce({ jobId, range, outputBytes: sizeBytes, take }, signal);
  } finally {
    write();
  }
}
