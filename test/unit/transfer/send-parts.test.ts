/** The sending of parts, to a service whose answers a test chooses. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ArchiveFile } from '../../../src/archive/archive-file.js';
import { GlacierUpError } from '../../../src/errors.js';
import { rangeText } from '../../../src/glacier/byte-range.js';
import type { RetryingVault } from '../../../src/glacier/retry/retrying-vault.js';
import { PartHashes } from '../../../src/session/part-hashes.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { partRange, planParts } from '../../../src/transfer/plan.js';
import {
  makeAdaptiveLimiter,
  unitsOf,
  unitsOfFile,
  unitsPerSlot,
} from '../../../src/transfer/sending/adaptive-limiter.js';
import { fileParts, type PartSource } from '../../../src/transfer/sending/part-source.js';
import { sendParts } from '../../../src/transfer/sending/send-parts.js';
import { SharedLine } from '../../../src/transfer/sending/shared-line.js';
import { Throughput } from '../../../src/transfer/sending/throughput.js';
import { SlowTries } from '../../../src/transfer/sending/too-slow.js';
import type { SendDeps } from '../../../src/transfer/upload-deps.js';
import { rawSha256, rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { MiB, seededFile } from '../../helpers/bytes.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { sharedPool } from '../../helpers/memory-place.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const pool = sharedPool();
const minuteMs = 60_000;

type Upload = RetryingVault['uploadPart'];

type Answer = (
  request: Parameters<Upload>[0] & { index: number; tries: number },
  signal: AbortSignal,
) => Promise<string>;

interface Sending {
  partCount?: number;
  concurrency?: number;
  /** In place of the service. @param index of the part; @param tries of this part so far, from 1 */
  answer?: Answer;
  part?: (source: PartSource) => Partial<PartSource>;
  parts?: (sources: PartSource[]) => Iterable<PartSource>;
  signal?: AbortSignal;
  /** Bytes a second. */
  limitRate?: number;
}

/** Sends parts of 1 MiB and a rest of 5 bytes. */
async function send({ partCount = 3, concurrency = 2, ...options }: Sending = {}) {
  const file = join(tempFolder(), 'photos.tar');
  const bytes = seededFile(file, (partCount - 1) * MiB + 5);
  const fd = openSync(file, 'r');
  onTestFinished(() => closeSync(fd));
  const plan = planParts(bytes.length, MiB);
  const events: TransferEvent[] = [];
  const seen = {
    stored: [] as number[],
    released: [] as number[],
    tries: new Map<number, number>(),
    most: 0,
    taken: 0,
    mostAhead: 0,
  };
  let inFlight = 0;
  const received = new Map<number, Buffer>();
  const uploadPart: Upload = async (request, signal) => {
    const index = request.range.start / MiB;
    const tries = (seen.tries.get(index) ?? 0) + 1;
    seen.tries.set(index, tries);
    inFlight += 1;
    seen.most = Math.max(seen.most, inFlight);
    try {
      if (options.answer) return await options.answer({ ...request, index, tries }, signal);
      received.set(index, await buffer(request.openBody(() => {})));
      return request.treeHash;
    } finally {
      inFlight -= 1;
    }
  };
  const clock = fakeClock();
  const deps: SendDeps = {
    vault: { uploadPart } as RetryingVault,
    pool,
    clock,
    signal: options.signal ?? new AbortController().signal,
    emit: (event) => void events.push(event),
    concurrency,
    ...(options.limitRate === undefined ? {} : { limitRate: options.limitRate }),
  };
  const sources = Array.from({ length: partCount }, (_, index): PartSource => {
    const range = partRange(plan, index);
    const source: PartSource = {
      index,
      range,
      fd,
      offset: range.start,
      assertUnchanged: async () => {},
      release: async () => void seen.released.push(index),
    };
    return { ...source, ...options.part?.(source) };
  });
  function* taking(): Generator<PartSource> {
    for (const source of options.parts?.(sources) ?? sources) {
      seen.taken += 1;
      seen.mostAhead = Math.max(seen.mostAhead, seen.taken - seen.released.length);
      yield source;
    }
  }
  const error = await sendParts(deps, {
    uploadId: 'the-upload',
    ...plan,
    parts: taking,
    onStored: (index) => void seen.stored.push(index),
  }).then(
    () => null,
    (failure: unknown) => failure,
  );
  const shownBytes = events.reduce((sum, event) => sum + (event.kind === 'bytes' ? event.sizeBytes : 0), 0);
  const notes = events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
  const tookMs = clock.monotonicMs();
  return { error, bytes, received, events, notes, shownBytes, tookMs, ...seen };
}

/** Takes the whole body, as the service does before it answers. */
const taking = async (request: Parameters<Upload>[0]) => {
  await buffer(request.openBody(() => {}));
  return request.treeHash;
};

const denied = new GlacierUpError('access-denied', 'not allowed');
const changed = new GlacierUpError('archive-changed', 'it has grown');

describe('parts', () => {
  test('arrive as they are, each once, and as many at a time as asked for', async () => {
    const { error, bytes, received, stored, released, most, mostAhead, shownBytes } = await send({
      partCount: 7,
    });
    expect(error).toBe(null);
    const arrived = [...received].sort(([one], [other]) => one - other).map(([, part]) => part);
    expect(Buffer.concat(arrived).equals(bytes)).toBe(true);
    expect(stored.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(released.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(most).toBe(2);
    expect(mostAhead).toBeLessThanOrEqual(3);
    expect(shownBytes).toBe(bytes.length);
  });

  test('leave no faster than the limit allows, and without one as fast as they are read', async () => {
    const { tookMs, error } = await send({ partCount: 2, limitRate: 128 * 1024 });
    expect(error).toBe(null);
    // The last step is taken at the end of the time of those before.
    expect(tookMs).toBeGreaterThan(7800);
    expect((await send({ partCount: 2 })).tookMs).toBe(0);
  });

  test('carry the tree hash and the SHA-256 of their own bytes', async () => {
    const sent: unknown[] = [];
    const { bytes, events } = await send({
      partCount: 2,
      answer: (request) => {
        sent.push([request.uploadId, request.treeHash, request.sha256]);
        return taking(request);
      },
    });
    const parts = [bytes.subarray(0, MiB), bytes.subarray(MiB)];
    const hashes = parts.map((part) => [
      'the-upload',
      rawTreeHashOf(part).toString('hex'),
      rawSha256(part).toString('hex'),
    ]);
    expect(sent).toEqual(expect.arrayContaining(hashes));
    const stored = events.flatMap((event) => (event.kind === 'part-stored' ? [rangeText(event.range)] : []));
    expect(stored.sort()).toEqual(['0-1048575', '1048576-1048580']);
  });

  test('whose hash is known are sent with it, and not hashed for another', async () => {
    const known = Buffer.alloc(32, 7);
    const sent: string[] = [];
    const answer: Answer = (request) => {
      sent.push(`${request.treeHash === known.toString('hex')} ${request.sha256 === known.toString('hex')}`);
      return taking(request);
    };
    // A leaf's tree hash is its SHA-256, where the descriptor holds what was hashed.
    await send({ partCount: 2, answer, part: () => ({ rawTreeHash: known, forgetHash: () => {} }) });
    expect(sent).toEqual(['true true', 'true true']);
    // From a spool it is what must arrive, and the SHA-256 is of what is read.
    sent.length = 0;
    await send({ partCount: 2, answer, part: () => ({ rawTreeHash: known }) });
    expect(sent).toEqual(['true false', 'true false']);
  });
});

describe('the parts of a file', () => {
  const file = { fd: 3, assertUnchanged: async () => {} } as ArchiveFile;
  const plan = planParts(2 * MiB + 5, MiB);

  test('are read where they are in the file', async () => {
    const parts = [...fileParts(file, plan, [0, 2])];
    expect(parts.map(({ index, fd, offset, range }) => [index, fd, offset, rangeText(range)])).toEqual([
      [0, 3, 0, '0-1048575'],
      [2, 3, 2 * MiB, '2097152-2097156'],
    ]);
    expect(parts[0]?.rawTreeHash).toBe(undefined);
  });

  test('have their hashes where these are known, until one turns out to be wrong', () => {
    const hashes = new PartHashes(3);
    hashes.set(0, Buffer.alloc(32, 7));
    const [first, second] = [...fileParts(file, plan, [0, 1], hashes)];
    expect(first?.rawTreeHash).toEqual(Buffer.alloc(32, 7));
    expect(second?.rawTreeHash).toBe(undefined);
    first?.forgetHash?.();
    expect(first?.rawTreeHash).toBe(undefined);
  });
});

describe('a part for which the service names another hash', () => {
  test('is sent again, at most twice', async () => {
    const answer: Answer = async (request) => {
      const treeHash = await taking(request);
      return request.index === 1 && request.tries <= 2 ? '00'.repeat(32) : treeHash;
    };
    let forgotten = 0;
    const { error, tries, notes, shownBytes, bytes, stored } = await send({
      answer,
      part: () => ({
        forgetHash: () => {
          forgotten += 1;
        },
      }),
    });
    expect(error).toBe(null);
    expect(tries.get(1)).toBe(3);
    expect(notes).toHaveLength(2);
    expect(forgotten).toBe(2);
    expect(stored.sort()).toEqual([0, 1, 2]);
    expect(shownBytes).toBe(bytes.length);
  });

  test('a third time ends the run', async () => {
    const answer: Answer = async (request) => {
      await taking(request);
      return '00'.repeat(32);
    };
    const { error, tries, stored, shownBytes } = await send({ partCount: 1, answer });
    expect(error).toMatchObject({ code: 'hash-mismatch' });
    expect(tries.get(0)).toBe(3);
    expect(stored).toEqual([]);
    expect(shownBytes).toBe(0);
  });

  test('because the file has changed says that', async () => {
    let looks = 0;
    const { error, tries } = await send({
      partCount: 1,
      answer: async (request) => {
        await taking(request);
        return '00'.repeat(32);
      },
      part: () => ({
        assertUnchanged: async () => {
          looks += 1;
          if (looks > 1) throw changed;
        },
      }),
    });
    expect(error).toBe(changed);
    expect(tries.get(0)).toBe(1);
  });
});

describe('a file that changes', () => {
  test('before a part is sent, sends nothing', async () => {
    const { error, tries } = await send({ part: () => ({ assertUnchanged: () => Promise.reject(changed) }) });
    expect(error).toBe(changed);
    expect(tries.size).toBe(0);
  });

  test('while a part is sent, does not count it as stored', async () => {
    let looks = 0;
    const assertUnchanged = async () => {
      looks += 1;
      if (looks === 2) throw changed;
    };
    const { error, stored } = await send({ partCount: 1, part: () => ({ assertUnchanged }) });
    expect(error).toBe(changed);
    expect(stored).toEqual([]);
  });

  test('so that its reading ends early is described by how it looks now', async () => {
    const short = new GlacierUpError('archive-changed', 'it ended early');
    let isSent = false;
    const { error } = await send({
      partCount: 1,
      answer: async () => {
        isSent = true;
        throw short;
      },
      part: () => ({
        assertUnchanged: async () => {
          if (isSent) throw changed;
        },
      }),
    });
    expect(error).toBe(changed);
  });
});

describe('a part that fails for good', () => {
  test('stops the others at once, and all that were taken are released', async () => {
    const reasons: unknown[] = [];
    let others = 0;
    const answer: Answer = async (request, signal) => {
      if (request.index === 0) {
        while (others === 0) await turn();
        throw denied;
      }
      others += 1;
      while (!signal.aborted) await turn();
      reasons.push(signal.reason);
      throw signal.reason;
    };
    const { error, stored, released, taken } = await send({ partCount: 6, answer });
    expect(error).toBe(denied);
    expect(reasons).toEqual([denied]);
    expect(stored).toEqual([]);
    expect(released).toHaveLength(taken);
    expect(taken).toBeLessThanOrEqual(3);
  });

  test('to come leaves those that are on their way to arrive', async () => {
    const lost = new Error('the producer died');
    const { error, stored } = await send({
      answer: async (request) => {
        for (let turns = 0; turns < 20; turns += 1) await turn();
        return taking(request);
      },
      parts: function* (sources) {
        yield sources[0] as PartSource;
        throw lost;
      },
    });
    expect(error).toBe(lost);
    expect(stored).toEqual([0]);
  });

  test('because the run is cancelled says why', async () => {
    const cancel = new AbortController();
    const reason = new Error('interrupted');
    const { error } = await send({
      signal: cancel.signal,
      answer: async () => {
        cancel.abort(reason);
        throw denied;
      },
    });
    expect(error).toBe(reason);
  });
});

describe('a service that asks for less', () => {
  const complaining = (code: 'throttled' | 'request-timeout' | 'temporary'): Answer => {
    return async (request) => {
      if (request.index === 0 && request.tries === 1) {
        const body = request.openBody(() => {});
        await buffer(body);
        request.onRetry?.(new GlacierUpError(code, 'slow down'));
      }
      return taking(request);
    };
  };

  test.each(['throttled', 'request-timeout'] as const)('(%s) gets a part less at a time', async (code) => {
    const { events, error, shownBytes, bytes } = await send({ answer: complaining(code) });
    expect(error).toBe(null);
    expect(events.filter((event) => event.kind === 'concurrency')[0]).toMatchObject({ partsAtOnce: 1 });
    expect(shownBytes).toBe(bytes.length);
  });

  test('does not do so by any other failure', async () => {
    const { events } = await send({ answer: complaining('temporary') });
    expect(events.some((event) => event.kind === 'concurrency')).toBe(false);
  });
});

describe('slots', () => {
  test('are shared by small parts, and filled by one of 16 MiB', () => {
    expect(unitsOf(16 * MiB, 64 * MiB)).toBe(unitsPerSlot);
    expect(unitsOf(64 * MiB, 64 * MiB)).toBe(unitsPerSlot);
    expect(unitsOf(MiB, MiB)).toBe(unitsPerSlot);
    expect(unitsOf(1, 16 * MiB)).toBe(1);
    expect(unitsOf(2 * MiB, 16 * MiB)).toBe(1);
    expect(unitsOf(2 * MiB + 1, 16 * MiB)).toBe(2);
    expect(unitsOf(8 * MiB, 16 * MiB)).toBe(unitsPerSlot / 2);
  });

  test('hold a file by all its parts', () => {
    expect(unitsOfFile(0)).toBe(1);
    expect(unitsOfFile(5)).toBe(1);
    expect(unitsOfFile(32 * MiB)).toBe(2 * unitsPerSlot);
    expect(unitsOfFile(36 * MiB)).toBe(2 * unitsPerSlot + 2);
    expect(unitsOfFile(3 * MiB, MiB)).toBe(3 * unitsPerSlot);
    expect(unitsOfFile(64 * MiB, 64 * MiB)).toBe(4 * unitsPerSlot);
  });

  test('admit in their order: a full part is not overtaken by small ones', async () => {
    const limiter = makeAdaptiveLimiter(1, () => {});
    const admitted: string[] = [];
    const enter = (name: string, units: number) =>
      limiter.enter(units).then((leave) => {
        admitted.push(name);
        return leave;
      });
    const first = await enter('first', 2);
    const full = enter('full', unitsPerSlot);
    const small = enter('small', 1);
    await turn();
    expect(admitted).toEqual(['first']);
    first();
    // Leaving twice makes no more room.
    first();
    const leaveFull = await full;
    await turn();
    expect(admitted).toEqual(['first', 'full']);
    leaveFull();
    await small;
    expect(admitted).toEqual(['first', 'full', 'small']);
  });

  test('are overcrowded once they were narrowed, until somebody leaves', async () => {
    const limiter = makeAdaptiveLimiter(2, () => {});
    const leave = await limiter.enter();
    await limiter.enter();
    expect(limiter.isOvercrowded).toBe(false);
    limiter.narrow(2);
    expect(limiter.isOvercrowded).toBe(true);
    leave();
    expect(limiter.isOvercrowded).toBe(false);
  });

  test('are restricted to what the line carries, and do not widen beyond that', () => {
    const widths: string[] = [];
    const limiter = makeAdaptiveLimiter(4, (width, reason) => widths.push(`${reason} ${width}`));
    limiter.restrict(9);
    limiter.restrict(2);
    limiter.restrict(3);
    for (let count = 0; count < 3; count += 1) limiter.succeeded();
    expect(widths).toEqual(['restrict 2']);
    limiter.succeeded();
    for (let count = 0; count < 20; count += 1) limiter.succeeded();
    expect(widths).toEqual(['restrict 2', 'widen 3']);
    limiter.restrict(0);
    expect(limiter.width).toBe(1);
  });

  test('widen after as many successes as slots take, in which small parts count for less', () => {
    const limiter = makeAdaptiveLimiter(2, () => {});
    limiter.narrow(2);
    for (let count = 0; count < 2 * unitsPerSlot - 1; count += 1) limiter.succeeded(1);
    expect(limiter.width).toBe(1);
    limiter.succeeded(1);
    expect(limiter.width).toBe(2);
    limiter.narrow(2);
    limiter.succeeded();
    limiter.narrow(1);
    limiter.succeeded();
    expect(limiter.width).toBe(1);
  });
});

describe('what a line carries', () => {
  /** Bytes leave each second, for so many seconds. */
  const carry = (line: Throughput, clock: ReturnType<typeof fakeClock>, seconds: number, bytes: number) => {
    let isKnown = false;
    for (let second = 0; second < seconds; second += 1) {
      clock.pass(1000);
      isKnown = line.add(bytes) || isKnown;
    }
    return isKnown;
  };

  test('is known after two periods of half a minute, and is the higher one of the last two', () => {
    const clock = fakeClock();
    const line = new Throughput(clock);
    expect(carry(line, clock, 31, 1000)).toBe(false);
    expect(line.bytesPerSecond).toBe(null);
    expect(carry(line, clock, 29, 1000)).toBe(false);
    expect(carry(line, clock, 1, 1000)).toBe(true);
    expect(line.bytesPerSecond).toBe(1000);
    carry(line, clock, 30, 100);
    expect(line.bytesPerSecond).toBe(1000);
    carry(line, clock, 30, 100);
    expect(line.bytesPerSecond).toBe(100);
  });

  test('is not told by time in which nothing is sent', () => {
    const clock = fakeClock();
    const line = new Throughput(clock);
    carry(line, clock, 20, 1000);
    line.pause();
    clock.pass(10 * minuteMs);
    carry(line, clock, 42, 1000);
    expect(line.bytesPerSecond).toBe(1000);
  });

  test('is measured from the start again when other parts share it', () => {
    const clock = fakeClock();
    const line = new Throughput(clock);
    carry(line, clock, 31, 1000);
    line.restart();
    expect(carry(line, clock, 31, 500)).toBe(false);
    expect(carry(line, clock, 30, 500)).toBe(true);
    expect(line.bytesPerSecond).toBe(500);
  });

  test('under a limit is no more than the limit, and known from the start', () => {
    const clock = fakeClock();
    const limiter = makeAdaptiveLimiter(4, () => {});
    const line = new SharedLine({ clock, limiter, limitRate: 4096 });
    expect(line.bytesPerSecond).toBe(4096);
    expect(line.expectedMs(4096)).toBe(4000);
    line.prepareFor(MiB);
    expect(limiter.width).toBe(1);
    const free = new SharedLine({ clock, limiter, limitRate: undefined });
    expect(free.bytesPerSecond).toBe(null);
    expect(free.expectedMs(4096)).toBe(undefined);
  });
});

test('a line that carries one part in time keeps beside it a part that is nearly done, and no other', () => {
  const withdrawnOf = (secondBytes: number) => {
    const clock = fakeClock();
    const limiter = makeAdaptiveLimiter(2, () => {});
    const line = new SharedLine({ clock, limiter, limitRate: undefined });
    const withdrawn: string[] = [];
    const first = line.begin(16 * MiB, () => withdrawn.push('first'));
    const second = line.begin(secondBytes, () => withdrawn.push('second'));
    for (let seconds = 0; seconds < 62; seconds += 1) {
      clock.pass(1000);
      first.moved(51_000);
      second.moved(49_000);
    }
    expect(limiter.width).toBe(1);
    return withdrawn;
  };
  expect(withdrawnOf(16 * MiB)).toEqual(['second']);
  expect(withdrawnOf(4 * MiB)).toEqual([]);
});

describe('a part that is always too late', () => {
  const late = new GlacierUpError('request-timeout', 'Signature expired');
  const part = { range: { start: 0, end: 16 * MiB } } as PartSource;
  const attempt = (aloneMs: number, wholePartMs = 10 * minuteMs) => ({
    sentBytes: 1,
    aloneMs: () => aloneMs,
    wholePartMs: () => wholePartMs,
    moved: () => {},
    end: () => {},
  });

  test('is given up after two tries with the whole line', () => {
    const tries = new SlowTries(part, 16 * MiB);
    tries.note(attempt(4 * minuteMs), late);
    expect(() => tries.note(attempt(4 * minuteMs), late)).toThrow(
      'at 27 KiB/s its 16777216 bytes take 10 minutes, and the service waits about 5',
    );
  });

  test('is told a part size that gets through, or that there is none', () => {
    const hintOf = (source: PartSource, sizeBytes: number | undefined, wholePartMs: number) => {
      const tries = new SlowTries(source, sizeBytes);
      tries.note(attempt(4 * minuteMs, wholePartMs), late);
      try {
        tries.note(attempt(4 * minuteMs, wholePartMs), late);
      } catch (error) {
        return String((error as GlacierUpError).hint);
      }
      throw new Error('it was not given up');
    };
    expect(hintOf(part, 16 * MiB, 10 * minuteMs)).toContain('--start-over --part-size 4M');
    expect(hintOf(part, undefined, 10 * minuteMs)).toContain('--part-size 4M');
    // 10,000 parts must be enough.
    expect(hintOf(part, 60_000 * MiB, 10 * minuteMs)).toContain('--part-size 8M');
    const smallest = { range: { start: 0, end: MiB } } as PartSource;
    expect(hintOf(smallest, MiB, 10 * minuteMs)).toContain('parts cannot be smaller');
  });

  test('is not given up because of others on the line, nor for another reason', () => {
    const tries = new SlowTries(part, 16 * MiB);
    for (let count = 0; count < 5; count += 1) {
      tries.note(attempt(4 * minuteMs - 1), late);
      tries.note(attempt(9 * minuteMs), new GlacierUpError('temporary', 'reset'));
    }
  });
});
