/** Sends parts, several at a time, each proved by the tree hash that the service answers with. */
import type { ArchiveFile } from '../archive/archive-file.js';
import { RangeStream } from '../archive/range-stream.js';
import { GlacierUpError, hasCode } from '../errors.js';
import { type ByteRange, rangeText } from '../glacier/byte-range.js';
import type { PartHashes } from '../session/part-hashes.js';
import { type Lanes, makeLanes } from './lanes.js';
import { type Plan, partRange } from './plan.js';
import { type RateLimit, rateLimit } from './rate-limit.js';
import type { Surroundings } from './surroundings.js';

export interface PartsToSend {
  file: ArchiveFile;
  plan: Plan;
  uploadId: string;
  indexes: readonly number[];
  /** Filled in as parts are hashed. */
  hashes: PartHashes;
  /** After each part that the service has confirmed. */
  onStored: () => void;
}

/** A part whose hash the service does not confirm is read and sent again this often before it counts as proof. */
const mostHashMismatches = 3;

/**
 * Resolves when every part named is stored. The first permanent failure stops all others at once.
 * @throws GlacierUpError the first failure; what other parts ran into while being stopped is not reported
 */
export async function sendParts(surroundings: Surroundings, work: PartsToSend): Promise<void> {
  const { concurrency, limitRate, clock, emit, signal } = surroundings;
  const stop = new AbortController();
  const lanes = makeLanes(concurrency, (width, reason) =>
    emit({
      kind: 'concurrency',
      lanes: width,
      reason: reason === 'narrow' ? 'the service asked for less' : 'parts get through again',
    }),
  );
  const sender: Sender = {
    ...surroundings,
    ...work,
    signal: AbortSignal.any([signal, stop.signal]),
    lanes,
    limit: limitRate === undefined ? null : rateLimit(limitRate, clock),
  };
  const line = work.indexes.values();
  const lane = async (): Promise<void> => {
    for (const index of line) {
      const leave = await lanes.enter();
      try {
        sender.signal.throwIfAborted();
        await sendPart(sender, index);
      } catch (error) {
        stop.abort(error);
        throw error;
      } finally {
        leave();
      }
    }
  };
  const ends = await Promise.allSettled(
    Array.from({ length: Math.min(concurrency, work.indexes.length) }, lane),
  );
  signal.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason;
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}

interface Sender extends Surroundings, PartsToSend {
  lanes: Lanes;
  limit: RateLimit | null;
}

async function sendPart(sender: Sender, index: number): Promise<void> {
  const { file, plan, hashes, emit, lanes, onStored } = sender;
  const range = partRange(plan, index);
  for (let mismatches = 0; ; ) {
    await file.assertUnchanged();
    try {
      const treeHash = await sendOnce(sender, range);
      await file.assertUnchanged();
      hashes.set(index, treeHash);
      break;
    } catch (error) {
      if (!hasCode(error, 'hash-mismatch')) throw error;
      // The bytes may have changed on their way because the file did: then that is what to say.
      await file.assertUnchanged();
      mismatches += 1;
      if (mismatches >= mostHashMismatches) throw error;
      emit({
        kind: 'note',
        message: `part ${rangeText(range)}: ${error.message}; reading and sending it again`,
      });
    }
  }
  lanes.succeeded();
  onStored();
  emit({ kind: 'part-stored', range });
}

/** Hashes one part, streams it, and compares what the service says it received. */
async function sendOnce(sender: Sender, range: ByteRange): Promise<Buffer> {
  const { file, pool, vault, uploadId, signal, emit } = sender;
  const { treeHash, sha256 } = await pool.hashRange({ fd: file.fd, ...range, linear: true });
  signal.throwIfAborted();
  const hex = treeHash.toString('hex');
  let attemptBytes = 0;
  const takeBack = (): void => {
    if (attemptBytes > 0) emit({ kind: 'bytes', sizeBytes: -attemptBytes });
    attemptBytes = 0;
  };
  try {
    const received = await vault.uploadPart(
      {
        uploadId,
        range,
        treeHash: hex,
        sha256: (sha256 ?? treeHash).toString('hex'),
        openBody: (onBytes) => {
          takeBack();
          return bodyOf(sender, range, (sizeBytes) => {
            attemptBytes += sizeBytes;
            onBytes(sizeBytes);
            emit({ kind: 'bytes', sizeBytes });
          });
        },
      },
      signal,
    );
    if (received === hex) return treeHash;
    const message = `the service computed tree hash ${received} for part ${rangeText(range)}, here it is ${hex}`;
    throw new GlacierUpError('hash-mismatch', message, {
      hint: 'the bytes were changed on their way or in memory; try again, and test this machine if it repeats',
    });
  } catch (error) {
    takeBack();
    throw error;
  }
}

function bodyOf(
  { file, limit, signal }: Sender,
  range: ByteRange,
  onBytes: (sizeBytes: number) => void,
): RangeStream {
  return new RangeStream({
    fd: file.fd,
    ...range,
    onBytes,
    ...(limit ? { stepBytes: limit.stepBytes, pace: (sizeBytes) => limit.take(sizeBytes, signal) } : {}),
  });
}
