/** An archive brought back: its job found or started, its bytes downloaded and proved, and only then given a name. */
import { closeSync, fstatSync, lstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GlacierUpError } from '../errors.js';
import { type ByteRange, rangeText } from '../glacier/byte-range.js';
import type { Job, Tier } from '../glacier/jobs.js';
import { faultWords } from '../os/fault-words.js';
import { isThere } from '../os/presence.js';
import { acquireLock } from '../session/lock.js';
import { hashFile } from '../treehash/hash-file.js';
import { enclosingNode, isAligned, isAlignedAnywhere } from './aligned-ranges.js';
import { awaitJob } from './await-job.js';
import { type DownloadDeps, download } from './download.js';
import { partName } from './part-name.js';
import { dropLeftovers, nameTaken, partOfAnother, readRanges } from './partial-download.js';
import { checked, unwritable } from './unwritable.js';

export interface RetrieveDeps extends DownloadDeps {
  /** How long to wait for another process that retrieves into the same file. */
  waitLockMs: number;
}

export interface RetrieveRequest {
  archiveId: string;
  /** Within the archive; null: all of it. */
  range: ByteRange | null;
  /** null: Standard, and any job that is under way is good enough. */
  tier: Tier | null;
  out: string;
  force: boolean;
  /** Wait hours for the job. */
  wait: boolean;
  /** What a receipt or an inventory says about the archive. */
  known: { sizeBytes: number; treeHash: string } | null;
}

export interface Retrieved {
  sizeBytes: number;
  treeHash: string;
  range: ByteRange;
  /** null when the file was there already. */
  jobId: string | null;
}

/**
 * @throws GlacierUpError `usage` when the file is there and is other bytes; `job-pending` telling when to come back;
 * `hash-mismatch`, `output-unwritable`, `archive-gone`, `job-gone`
 */
export async function retrieve(deps: RetrieveDeps, request: RetrieveRequest): Promise<Retrieved> {
  const { clock, signal, emit, waitLockMs } = deps;
  const { out } = request;
  assertProvable(request.range, request.known?.sizeBytes ?? null);
  const lock = await acquireLock(`${partName(out)}.lock`, {
    clock,
    signal,
    what: out,
    waitMs: waitLockMs,
    onWaiting: (holder) => emit({ kind: 'note', message: `waiting for ${holder}, which retrieves ${out}` }),
  }).catch((error: unknown) => {
    throw error instanceof GlacierUpError && error.code === 'state-unusable'
      ? unwritable(out, error.cause)
      : error;
  });
  try {
    assertReplaceable(out, statSync);
    // It is opened without following a link.
    assertReplaceable(partName(out), lstatSync);
    if (checked(out, () => isThere(out)) && !request.force) return await assertThere(deps, request);
    assertOwnPart(request);
    return await fetchByJob(deps, request);
  } finally {
    lock.release();
  }
}

/**
 * Before anything is paid for: a file can get this name.
 * @throws GlacierUpError `usage` when a folder, a device or the like has it
 */
function assertReplaceable(name: string, look: typeof statSync | typeof lstatSync): void {
  const stats = checked(name, () => look(name, { throwIfNoEntry: false }));
  if (stats === undefined || stats.isFile()) return;
  const what = stats.isDirectory() ? 'a folder' : 'not a regular file';
  throw new GlacierUpError('usage', `${name} is ${what}: no archive can be retrieved into it`, {
    hint: stats.isDirectory() ? `give a file: -o ${join(name, 'FILE')}` : 'give another -o',
  });
}

/** @throws GlacierUpError `usage` when what an earlier run left is of another archive, and is not to be dropped */
function assertOwnPart({ archiveId, out, force }: RetrieveRequest): void {
  const left = readRanges(out)?.subject;
  if (left && left.archiveId !== archiveId && !force) throw partOfAnother(out, left.archiveId);
}

/** The job that would serve, if there is one: nothing is started. @throws GlacierUpError `usage` as `retrieve` does */
export async function jobThere(
  { vault, signal }: RetrieveDeps,
  { archiveId, range, tier, known }: Pick<RetrieveRequest, 'archiveId' | 'range' | 'tier' | 'known'>,
): Promise<Job | null> {
  assertProvable(range, known?.sizeBytes ?? null);
  return serving(await vault.listJobs(signal), { archiveId, range }, tier) ?? null;
}

async function fetchByJob(
  deps: RetrieveDeps,
  { archiveId, range, tier, out, force, wait, known }: RetrieveRequest,
): Promise<Retrieved> {
  const { vault, signal } = deps;
  const jobRequest = { kind: 'archive' as const, archiveId, range, tier: tier ?? 'Standard' };
  const { job, isNew } = await vault.ensureJob(jobRequest, (jobs) => serving(jobs, jobRequest, tier), signal);
  assertSameArchive(job, known);
  const { jobId, archive } = await awaitJob(deps, job, { wait, isNew });
  if (!archive?.rangeTreeHash) throw unprovable(range ?? { start: 0, end: 0 }, archive?.sizeBytes ?? null);
  const treeHash = archive.rangeTreeHash;
  await download(deps, { jobId, archiveId, range: archive.range, treeHash, out, force });
  return { sizeBytes: archive.range.end - archive.range.start, treeHash, range: archive.range, jobId };
}

const speeds: Tier[] = ['Bulk', 'Standard', 'Expedited'];

/** A job that is done, or else the one under way; a slower one than was asked for does not serve. */
function serving(
  jobs: readonly Job[],
  { archiveId, range }: { archiveId: string; range: ByteRange | null },
  tier: Tier | null,
): Job | undefined {
  const fitting = jobs.filter(({ archive }) => {
    if (archive?.archiveId !== archiveId) return false;
    const wanted = range ?? { start: 0, end: archive.sizeBytes };
    return archive.range.start === wanted.start && archive.range.end === wanted.end;
  });
  const isFastEnough = ({ archive }: Job): boolean =>
    tier === null || speeds.indexOf(archive?.tier ?? 'Bulk') >= speeds.indexOf(tier);
  return (
    fitting.find(({ status }) => status === 'Succeeded') ??
    fitting.find((job) => job.status === 'InProgress' && isFastEnough(job))
  );
}

/** What the service would bring must be what was archived. */
function assertSameArchive({ archive }: Job, known: RetrieveRequest['known']): void {
  if (!archive || !known) return;
  if (archive.treeHash === known.treeHash && archive.sizeBytes === known.sizeBytes) return;
  const message = `the service has the archive with tree hash ${archive.treeHash} and ${archive.sizeBytes} bytes, here it is ${known.treeHash} and ${known.sizeBytes} bytes`;
  throw new GlacierUpError('hash-mismatch', message, { hint: 'nothing was downloaded' });
}

/** The file is there: it is what was asked for, proved again, or it is in the way. */
async function assertThere(
  { pool, signal, emit }: RetrieveDeps,
  { archiveId, range, out, known }: RetrieveRequest,
): Promise<Retrieved> {
  const left = readRanges(out)?.subject;
  const expected =
    range === null && known
      ? { treeHash: known.treeHash, range: { start: 0, end: known.sizeBytes } }
      : left?.archiveId === archiveId && (range === null || rangeText(range) === rangeText(left.range))
        ? left
        : null;
  if (!expected) throw nameTaken(out);
  const sizeBytes = expected.range.end - expected.range.start;
  let fd: number;
  try {
    fd = openSync(out, 'r');
  } catch (cause) {
    throw nameTaken(out, `, cannot be read (${faultWords(cause)}),`);
  }
  try {
    if (fstatSync(fd).size !== sizeBytes) throw nameTaken(out);
    const { rawTreeHash } = await hashFile(pool, { fd, sizeBytes }, signal);
    if (rawTreeHash.toString('hex') !== expected.treeHash) throw nameTaken(out);
  } finally {
    closeSync(fd);
  }
  // A crash between the file's name and the end of the run leaves these behind.
  if (left?.archiveId === archiveId) dropLeftovers(out);
  emit({ kind: 'note', message: `${out} is there already, and has the archive's tree hash` });
  return { sizeBytes, treeHash: expected.treeHash, range: expected.range, jobId: null };
}

/** Before anything is paid for: bytes that no tree hash proves are not retrieved. */
function assertProvable(range: ByteRange | null, sizeBytes: number | null): void {
  if (range === null) return;
  if (sizeBytes === null ? isAlignedAnywhere(range) : range.end <= sizeBytes && isAligned(range, sizeBytes)) {
    return;
  }
  throw unprovable(range, sizeBytes);
}

function unprovable(range: ByteRange, sizeBytes: number | null): GlacierUpError {
  const what = `--range ${rangeText(range)}`;
  if (sizeBytes !== null && range.end > sizeBytes) {
    return new GlacierUpError('usage', `${what} goes beyond the archive, which has ${sizeBytes} bytes`);
  }
  const hint =
    sizeBytes === null
      ? 'the archive is not known here: fetch the inventory, or give a power of two of MiB from a multiple of it, for example 0-1048575'
      : `the smallest range around it that is: ${rangeText(enclosingNode(range, sizeBytes))}`;
  return new GlacierUpError('usage', `${what} is not tree-hash aligned: nothing would prove its bytes`, {
    hint,
  });
}
