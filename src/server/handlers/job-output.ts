import { invalid } from '../errors.js';
import { treeHashOfPieces } from '../hashes/tree-hash.js';
import { isTreeHashAligned } from '../hashes/tree-hash-alignment.js';
import { findVault, header, type Reply, type VaultRequest } from '../requests/request.js';
import type { ByteSource } from '../store/byte-source.js';
import { type JobRecord, jobStatus } from '../store/jobs/job.js';
import { openJobOutput } from '../store/jobs/job-output.js';
import type { Job } from '../store/jobs/jobs.js';

/** A job's output has seldom more ranges; those of one that has are computed again. */
const MOST_RANGE_TREE_HASHES = 10_000;

interface OutputRange {
  /** Counted from the beginning of the output. */
  readonly firstByte: number;
  readonly sizeBytes: number;
}

/** GetJobOutput. The tree hash comes with archives only, and only for ranges whose tree hash can be checked. */
export async function jobOutput(request: VaultRequest): Promise<Reply> {
  const nowMs = request.nowMs();
  const { jobs, seeds } = findVault(request);
  const job = jobs.find(request.jobId, nowMs);
  const { record } = job;
  if (jobStatus(record, nowMs) !== 'Succeeded') {
    throw invalid(`The job is not currently available for download: ${record.jobId}`);
  }
  const asked = request.faults.has('ignore-range')
    ? undefined
    : askedRange(header(request, 'range'), record.outputSizeBytes);
  const range = asked ?? { firstByte: 0, sizeBytes: record.outputSizeBytes };
  const { retrieval } = record;
  const outputStart = retrieval.kind === 'archive' ? retrieval.firstByte : 0;
  const open = () => openJobOutput(job, seeds);
  const headers: Record<string, string> = { 'Accept-Ranges': 'bytes', 'Content-Type': contentType(record) };
  if (asked) {
    const lastByte = range.firstByte + range.sizeBytes - 1;
    headers['Content-Range'] = `bytes ${range.firstByte}-${lastByte}/${record.outputSizeBytes}`;
  }
  if (retrieval.kind === 'archive') {
    if (retrieval.archiveDescription !== null) {
      headers['x-amz-archive-description'] = retrieval.archiveDescription;
    }
    const treeHash = await treeHashOf(job, range, open);
    if (treeHash !== undefined) headers['x-amz-sha256-tree-hash'] = treeHash;
  }
  const bytes = { open, firstByte: outputStart + range.firstByte, sizeBytes: range.sizeBytes };
  return { status: asked ? 206 : 200, headers, bytes };
}

/** The range asked for; undefined for the whole. A header that is malformed is ignored (seen). */
function askedRange(text: string | undefined, outputSizeBytes: number): OutputRange | undefined {
  const fields = /^bytes=(\d{1,15})-(\d{1,15})?$/.exec(text ?? '');
  if (!fields) return undefined;
  const [first, last] = [Number(fields[1]), Number(fields[2] ?? Number.POSITIVE_INFINITY)];
  if (last < first) return undefined;
  if (first >= outputSizeBytes) {
    throw invalid(`The start of the range is larger than size of retrieved data: ${text}`);
  }
  return { firstByte: first, sizeBytes: Math.min(last + 1, outputSizeBytes) - first };
}

function contentType({ retrieval }: JobRecord): string {
  if (retrieval.kind === 'archive') return 'application/octet-stream';
  return retrieval.format === 'JSON' ? 'application/json' : 'text/csv';
}

/** Of ranges that were read once: when a reply breaks off the same range is asked for again. */
const rangeTreeHashes = new WeakMap<Job, Map<string, string>>();

/** Undefined unless both the job's range and the one asked for are nodes of the archive's hash tree. */
async function treeHashOf(
  job: Job,
  { firstByte, sizeBytes }: OutputRange,
  open: () => Promise<ByteSource>,
): Promise<string | undefined> {
  const { retrieval, outputSizeBytes } = job.record;
  if (retrieval.kind !== 'archive' || retrieval.treeHash === null) return undefined;
  if (sizeBytes === outputSizeBytes) return retrieval.treeHash;
  const inArchive = retrieval.firstByte + firstByte;
  if (!isTreeHashAligned(inArchive, sizeBytes, retrieval.archiveSizeBytes)) return undefined;
  const rangeText = `${inArchive}+${sizeBytes}`;
  const known = rangeTreeHashes.get(job) ?? new Map<string, string>();
  const treeHash = known.get(rangeText) ?? (await computed(open, inArchive, sizeBytes));
  if (known.size >= MOST_RANGE_TREE_HASHES) known.clear();
  rangeTreeHashes.set(job, known.set(rangeText, treeHash));
  return treeHash;
}

async function computed(
  open: () => Promise<ByteSource>,
  firstByte: number,
  sizeBytes: number,
): Promise<string> {
  const source = await open();
  try {
    return await treeHashOfPieces(source.read(firstByte, sizeBytes));
  } finally {
    await source.close();
  }
}
