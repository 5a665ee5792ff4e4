import { describe, expect, test } from 'vitest';
import { ProgressMeter } from '../../../src/cli/output/progress-meter.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { TransferEvent } from '../../../src/transfer/events.js';
import { fakeClock } from '../../helpers/fake-clock.js';

describe('progress over many files', () => {
  test('is the share of the files that are done', () => {
    const meter = new ProgressMeter(fakeClock());
    meter.beginFiles(4);
    meter.fileDone();
    expect({ hasTotal: meter.hasTotal, fraction: meter.fraction }).toEqual({
      hasTotal: true,
      fraction: 0.25,
    });
    for (let count = 0; count < 3; count += 1) meter.fileDone();
    expect(meter.fraction).toBe(1);
  });

  test('is nothing while nobody knows how many there will be', () => {
    const meter = new ProgressMeter(fakeClock());
    meter.beginFiles(null);
    meter.fileDone();
    expect({ hasTotal: meter.hasTotal, fraction: meter.fraction }).toEqual({ hasTotal: false, fraction: 0 });
  });
});

const MiB = 1024 ** 2;
const range = { start: 0, end: MiB };
const failed = new GlacierUpError('temporary', 'm');
const bytes = (sizeBytes: number): TransferEvent => ({ kind: 'bytes', sizeBytes });
const retry: TransferEvent = { kind: 'retry', error: failed, attempt: 1, waitMs: 1 };
const hashing: TransferEvent = { kind: 'hashing', file: 'f', totalBytes: 4 * MiB };
const receiving: TransferEvent = {
  kind: 'receiving',
  file: 'f',
  uploadId: 'u',
  partSizeBytes: MiB,
  expectedBytes: null,
  keptParts: 0,
  keptBytes: 0,
  isNew: true,
};
const retrieving: TransferEvent = {
  kind: 'retrieving',
  file: 'f',
  totalBytes: 4 * MiB,
  keptBytes: MiB,
  totalRanges: 4,
  keptRanges: 1,
};
const restoring: TransferEvent = {
  kind: 'restoring',
  total: 10,
  done: 4,
  totalBytes: 4 * MiB,
  keptBytes: MiB,
};

/** What is said after these events, each a second after the one before. */
function lineAfter(...events: TransferEvent[]): string {
  const clock = fakeClock();
  const meter = new ProgressMeter(clock);
  for (const event of events) {
    meter.take(event);
    clock.pass(1000);
  }
  return meter.line();
}

describe('the progress of one thing', () => {
  test.each<[string, TransferEvent[], string]>([
    [
      'hashing',
      [hashing, { kind: 'hashed', sizeBytes: MiB }],
      'hashing 25% 1 MiB of 4 MiB, 512 KiB/s, 6s left',
    ],
    [
      'a stream, of which nobody knows the size',
      [receiving, { kind: 'part-found', range }, { kind: 'part-stored', range }, bytes(MiB)],
      '2 MiB, 256 KiB/s, 2 parts',
    ],
    [
      'a stream of about a size',
      [{ ...receiving, expectedBytes: 8 * MiB }, bytes(MiB), { kind: 'part-stored', range }],
      '1 MiB of about 8 MiB, 341 KiB/s, 1 part',
    ],
    [
      'a download',
      [retrieving, bytes(MiB), { kind: 'range-proved', range }],
      '50% 2 MiB of 4 MiB, 341 KiB/s, 6s left, range 2 of 4',
    ],
    [
      'an inventory',
      [{ kind: 'downloading', totalBytes: 4 * MiB, keptBytes: MiB }, bytes(MiB)],
      '50% 2 MiB of 4 MiB, 512 KiB/s, 4s left',
    ],
    [
      'deleting',
      [{ kind: 'deleting', total: 10, done: 4 }, { kind: 'deleted' }, { kind: 'deleted' }],
      '60% 6 of 10 archives, 1/s, 4s left',
    ],
    [
      'restoring',
      [restoring, bytes(MiB), { kind: 'restored' }],
      '50% 2 MiB of 4 MiB, 341 KiB/s, 6s left, archive 5 of 10',
    ],
    ['with a retry', [hashing, retry], 'hashing 0% 0 bytes of 4 MiB, 0 bytes/s, 1 retry'],
    ['with retries', [hashing, retry, retry], 'hashing 0% 0 bytes of 4 MiB, 0 bytes/s, 2 retries'],
  ])('has a line for %s', (_, events, line) => {
    expect(lineAfter(...events)).toBe(line);
  });

  test('ends with it', () => {
    const meter = new ProgressMeter(fakeClock());
    expect([meter.isBusy, meter.hasTotal, meter.fraction]).toEqual([false, false, 0]);
    meter.take(retrieving);
    meter.take(retry);
    expect([meter.isBusy, meter.hasTotal, meter.fraction]).toEqual([true, true, 0.25]);
    meter.reset();
    expect([meter.isBusy, meter.hasTotal, meter.fraction, meter.line()]).toEqual([
      false,
      false,
      0,
      '0% 0 bytes of 0 bytes',
    ]);
  });

  test('is never more than the whole', () => {
    const meter = new ProgressMeter(fakeClock());
    meter.take(hashing);
    meter.take({ kind: 'hashed', sizeBytes: 5 * MiB });
    expect(meter.fraction).toBe(1);
  });

  test('has the rate of the last fifteen seconds, and none in the first two', () => {
    const clock = fakeClock();
    clock.pass(100_000);
    const meter = new ProgressMeter(clock);
    meter.take(retrieving);
    clock.pass(1999);
    expect(meter.rate()).toBeNull();
    clock.pass(1);
    meter.take(bytes(2 * MiB));
    expect(meter.rate()).toBe(MiB);
    for (let second = 0; second < 20; second += 1) {
      clock.pass(1000);
      meter.take(bytes(0));
    }
    expect(meter.rate()).toBe(0);
    expect(meter.remainingMs()).toBeNull();
  });

  test('has no rate from what was before', () => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    meter.take(hashing);
    clock.pass(5000);
    meter.take({ kind: 'hashed', sizeBytes: MiB });
    meter.take(retrieving);
    expect(meter.rate()).toBeNull();
  });

  test('has no rate below 0 when an attempt is taken back', () => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    meter.take(retrieving);
    clock.pass(3000);
    meter.take(bytes(-MiB));
    expect(meter.rate()).toBe(0);
  });
});

describe('the progress of many files', () => {
  test('tells their bytes and their rate, and nothing of hashing or of what is kept', () => {
    const clock = fakeClock();
    const meter = new ProgressMeter(clock);
    meter.beginFiles(3);
    const plan = { sizeBytes: 4 * MiB, partSizeBytes: MiB, partCount: 4 };
    meter.take({
      kind: 'sending',
      file: 'f',
      uploadId: 'u',
      plan,
      keptParts: 2,
      keptBytes: 2 * MiB,
      isNew: false,
    });
    meter.take(hashing);
    meter.take({ kind: 'hashed', sizeBytes: MiB });
    expect(meter.line()).toBe('0 of 3 files');
    clock.pass(4000);
    meter.take(bytes(2 * MiB));
    meter.fileDone();
    meter.reset();
    expect(meter.line()).toBe('1 of 3 files, 2 MiB, 512 KiB/s');
  });

  test('of a list of unknown length is counted', () => {
    const meter = new ProgressMeter(fakeClock());
    meter.beginFiles(null);
    expect(meter.line()).toBe('0 files');
    meter.fileDone();
    expect(meter.line()).toBe('1 file');
  });
});

describe('in little room', () => {
  const meter = new ProgressMeter(fakeClock());
  meter.take(retrieving);

  test.each([
    [100, '25% 1 MiB of 4 MiB, range 1 of 4'],
    [32, '25% 1 MiB of 4 MiB, range 1 of 4'],
    [31, '25% 1 MiB of 4 MiB'],
    [18, '25% 1 MiB of 4 MiB'],
    [17, '25%'],
    [2, '25'],
    [0, ''],
    [-1, ''],
  ])('of %d columns the line is %j', (columns, line) => {
    expect(meter.fittingLine(columns)).toBe(line);
  });
});
