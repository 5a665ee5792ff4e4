/** Parts over a line that is slow, to a service that refuses what was signed more than five minutes before it is there. */
import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { GlacierUpError } from '../../../src/errors.js';
import { retrying } from '../../../src/glacier/retry/retrying-vault.js';
import type { PartRequest } from '../../../src/glacier/vault.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { partRange, planParts } from '../../../src/transfer/plan.js';
import type { PartSource } from '../../../src/transfer/sending/part-source.js';
import { rateLimit } from '../../../src/transfer/sending/rate-limit.js';
import { sendParts } from '../../../src/transfer/sending/send-parts.js';
import type { SendDeps } from '../../../src/transfer/upload-deps.js';
import { MiB } from '../../helpers/bytes.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { virtualClock } from '../../helpers/virtual-clock.js';

const KiB = 1024;
const minuteMs = 60_000;
const signal = new AbortController().signal;

interface LineOptions {
  sizeBytes: number;
  partSizeBytes: number;
  /** Of the line, over all connections together. */
  lineRate?: number;
  /** Of each connection. */
  connectionRate?: number;
  limitRate?: number;
  concurrency?: number;
}

/** Sends a file of zeros over a line that exists on a clock only. */
async function sendOver(options: LineOptions) {
  const { sizeBytes, partSizeBytes, limitRate, concurrency = 4 } = options;
  const clock = virtualClock();
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  truncateSync(file, sizeBytes);
  const fd = openSync(file, 'r');
  onTestFinished(() => closeSync(fd));
  const line = options.lineRate === undefined ? null : rateLimit(options.lineRate, clock);
  const seen = { sentBytes: 0, refusals: 0, inFlight: 0, most: 0 };

  const uploadPart = async (part: PartRequest, stop: AbortSignal): Promise<string> => {
    const signedMs = clock.monotonicMs();
    const own = options.connectionRate === undefined ? null : rateLimit(options.connectionRate, clock);
    seen.inFlight += 1;
    seen.most = Math.max(seen.most, seen.inFlight);
    try {
      const wire = new Writable({
        write: (bytes: Buffer, _encoding, done) => {
          seen.sentBytes += bytes.length;
          Promise.all([line?.take(bytes.length, stop), own?.take(bytes.length, stop)]).then(
            () => done(),
            done,
          );
        },
      });
      const body = part.openBody(() => {});
      body.on('error', (error) => wire.destroy(error));
      body.pipe(wire);
      await finished(wire);
      if (clock.monotonicMs() > 12 * 60 * minuteMs) throw new GlacierUpError('failed', 'it never ends');
    } finally {
      seen.inFlight -= 1;
    }
    if (clock.monotonicMs() - signedMs <= 5 * minuteMs) return part.treeHash;
    seen.refusals += 1;
    throw new GlacierUpError('request-timeout', 'Signature expired');
  };
  const plan = planParts(sizeBytes, partSizeBytes);
  const hash = Buffer.alloc(32);
  const vault = retrying({ uploadPart, renewCredentials: () => {} } as never, {
    clock,
    budgetMs: 15 * minuteMs,
  });
  const changes: string[] = [];
  const deps = {
    vault,
    pool: { hashRange: async () => ({ rawTreeHash: hash, rawSha256: hash }) },
    clock,
    signal,
    concurrency,
    ...(limitRate === undefined ? {} : { limitRate }),
    emit: (event: TransferEvent) => {
      if (event.kind === 'concurrency') changes.push(`${event.partsAtOnce}: ${event.reason}`);
    },
  } as unknown as SendDeps;
  const parts = function* (): Generator<PartSource> {
    for (let index = 0; index < plan.partCount; index += 1) {
      const range = partRange(plan, index);
      const none = async (): Promise<void> => {};
      yield { index, range, fd, offset: range.start, assertUnchanged: none, release: none };
    }
  };
  const stored = new Set<number>();
  const ending = await sendParts(deps, {
    uploadId: 'id',
    partSizeBytes,
    sizeBytes,
    parts,
    onStored: (index) => void stored.add(index),
  }).catch((error: unknown) => error);
  return { ending, stored, minutes: clock.monotonicMs() / minuteMs, changes, ...seen };
}

describe('a line that is too slow for as many parts as may be sent at a time', () => {
  test('by its --limit-rate carries as many as get through in time, and not one is sent in vain', async () => {
    const sent = await sendOver({ sizeBytes: 24 * MiB, partSizeBytes: 4 * MiB, limitRate: 50 * KiB });
    expect(sent.ending).toBeUndefined();
    expect(sent.stored.size).toBe(6);
    expect(sent.most).toBe(2);
    expect(sent.refusals).toBe(0);
    expect(sent.sentBytes).toBe(24 * MiB);
  });

  test('which is found out, carries fewer, and every part is stored', async () => {
    const sent = await sendOver({ sizeBytes: 24 * MiB, partSizeBytes: 8 * MiB, lineRate: 50 * KiB });
    expect(sent.ending).toBeUndefined();
    expect(sent.stored.size).toBe(3);
    // Those that made room were found out after a minute and a half, not when the service refused them.
    expect(sent.refusals).toBe(0);
    expect(sent.minutes).toBeLessThan(1.4 * ((24 * KiB) / 50 / 60));
    expect(sent.changes[0]).toBe('1: more would take each part longer than the service waits for it');
  });

  test('for one part alone says that smaller parts get through, instead of sending it for ever', async () => {
    const sent = await sendOver({ sizeBytes: 128 * MiB, partSizeBytes: 64 * MiB, lineRate: 50 * KiB });
    expect(sent.ending).toMatchObject({
      code: 'request-timeout',
      exitCode: 5,
      message: expect.stringMatching(
        /cannot be finished: at \d+ KiB\/s its 67108864 bytes take 2[0-9] minutes/,
      ),
      hint: expect.stringContaining('--start-over --part-size 8M'),
    });
  });

  test('for the smallest parts that the archive can have says that', async () => {
    const sent = await sendOver({ sizeBytes: 10_001 * MiB, partSizeBytes: 2 * MiB, lineRate: 5 * KiB });
    expect(sent.ending).toMatchObject({
      code: 'request-timeout',
      hint: expect.stringContaining('faster line'),
    });
  });
});

describe('connections that are slow each, and do not share a line', () => {
  test('are not made fewer for longer than it takes to see that it does not help', async () => {
    const sent = await sendOver({ sizeBytes: 96 * MiB, partSizeBytes: 16 * MiB, connectionRate: 60 * KiB });
    expect(sent.ending).toBeUndefined();
    expect(sent.changes.at(-1)).toContain('parts get through again');
  });
});

describe('a line that is fast enough', () => {
  test('is left alone', async () => {
    const sent = await sendOver({ sizeBytes: 96 * MiB, partSizeBytes: 16 * MiB, lineRate: 400 * KiB });
    expect(sent.ending).toBeUndefined();
    expect(sent.most).toBe(4);
    expect(sent.changes).toEqual([]);
    expect(sent.sentBytes).toBe(96 * MiB);
  });
});
