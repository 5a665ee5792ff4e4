/** Sends parts, several at a time, each proved by the tree hash that the service answers with. */

import { RangeStream } from '../../archive/range-stream.js';
import { GlacierUpError, hasCode } from '../../errors.js';
import { followSignal } from '../../follow-signal.js';
import { forEachConcurrent } from '../../for-each-concurrent.js';
import { rangeText } from '../../glacier/byte-range.js';
import { leafSizeBytes } from '../../treehash/tree-hash.js';
import type { SendDeps } from '../upload-deps.js';
import { unitsOf } from './adaptive-limiter.js';
import type { PartSource } from './part-source.js';
import { SlowTries } from './too-slow.js';
import { openWire, type Wire } from './wire.js';

export interface PartsToSend {
  uploadId: string;
  partSizeBytes: number;
  /** Of the whole archive; undefined while it is not known. */
  sizeBytes?: number;
  /**
   * The parts in the order in which to send them. The signal is aborted when no more of them are wanted. At most
   * one part more than are sent at a time is taken ahead.
   */
  parts: (signal: AbortSignal) => Iterable<PartSource> | AsyncIterable<PartSource>;
  /** After each part that the service has confirmed. */
  onStored: (index: number, rawTreeHash: Buffer) => void;
}

/** A part whose hash the service does not confirm is read and sent again this often before it counts as proof. */
const mostHashMismatches = 3;

/**
 * Resolves when every part is stored. The first permanent failure to send one stops all others at once; when the
 * parts themselves fail to come, those on their way are still stored.
 * @throws GlacierUpError the first failure; what other parts ran into while being stopped is not reported
 */
export async function sendParts(deps: SendDeps, work: PartsToSend): Promise<void> {
  const { concurrency, signal } = deps;
  const wire = deps.wire ?? openWire(deps);
  wire.sharedLine.prepareFor(Math.min(work.partSizeBytes, work.sizeBytes ?? work.partSizeBytes));
  // One more than there are slots: it holds the next part ready for the slot that is free first.
  const together = { concurrency: concurrency + 1, signal };
  await forEachConcurrent(work.parts, together, async (part, groupSignal) => {
    try {
      await sendPart({ ...deps, ...work, ...wire, signal: groupSignal }, part);
    } finally {
      await part.release();
    }
  });
}

type Sender = SendDeps & PartsToSend & Wire;

function roomOf({ partSizeBytes }: Sender, { range }: PartSource): number {
  return unitsOf(range.end - range.start, partSizeBytes);
}

/** Why an attempt ended that made room for others: its part is sent when there is room again. */
const madeRoom = new Error('made room for other parts');

/** Sends a part in a slot of its own, as often as it has to make room for others. */
async function sendInSlot(sender: Sender, part: PartSource): Promise<Buffer> {
  for (;;) {
    const leave = await sender.limiter.enter(roomOf(sender, part));
    try {
      sender.signal.throwIfAborted();
      // Not before there is a slot: parts take their slots in their order.
      if (part.rawTreeHash === undefined) await part.assertUnchanged();
      return await sendOnce(sender, part);
    } catch (error) {
      if (error !== madeRoom) throw error;
    } finally {
      leave();
    }
  }
}

async function sendPart(sender: Sender, part: PartSource): Promise<void> {
  const { emit, limiter, onStored } = sender;
  for (let mismatches = 0; ; ) {
    try {
      const rawTreeHash = await sendInSlot(sender, part);
      // What arrived has the hash that was known beforehand: where there is one, no look at the file says more.
      if (part.rawTreeHash === undefined) await part.assertUnchanged();
      onStored(part.index, rawTreeHash);
      break;
    } catch (error) {
      // What changed is told better by the file's look than by where its reading ended.
      if (hasCode(error, 'archive-changed')) await part.assertUnchanged();
      if (!hasCode(error, 'hash-mismatch')) throw error;
      // The bytes may have changed on their way because the file did: then that is what to say.
      await part.assertUnchanged();
      mismatches += 1;
      if (mismatches >= mostHashMismatches) throw error;
      part.forgetHash?.();
      emit({
        kind: 'note',
        message: `part ${rangeText(part.range)}: ${error.message}; reading and sending it again`,
      });
    }
  }
  limiter.succeeded(roomOf(sender, part));
  emit({ kind: 'part-stored', range: part.range });
}

/** Hashes one part, streams it, and compares what the service says it received. */
async function sendOnce(sender: Sender, part: PartSource): Promise<Buffer> {
  const { pool, vault, uploadId, emit, limiter, sharedLine } = sender;
  const { range } = part;
  const partBytes = range.end - range.start;
  const { rawTreeHash, rawSha256 } = await hashesOf(pool, part);
  sender.signal.throwIfAborted();
  const { signal, abort, release } = followSignal(sender.signal);
  const makeRoom = (): void => abort(madeRoom);
  const hex = rawTreeHash.toString('hex');
  const slowTries = new SlowTries(part, sender.sizeBytes);
  let attempt = sharedLine.begin(0, makeRoom);
  let seenWidth = limiter.width;
  const takeBack = (): void => {
    const { sentBytes } = attempt;
    attempt.end();
    if (sentBytes > 0) emit({ kind: 'bytes', sizeBytes: -sentBytes });
  };
  try {
    const received = await vault.uploadPart(
      {
        uploadId,
        range,
        treeHash: hex,
        sha256: rawSha256.toString('hex'),
        expectedMs: () => sharedLine.expectedMs(partBytes),
        openBody: (onBytes) => {
          takeBack();
          const begun = sharedLine.begin(partBytes, makeRoom);
          attempt = begun;
          return bodyOf({ ...sender, signal }, part, (sizeBytes) => {
            begun.moved(sizeBytes);
            onBytes(sizeBytes);
            emit({ kind: 'bytes', sizeBytes });
          });
        },
        onRetry: (error) => {
          slowTries.note(attempt, error);
          if (hasCode(error, 'throttled', 'request-timeout')) limiter.narrow(seenWidth);
          seenWidth = limiter.width;
          takeBack();
          if (limiter.isOvercrowded) makeRoom();
        },
      },
      signal,
    );
    if (received === hex) return rawTreeHash;
    const message = `the service computed tree hash ${received} for part ${rangeText(range)}, here it is ${hex}`;
    throw new GlacierUpError('hash-mismatch', message, {
      hint: 'the bytes were changed on their way or in memory; try again, and test this machine if it repeats',
    });
  } catch (error) {
    takeBack();
    throw error;
  } finally {
    attempt.end();
    release();
  }
}

/** The plain hash is of the bytes as they will be read: whether they are those of the archive the tree hash proves. */
async function hashesOf(
  pool: SendDeps['pool'],
  part: PartSource,
): Promise<{ rawTreeHash: Buffer; rawSha256: Buffer }> {
  const inSource = { fd: part.fd, ...rangeInSource(part), beforeSending: true };
  const { rawTreeHash: known } = part;
  if (known) {
    // Up to one leaf it is the plain SHA-256, and the service refuses bytes that have another one.
    const isLeaf = part.forgetHash !== undefined && part.range.end - part.range.start <= leafSizeBytes;
    return { rawTreeHash: known, rawSha256: isLeaf ? known : await pool.rawSha256(inSource) };
  }
  const { rawTreeHash, rawSha256 } = await pool.hashRange({ ...inSource, linear: true });
  return { rawTreeHash, rawSha256: rawSha256 ?? rawTreeHash };
}

/** Where the part's bytes stand in its source. */
function rangeInSource({ offset, range }: PartSource): { start: number; end: number } {
  return { start: offset, end: offset + range.end - range.start };
}

function bodyOf(
  { limit, lineSpeed, clock, signal }: Sender,
  part: PartSource,
  onBytes: (sizeBytes: number) => void,
): RangeStream {
  return new RangeStream({
    clock,
    fd: part.fd,
    ...rangeInSource(part),
    lineSpeed,
    onBytes,
    ...(limit ? { stepBytes: limit.stepBytes, pace: (sizeBytes) => limit.take(sizeBytes, signal) } : {}),
  });
}
