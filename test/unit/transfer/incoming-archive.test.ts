import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { sourceOf } from '../../../src/archive/byte-source.js';
import { type Producer, pipedProducer } from '../../../src/archive/producer.js';
import { Spool } from '../../../src/archive/spool.js';
import { GlacierUpError } from '../../../src/errors.js';
import { maxParts } from '../../../src/glacier/limits.js';
import { hint } from '../../../src/hint.js';
import { PartHashes } from '../../../src/session/part-hashes.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import type { PartSource } from '../../../src/transfer/sending/part-source.js';
import { IncomingArchive } from '../../../src/transfer/stream/incoming-archive.js';
import { joinRawTreeHashes, rawSha256 } from '../../../src/treehash/tree-hash.js';
import { seededBytes } from '../../helpers/bytes.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const owner = '0123456789abcdef0123';
const partSizeBytes = 4;

/** Parts of four bytes: what is promised of them holds for all sizes. */
function makeIncoming(bytes: Buffer, producer: Producer = pipedProducer(Readable.from([bytes]))) {
  const events: TransferEvent[] = [];
  const stored = new Map();
  const sentBefore = new PartHashes(maxParts);
  const spool = new Spool({
    folder: tempFolder(),
    owner,
    clock: fakeClock(),
    patienceMs: 0,
    onFull: () => {},
  });
  const emit = (event: TransferEvent): void => void events.push(event);
  const startOver = hint`start over`;
  const incoming = new IncomingArchive(producer, {
    partSizeBytes,
    stored,
    sentBefore,
    spool,
    emit,
    startOver,
  });
  const storeAll = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const range = { start: index * partSizeBytes, end: (index + 1) * partSizeBytes };
      stored.set(index, {
        range,
        treeHash: rawSha256(bytes.subarray(range.start, range.end)).toString('hex'),
      });
    }
  };
  return { incoming, events, stored, sentBefore, storeAll };
}

async function takeAll(incoming: IncomingArchive): Promise<PartSource[]> {
  const parts: PartSource[] = [];
  for await (const part of incoming.parts(new AbortController().signal)) {
    parts.push(part);
    await part.release();
  }
  return parts;
}

describe('an archive that comes', () => {
  test('is cut into parts whose hashes join into its own', async () => {
    const bytes = seededBytes(10);
    const { incoming } = makeIncoming(bytes);
    const parts = await takeAll(incoming);
    expect(parts.map(({ index, range }) => ({ index, range }))).toEqual([
      { index: 0, range: { start: 0, end: 4 } },
      { index: 1, range: { start: 4, end: 8 } },
      { index: 2, range: { start: 8, end: 10 } },
    ]);
    const leaves = [bytes.subarray(0, 4), bytes.subarray(4, 8), bytes.subarray(8)].map(rawSha256);
    expect(parts.map(({ rawTreeHash }) => rawTreeHash)).toEqual(leaves);
    expect(incoming.completion).toEqual({
      sizeBytes: 10,
      treeHash: joinRawTreeHashes(leaves).toString('hex'),
    });
    expect(incoming.counts).toEqual({ sent: 3, kept: 0 });
  });

  test('says at 50, 80 and 95 percent that its parts are used up', async () => {
    const { incoming, events, storeAll } = makeIncoming(Buffer.alloc(9600 * partSizeBytes, 1));
    storeAll(9600);
    await takeAll(incoming);
    const told = events.filter(({ kind }) => kind === 'nearing-limit');
    expect(told).toEqual(
      [5000, 8000, 9500].map((usedParts) => ({ kind: 'nearing-limit', usedParts, partSizeBytes })),
    );
  });

  test('of exactly 10,000 parts is taken', async () => {
    const { incoming, storeAll } = makeIncoming(Buffer.alloc(maxParts * partSizeBytes, 1));
    storeAll(maxParts);
    await takeAll(incoming);
    expect(incoming.counts).toEqual({ sent: 0, kept: maxParts });
  });

  test('of one byte more than 10,000 parts is refused, with what to do', async () => {
    const { incoming, storeAll } = makeIncoming(Buffer.alloc(maxParts * partSizeBytes + 1, 1));
    storeAll(maxParts);
    await expect(takeAll(incoming)).rejects.toMatchObject({
      code: 'archive-unusable',
      hint: expect.stringContaining('--part-size'),
    });
  });

  test('takes a part that an earlier run sent only if it is the same', async () => {
    const bytes = seededBytes(10);
    const { incoming, sentBefore } = makeIncoming(bytes);
    sentBefore.set(1, rawSha256(Buffer.from('other')));
    await expect(takeAll(incoming)).rejects.toMatchObject({
      code: 'archive-changed',
      message: expect.stringContaining('part 4-7'),
    });
  });

  test('hands out no short part before its producer has ended well', async () => {
    const died = new GlacierUpError('producer-failed', 'it died');
    const { incoming } = makeIncoming(Buffer.alloc(0), {
      source: sourceOf(Readable.from([seededBytes(10)])),
      assertEnded: () => Promise.reject(died),
      stop: async () => {},
    });
    const parts: PartSource[] = [];
    const take = async (): Promise<void> => {
      for await (const part of incoming.parts(new AbortController().signal)) parts.push(part);
    };
    await expect(take()).rejects.toBe(died);
    expect(parts.map(({ index }) => index)).toEqual([0, 1]);
    await Promise.all(parts.map((part) => part.release()));
  });

  test('stops waiting for bytes when it is told to', async () => {
    const stop = new AbortController();
    const { incoming } = makeIncoming(Buffer.alloc(0), pipedProducer(new Readable({ read: () => {} })));
    const next = incoming.parts(stop.signal).next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});
