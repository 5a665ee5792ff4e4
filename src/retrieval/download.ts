/** A job's output brought into a file by ranges, several at a time, each proved by its tree hash from the disk. */
import { GlacierUpError, hasCode } from '../errors.js';
import { forEachConcurrent } from '../for-each-concurrent.js';
import { type ByteRange, rangeText } from '../glacier/byte-range.js';
import { defaultPartSize } from '../glacier/limits.js';
import { type RateLimit, rateLimit } from '../transfer/sending/rate-limit.js';
import type { HashPool } from '../treehash/pool.js';
import { joinRawTreeHashes } from '../treehash/tree-hash.js';
import { cutAligned } from './aligned-ranges.js';
import { GatheredWriter } from './gathered-writer.js';
import { openPartialDownload, type PartialDownload } from './partial-download.js';
import type { JobDeps } from './retrieval-deps.js';

export interface DownloadDeps extends JobDeps {
  pool: HashPool;
  /** Ranges at a time. */
  concurrency: number;
  /** Bytes a second over all ranges. */
  limitRate?: number;
  /** The same, shared with other downloads. */
  limit?: RateLimit | null;
}

export interface Download {
  jobId: string;
  archiveId: string;
  /** Within the archive, tree-hash aligned. */
  range: ByteRange;
  /** Of the range, hex. */
  treeHash: string;
  out: string;
  /** Overwrite `out`, and drop what an earlier run has left of something else. */
  force: boolean;
}

/** A line that carries less than this is not one to wait for. */
const slowestBytesPerSecond = 1024;

/** A range whose bytes do not have their hash is fetched again this often before it counts as proof. */
const mostMismatches = 3;

/**
 * Fetches what is not there yet, proves each range and the whole, then gives the file its name.
 * @throws GlacierUpError `hash-mismatch` when a hash stays wrong; `output-unwritable` (a full disk); `job-gone`;
 * what is proved is kept in every case but that of a wrong whole
 */
export async function download(deps: DownloadDeps, work: Download): Promise<void> {
  const { signal, emit, limitRate, clock } = deps;
  const { archiveId, range, treeHash, out, force } = work;
  const pieceSizeBytes = defaultPartSize(range.end - range.start);
  const partial = openPartialDownload(out, { archiveId, range, treeHash, pieceSizeBytes }, { force });
  try {
    const pieces = cutAligned(range, partial.subject.pieceSizeBytes);
    const hashes = await keptHashes(deps, partial, pieces);
    const missing = pieces.flatMap((_, index) => (hashes[index] ? [] : [index]));
    const missingBytes = missing.reduce((sum, index) => sum + sizeOf(pieces[index]), 0);
    const totalBytes = range.end - range.start;
    emit({
      kind: 'retrieving',
      file: out,
      totalBytes,
      keptBytes: totalBytes - missingBytes,
      totalRanges: pieces.length,
      keptRanges: pieces.length - missing.length,
    });
    const fetcher = {
      ...deps,
      ...work,
      partial,
      limit: deps.limit ?? (limitRate ? rateLimit(limitRate, clock) : null),
    };
    await forEachConcurrent(
      missing,
      { concurrency: deps.concurrency, signal },
      async (index, groupSignal) => {
        const piece = pieces[index] as ByteRange;
        hashes[index] = await fetchPiece({ ...fetcher, signal: groupSignal }, piece);
      },
    );
    const whole = joinRawTreeHashes(hashes.map((hash) => hash ?? Buffer.alloc(0))).toString('hex');
    if (whole !== treeHash) {
      partial.forget();
      throw new GlacierUpError('hash-mismatch', `the file has tree hash ${whole}, the archive ${treeHash}`, {
        hint: 'nothing was given its name; run the same command again: it downloads everything again',
      });
    }
    await partial.publish({ force });
  } finally {
    await partial.close();
    emit({ kind: 'ended' });
  }
}

function sizeOf(range: ByteRange | undefined): number {
  return range ? range.end - range.start : 0;
}

/** The hash of each piece that an earlier run has proved and that is on the disk still. */
async function keptHashes(
  { pool, emit, signal }: DownloadDeps,
  partial: PartialDownload,
  pieces: readonly ByteRange[],
): Promise<(Buffer | null)[]> {
  const noted = pieces.map((piece) => partial.proved.get(rangeText(piece)));
  const hashes: (Buffer | null)[] = pieces.map(() => null);
  const totalBytes = pieces.reduce((sum, piece, index) => sum + (noted[index] ? sizeOf(piece) : 0), 0);
  if (totalBytes > 0) emit({ kind: 'hashing', file: 'what is there already', totalBytes });
  await forEachConcurrent(
    pieces.entries(),
    { concurrency: 2 * pool.size, signal },
    async ([index, piece]) => {
      if (noted[index] === undefined) return;
      const hash = await hashPiece(pool, partial, piece);
      if (hash?.toString('hex') === noted[index]) hashes[index] = hash;
      emit({ kind: 'hashed', sizeBytes: sizeOf(piece) });
    },
  );
  return hashes;
}

/** null when the file is too short to hold it. */
async function hashPiece(
  pool: HashPool,
  { fd, subject }: PartialDownload,
  piece: ByteRange,
): Promise<Buffer | null> {
  const base = subject.range.start;
  try {
    return (await pool.hashRange({ fd, start: piece.start - base, end: piece.end - base })).rawTreeHash;
  } catch (error) {
    if (hasCode(error, 'archive-changed')) return null;
    throw error;
  }
}

interface Fetcher extends DownloadDeps, Download {
  partial: PartialDownload;
  limit: RateLimit | null;
}

/** Fetches one piece until the bytes on the disk have the hash that the service names. @returns it, raw */
async function fetchPiece(fetcher: Fetcher, piece: ByteRange): Promise<Buffer> {
  const { pool, partial, emit } = fetcher;
  for (let mismatches = 1; ; mismatches += 1) {
    const named = await fetchOnce(fetcher, piece);
    const hash = await hashPiece(pool, partial, piece);
    const hex = hash?.toString('hex');
    // Without a hash of its own a piece is proved with the whole.
    if (hash && named === null) return hash;
    if (hash && hex === named) {
      partial.noteProved(piece, named);
      emit({ kind: 'range-proved', range: piece });
      return hash;
    }
    const message = `range ${rangeText(piece)} has tree hash ${hex} on the disk, ${named} to the service`;
    emit({ kind: 'bytes', sizeBytes: -sizeOf(piece) });
    if (mismatches >= mostMismatches) {
      throw new GlacierUpError('hash-mismatch', message, {
        hint: 'the bytes were changed on their way, in memory or on the disk; try again, and test this machine if it repeats',
      });
    }
    emit({ kind: 'note', message: `${message}; fetching it again` });
  }
}

/** @returns the tree hash that the service names */
async function fetchOnce(fetcher: Fetcher, piece: ByteRange): Promise<string | null> {
  const { vault, jobId, range, partial, emit, limit, signal, clock } = fetcher;
  const writer = new GatheredWriter(partial.write);
  let attemptBytes = 0;
  let startMs = 0;
  const takeBack = (): void => {
    if (attemptBytes > 0) emit({ kind: 'bytes', sizeBytes: -attemptBytes });
    attemptBytes = 0;
  };
  const takeTurn = async (limited: RateLimit, sizeBytes: number, adding: Promise<void> | void) => {
    await adding;
    await limited.take(sizeBytes, signal);
  };
  const openSink = () => {
    takeBack();
    startMs = clock.monotonicMs();
    writer.startAt(piece.start);
    return (bytes: Uint8Array): Promise<void> | void => {
      attemptBytes += bytes.length;
      const adding = writer.add(bytes);
      emit({ kind: 'bytes', sizeBytes: bytes.length });
      return limit ? takeTurn(limit, bytes.length, adding) : adding;
    };
  };
  const expectedMs = (): number | undefined => {
    const bytesPerSecond = (attemptBytes / (clock.monotonicMs() - startMs)) * 1000;
    const isSlow = limit === null && bytesPerSecond < slowestBytesPerSecond;
    return isSlow || attemptBytes === 0 ? undefined : (sizeOf(piece) / bytesPerSecond) * 1000;
  };
  const relative = { start: piece.start - range.start, end: piece.end - range.start };
  try {
    const treeHash = await vault.readJobOutput({ jobId, range: relative, expectedMs, openSink }, signal);
    await writer.finish();
    return treeHash;
  } catch (error) {
    takeBack();
    throw error;
  } finally {
    await writer.settle();
  }
}
