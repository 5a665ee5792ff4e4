/** Which files of an upload are under way at the same time. */
import { linkSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { filesAtOnce } from '../../../src/cli/commands/upload/files-at-once.js';
import type { UploadRun } from '../../../src/cli/commands/upload/options.js';
import type { Stay } from '../../../src/cli/operands/operand-window.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { Retry } from '../../../src/glacier/retry/retry.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import type { UploadDeps } from '../../../src/transfer/upload-deps.js';
import { MiB } from '../../helpers/bytes.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

/** A file of this size. */
function file(name: string, sizeBytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  return path;
}

/** A run with so many slots, of eight units each. */
function run(
  concurrency: number,
  { partSize, isProven = true }: { partSize?: number; isProven?: boolean } = {},
) {
  const told: TransferEvent[] = [];
  const events: [string, TransferEvent][] = [];
  const retries: ((retry: Retry) => void)[] = [];
  const patience = { isSpent: false };
  let done = 0;
  const reporter = {
    beginFiles: (total: number | null) => {
      expect(total).toBe(7);
      return {
        emitOf: (name: string) => (event: TransferEvent) => events.push([name, event]),
        fileDone: () => {
          done += 1;
        },
      };
    },
  };
  const vault = { telling: (onRetry: (retry: Retry) => void) => void retries.push(onRetry) };
  const deps = { concurrency, clock: fakeClock(), vault, emit: (event: TransferEvent) => told.push(event) };
  const command = { options: { partSize }, patience, reporter } as unknown as UploadRun;
  const atOnce = filesAtOnce(command, deps as unknown as UploadDeps, 7);
  if (isProven) atOnce.fileDone();
  /** null: it has to wait. */
  const enter = async (name: string): Promise<Stay | null> => {
    let mayWait = true;
    const giveUp = () => {
      mayWait = false;
      atOnce.window.changed();
    };
    const stay = await atOnce.window.enter(name, () => {
      if (mayWait) setImmediate(giveUp);
      return mayWait;
    });
    return stay;
  };
  return {
    ...atOnce,
    patience,
    events,
    /** Events without the name of a file. */
    told,
    enter,
    /** How many of these may begin. */
    begun: async (names: string[]) => {
      const stays = [];
      for (const name of names) stays.push(await enter(name));
      return stays.filter((stay) => stay !== null).length;
    },
    doneCount: () => done,
    /** A request of a file fails and is to be repeated. */
    fail: (
      index: number,
      code: 'throttled' | 'request-timeout' | 'temporary',
      operation: string | null = 'InitiateMultipartUpload',
    ) => {
      const service = operation === null ? {} : { service: { operation } as never };
      const error = new GlacierUpError(code, 'failed', service);
      retries[index]?.({ error, attempt: 1, waitMs: 100 });
    },
  };
}

const small = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => file(`small${index}`, 1));
const sending = (sizeBytes: number, keptBytes = 0) =>
  ({ kind: 'sending', plan: { sizeBytes }, keptBytes }) as TransferEvent;
const stored = (start: number, end: number): TransferEvent => ({
  kind: 'part-stored',
  range: { start, end },
});

describe('before anything is known of the service', () => {
  test('files go one by one', async () => {
    const { begun } = run(4, { isProven: false });
    expect(await begun(small(3))).toBe(1);
  });

  test('until it has taken an upload, or a file has ended', async () => {
    const [first = '', second = ''] = small(2);
    const taken = run(4, { isProven: false });
    const stay = (await taken.enter(first)) as Stay;
    taken.depsOf(first, stay).emit(stored(0, 1));
    expect(await taken.enter(second)).toBeNull();
    taken.depsOf(first, stay).emit(sending(1));
    expect(await taken.enter(second)).not.toBeNull();
    const ended = run(4, { isProven: false });
    await ended.enter(first);
    ended.fileDone();
    expect(ended.doneCount()).toBe(1);
    expect(await ended.enter(second)).not.toBeNull();
  });

  test('and again while it does not answer', async () => {
    const { begun, patience } = run(4);
    patience.isSpent = true;
    expect(await begun(small(3))).toBe(1);
  });
});

describe('the room of a run', () => {
  test('holds eight small files for each slot', async () => {
    expect(await run(1).begun(small(12))).toBe(8);
    expect(await run(2).begun(small(20))).toBe(16);
  });

  test('holds no more than 128 of them', async () => {
    expect(await run(64).begun(small(140))).toBe(128);
  });

  test('holds one large file, and one more that begins as its last parts leave', async () => {
    const [large, other] = [file('large', 48 * MiB), file('other', 32 * MiB)];
    const { enter, depsOf } = run(1);
    const stay = (await enter(large)) as Stay;
    const { emit } = depsOf(large, stay);
    emit(sending(48 * MiB));
    expect(await enter(other)).toBeNull();
    emit(stored(0, 16 * MiB));
    const [one = ''] = small(1);
    expect(await enter(one)).toBeNull();
    emit(stored(16 * MiB, 32 * MiB));
    expect(await enter(one)).toBeNull();
    emit(stored(32 * MiB, 47 * MiB));
    expect(await enter(other)).toBeNull();
    expect(await enter(one)).not.toBeNull();
  });

  test('counts of an upload that is resumed what is missing', async () => {
    const [large, one = ''] = [file('large', 32 * MiB), ...small(1)];
    const { enter, depsOf } = run(1);
    depsOf(large, (await enter(large)) as Stay).emit(sending(32 * MiB, 31 * MiB));
    expect(await enter(one)).not.toBeNull();
  });

  test('counts small parts as full ones, if so they were asked for', async () => {
    const files = [file('a', MiB), file('b', MiB), file('c', MiB)];
    expect(await run(2).begun(files)).toBe(3);
    expect(await run(2, { partSize: MiB }).begun(files)).toBe(2);
  });

  test('is not all taken by one file that has more parts than there are slots', async () => {
    const large = file('large', 1024 * MiB);
    const { enter, begun } = run(2);
    const stay = (await enter(large)) as Stay;
    stay.take(0);
    expect(await begun(small(20))).toBe(16);
  });
});

describe('files that are the same', () => {
  test('go one after the other: hard links, and one that is missing under its names', async () => {
    const path = file('file', 1);
    linkSync(path, join(folder, 'link'));
    expect(await run(4).begun([path, join(folder, 'link'), file('other', 1)])).toBe(2);
    const gone = join(folder, 'gone');
    expect(await run(4).begun([gone, relative(process.cwd(), gone), join(folder, 'gone too')])).toBe(2);
  });
});

describe('a request that is refused', () => {
  const widths = (told: TransferEvent[]) =>
    told.map((event) => ('partsAtOnce' in event ? event.partsAtOnce : null));

  test.each(['throttled', 'request-timeout'] as const)('as %s makes the room smaller', async (code) => {
    const { depsOf, fail, told, events, begun } = run(2);
    const stay = { take: () => {}, leave: () => {} };
    depsOf('a', stay);
    fail(0, code);
    expect(widths(told)).toEqual([1]);
    expect(events).toMatchObject([['a', { kind: 'retry', attempt: 1, waitMs: 100, error: { code } }]]);
    expect(await begun(small(12))).toBe(8);
  });

  test('for another reason does not, nor does a part, which does so by itself', () => {
    const { depsOf, fail, told, events } = run(2);
    depsOf('a', { take: () => {}, leave: () => {} });
    fail(0, 'temporary');
    fail(0, 'temporary', null);
    fail(0, 'throttled', 'UploadMultipartPart');
    expect(told).toEqual([]);
    expect(events).toHaveLength(3);
  });

  test('counts once for a burst of them', () => {
    const { depsOf, fail, told } = run(4);
    for (const name of ['a', 'b']) depsOf(name, { take: () => {}, leave: () => {} });
    fail(0, 'throttled');
    fail(1, 'throttled');
    expect(widths(told)).toEqual([3]);
    fail(1, 'throttled');
    expect(widths(told)).toEqual([3, 2]);
  });

  test('leaves room again when parts get through', async () => {
    const { depsOf, fail, enter, window } = run(2);
    const { wire } = depsOf('a', (await enter(file('large', 16 * MiB))) as Stay);
    fail(0, 'throttled');
    const [one = ''] = small(1);
    const asked = vi.fn(() => true);
    const waiting = window.enter(one, asked);
    while (asked.mock.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let count = 0; count < 2; count += 1) {
      wire?.limiter.succeeded();
    }
    expect(await waiting).not.toBeNull();
  });
});
