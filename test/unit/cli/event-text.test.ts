import { describe, expect, test } from 'vitest';
import { isAlwaysTold, messageOf } from '../../../src/cli/output/event-text.js';
import { GlacierUpError } from '../../../src/errors.js';
import type { TransferEvent } from '../../../src/transfer/events.js';

const MiB = 1024 ** 2;
const plan = { sizeBytes: 3 * MiB, partSizeBytes: MiB, partCount: 3 };
const range = { start: 0, end: MiB };
const file = 'a\tb';

const told: [string, TransferEvent, string][] = [
  [
    'a new upload',
    { kind: 'sending', file, uploadId: 'u', plan, keptParts: 0, keptBytes: 0, isNew: true },
    'a\\tb: sending 3 MiB in 3 parts of 1 MiB',
  ],
  [
    'an upload that goes on, even one of which no part is stored',
    { kind: 'sending', file, uploadId: 'u', plan, keptParts: 0, keptBytes: 0, isNew: false },
    'a\\tb: resumed: 0 of 3 parts of 1 MiB (0 bytes) are stored already',
  ],
  [
    'a new upload from a pipe',
    {
      kind: 'receiving',
      file,
      uploadId: 'u',
      partSizeBytes: MiB,
      expectedBytes: null,
      keptParts: 0,
      keptBytes: 0,
      isNew: true,
    },
    'a\\tb: sending what comes, in parts of 1 MiB: at most 9.77 GiB',
  ],
  [
    'an upload from a pipe that goes on',
    {
      kind: 'receiving',
      file,
      uploadId: 'u',
      partSizeBytes: MiB,
      expectedBytes: null,
      keptParts: 2,
      keptBytes: 2 * MiB,
      isNew: false,
    },
    'a\\tb: resumed: 2 parts of 1 MiB (2 MiB) are stored already, what comes is compared with them',
  ],
  [
    'parts that run out',
    { kind: 'nearing-limit', usedParts: 9000, partSizeBytes: MiB },
    '9000 of 10000 parts are used, 8.79 GiB of the 9.77 GiB that parts of 1 MiB can hold: if much more is to come, begin again with a larger --part-size and --start-over',
  ],
  [
    'a download',
    { kind: 'retrieving', file, totalBytes: 2 * MiB, keptBytes: 0, totalRanges: 2, keptRanges: 0 },
    'a\\tb: downloading 2 MiB in 2 ranges',
  ],
  [
    'a download that goes on',
    { kind: 'retrieving', file, totalBytes: 2 * MiB, keptBytes: MiB, totalRanges: 2, keptRanges: 1 },
    'a\\tb: resumed: 1 of 2 ranges (1 MiB) are proved already',
  ],
  [
    'an inventory that goes on',
    { kind: 'downloading', totalBytes: 2 * MiB, keptBytes: MiB },
    "resumed: 1 MiB of the inventory's 2 MiB are downloaded already",
  ],
  [
    'a part of an inventory that is dropped',
    { kind: 'dropped', jobId: 'j', sizeBytes: MiB, reason: 'the job has expired' },
    'the 1 MiB that were downloaded of inventory job j are deleted: the job has expired',
  ],
  ['a note', { kind: 'note', message: 'the file has changed' }, 'the file has changed'],
];

const toldIfAsked: [string, TransferEvent, string][] = [
  [
    'an inventory',
    { kind: 'downloading', totalBytes: MiB, keptBytes: 0 },
    'downloading the inventory: 1 MiB',
  ],
  ['a part that is there', { kind: 'part-found', range }, 'part 0-1048575 is stored already'],
  ['a part', { kind: 'part-stored', range }, 'part 0-1048575 stored'],
  ['a proved range', { kind: 'range-proved', range }, 'range 0-1048575 proved'],
  ['a Complete', { kind: 'completing', file }, 'a\\tb: completing'],
  [
    'a retry',
    { kind: 'retry', error: new GlacierUpError('throttled', 'too fast'), attempt: 2, waitMs: 4000 },
    'try 2 failed: too fast; again in 4s',
  ],
  [
    'a single part at a time',
    { kind: 'concurrency', partsAtOnce: 1, reason: 'the service asks for less' },
    'sending 1 part at a time: the service asks for less',
  ],
];

describe('an event that is told', () => {
  test.each(told)('is %s', (_, event, text) => {
    expect([messageOf(event), isAlwaysTold(event)]).toEqual([text, true]);
  });

  test.each(toldIfAsked)('with --verbose is %s', (_, event, text) => {
    expect([messageOf(event), isAlwaysTold(event)]).toEqual([text, false]);
  });
});

test.each<TransferEvent>([
  { kind: 'bytes', sizeBytes: 1 },
  { kind: 'hashing', file, totalBytes: 1 },
  { kind: 'hashed', sizeBytes: 1 },
  { kind: 'deleting', total: 1, done: 0 },
  { kind: 'deleted' },
  { kind: 'ended' },
])('nothing is said of $kind', (event) => {
  expect(messageOf(event)).toBeNull();
});
