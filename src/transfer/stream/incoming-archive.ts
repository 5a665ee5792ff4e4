/**
 * An archive that comes from a pipe, cut into parts as it comes. Each part is hashed on its way in; one that the
 * service has already is held against its hash and dropped, any other is spooled to disk until it is stored.
 */
import { unattendedHint } from '../../archive/archive-file.js';
import type { Producer } from '../../archive/producer.js';
import type { Spool, SpooledPart } from '../../archive/spool.js';
import { StreamReader } from '../../archive/stream-reader.js';
import { GlacierUpError } from '../../errors.js';
import { type ByteRange, rangeText } from '../../glacier/byte-range.js';
import { maxParts } from '../../glacier/limits.js';
import type { ListedPart } from '../../glacier/vault.js';
import { type Hint, hint } from '../../hint.js';
import type { PartHashes } from '../../session/part-hashes.js';
import { joinRawTreeHashes, LeafJoiner, leafSizeBytes, rawSha256 } from '../../treehash/tree-hash.js';
import type { Emit } from '../events.js';
import { ChangedSinceError } from '../on-change.js';
import type { PartSource } from '../sending/part-source.js';

export interface IncomingOptions {
  partSizeBytes: number;
  /** What the service has of it, by index. */
  stored: ReadonlyMap<number, ListedPart>;
  /** What earlier runs sent of it: a part that is sent again must be the same. */
  sentBefore: Pick<PartHashes, 'get'>;
  spool: Spool;
  emit: Emit;
  /** How the stream is archived without what earlier runs stored. */
  startOver: Hint;
}

interface Received {
  sizeBytes: number;
  rawTreeHash: Buffer;
}

/** Said when so much of what the part size can hold is used up. */
const warnAtParts = [0.5, 0.8, 0.95].map((share) => share * maxParts);

/** Cuts a stream into parts: each is hashed on its way into the spool, or found at the service already. */
export class IncomingArchive {
  readonly #producer: Producer;
  readonly #reader: StreamReader;
  readonly #options: IncomingOptions;
  readonly #rawTreeHashes: Buffer[] = [];
  /** Used in turn: while one is being written to disk, the other one fills. */
  readonly #leaves: readonly [Buffer, Buffer];
  #sentParts = 0;

  constructor(producer: Producer, options: IncomingOptions) {
    this.#producer = producer;
    this.#reader = new StreamReader(producer.source);
    this.#options = options;
    const leafBytes = Math.min(leafSizeBytes, options.partSizeBytes);
    this.#leaves = [Buffer.allocUnsafeSlow(leafBytes), Buffer.allocUnsafeSlow(leafBytes)];
  }

  /** Waits for the first byte; false when the stream ends without one. */
  hasBytes(signal: AbortSignal): Promise<boolean> {
    this.#reader.endWith(signal);
    return this.#reader.hasMore();
  }

  /** What has come so far. */
  get completion(): { sizeBytes: number; treeHash: string } {
    return {
      sizeBytes: this.#reader.readBytes,
      treeHash: joinRawTreeHashes(this.#rawTreeHashes).toString('hex'),
    };
  }

  /** Parts that the service did not have, and those that it had. */
  get counts(): { sent: number; kept: number } {
    return { sent: this.#sentParts, kept: this.#rawTreeHashes.length - this.#sentParts };
  }

  /**
   * The parts that must be sent, in order, each spooled when it is asked for. Whoever takes one releases it. A short
   * last part is not handed out before the producer is known to have ended well: a part that was cut off would stand
   * in the way of the whole one.
   *
   * @throws GlacierUpError `producer-failed`; ChangedSinceError when a part differs from the one that an earlier run
   * stored; `archive-unusable` when the stream needs more than 10,000 parts; `state-unusable` when the spool fails
   */
  async *parts(signal: AbortSignal): AsyncGenerator<PartSource, void> {
    const { partSizeBytes, stored, emit } = this.#options;
    this.#reader.endWith(signal);
    for (let index = 0; await this.#reader.hasMore(); index += 1) {
      if (index === maxParts) throw tooLong(partSizeBytes);
      if (warnAtParts.includes(index)) emit({ kind: 'nearing-limit', usedParts: index, partSizeBytes });
      const before = stored.get(index);
      if (before) await this.#compare(before);
      else yield await this.#spool(index, signal);
    }
    await this.#producer.assertEnded();
    const beyond = [...stored.values()].filter(({ range }) => range.start >= this.#reader.readBytes);
    if (beyond[0]) throw endedEarly(this.#reader.readBytes, beyond[0].range, this.#options.startOver);
  }

  async #compare(stored: ListedPart): Promise<void> {
    const { start } = stored.range;
    const { sizeBytes, rawTreeHash } = await this.#receive(null);
    const range = { start, end: start + sizeBytes };
    if (range.end !== stored.range.end) throw otherLength(range, stored.range, this.#options.startOver);
    if (rawTreeHash.toString('hex') !== stored.treeHash) throw differs(range, this.#options.startOver);
    this.#rawTreeHashes.push(rawTreeHash);
    this.#options.emit({ kind: 'part-found', range });
  }

  async #spool(index: number, signal: AbortSignal): Promise<PartSource> {
    const start = index * this.#options.partSizeBytes;
    const spooled = await this.#options.spool.newPart(signal);
    try {
      const { sizeBytes, rawTreeHash } = await this.#receive(spooled);
      const range = { start, end: start + sizeBytes };
      const before = this.#options.sentBefore.get(index);
      if (before && !before.equals(rawTreeHash)) throw differs(range, this.#options.startOver);
      this.#rawTreeHashes.push(rawTreeHash);
      this.#sentParts += 1;
      return {
        index,
        range,
        fd: spooled.fd,
        offset: 0,
        rawTreeHash,
        assertUnchanged: async () => {},
        release: spooled.release,
      };
    } catch (error) {
      await spooled.release();
      throw error;
    }
  }

  /** Takes one part from the stream. */
  async #receive(spooled: SpooledPart | null): Promise<Received> {
    const { partSizeBytes } = this.#options;
    const joiner = new LeafJoiner();
    let sizeBytes = 0;
    let writing = Promise.resolve();
    try {
      for (let turn: 0 | 1 = 0; sizeBytes < partSizeBytes; turn = turn === 0 ? 1 : 0) {
        const leaf = this.#leaves[turn].subarray(0, await this.#reader.fill(this.#leaves[turn]));
        if (leaf.length === 0) break;
        await writing;
        if (spooled) writing = spooled.append(leaf);
        joiner.add(rawSha256(leaf));
        sizeBytes += leaf.length;
      }
      await writing;
    } finally {
      // The descriptor must not be closed under a write that is still on its way.
      await writing.catch(() => {});
    }
    if (sizeBytes < partSizeBytes) await this.#producer.assertEnded();
    return { sizeBytes, rawTreeHash: joiner.root() };
  }
}

function differs(range: ByteRange, startOver: Hint): ChangedSinceError {
  const message = `part ${rangeText(range)} of the stream is not what an earlier run stored: the producer is not reproducible`;
  return new ChangedSinceError(message, asItIsNow(startOver));
}

function otherLength(came: ByteRange, stored: ByteRange, startOver: Hint): ChangedSinceError {
  return came.end > stored.end
    ? new ChangedSinceError(
        `the stream goes on at byte ${stored.end}, where an earlier one ended: part ${rangeText(stored)} is not its last`,
        asItIsNow(startOver),
      )
    : new ChangedSinceError(
        `the stream ended at byte ${came.end}, within part ${rangeText(stored)} that an earlier run stored`,
        asItIsNow(startOver),
        { isByEnd: true },
      );
}

function endedEarly(sizeBytes: number, next: ByteRange, startOver: Hint): ChangedSinceError {
  return new ChangedSinceError(
    `the stream ended at byte ${sizeBytes}, and an earlier run stored part ${rangeText(next)}`,
    hint`run the producer again if it was cut off; else: ${asItIsNow(startOver)}`,
    { isByEnd: true },
  );
}

function asItIsNow(startOver: Hint): Hint {
  return hint`nothing was sent over it; to drop what is stored and archive the stream as it is now, ${startOver}; ${unattendedHint}`;
}

function tooLong(partSizeBytes: number): GlacierUpError {
  const message = `the stream has more than ${maxParts} parts of ${partSizeBytes} bytes, which is all that an upload can have`;
  return new GlacierUpError('archive-unusable', message, {
    hint: 'nothing was completed; archive it with a larger --part-size (or --expected-size) and --start-over',
  });
}
