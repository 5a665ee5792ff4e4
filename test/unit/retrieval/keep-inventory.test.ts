import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leftOf, missingRanges, PartialInventory } from '../../../src/retrieval/keep-inventory.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const { signal } = new AbortController();
const output = { jobId: 'job', sizeBytes: 100 };

function newFile(): string {
  return join(tempFolder(), 'inventory.json');
}

/** A run that wrote these ranges, each byte being where it is in the file, and ended. */
function written(file: string, ranges: [number, number][]): void {
  const partial = new PartialInventory(file, output);
  for (const [start, end] of ranges) partial.write(bytesOf(start, end), start);
  partial.close();
}

function bytesOf(start: number, end: number): Buffer {
  return Buffer.from(Array.from({ length: end - start }, (_, index) => start + index));
}

async function readBack(file: string, wanted = output): Promise<[number, number][]> {
  const partial = new PartialInventory(file, wanted);
  const there = await partial.readBack(signal, () => {});
  partial.close();
  return there.map(({ start, end }) => [start, end]);
}

describe('what is missing', () => {
  test('is every byte that is not there, once, in pieces of at most a size', () => {
    const ranges = fc.array(
      fc.tuple(fc.nat(60), fc.nat(20)).map(([start, length]) => ({ start, end: start + length })),
    );
    fc.assert(
      fc.property(fc.nat(60), ranges, fc.integer({ min: 1, max: 30 }), (sizeBytes, all, mostBytes) => {
        const there = all.filter(({ end }) => end <= sizeBytes);
        const missing = missingRanges(sizeBytes, there, mostBytes);
        const counts = Array.from({ length: sizeBytes }, () => 0);
        const add = (start: number, end: number, count: number) => {
          for (let byte = start; byte < end; byte += 1) counts[byte] = (counts[byte] ?? 0) + count;
        };
        for (const { start, end } of missing) {
          expect(end - start).toBeLessThanOrEqual(mostBytes);
          expect(end).toBeGreaterThan(start);
          add(start, end, 1);
        }
        for (const { start, end } of there) add(start, end, 100);
        expect(counts.every((count) => count === 1 || (count > 0 && count % 100 === 0))).toBe(true);
      }),
    );
  });
});

describe('an inventory on its way', () => {
  test('has after a crash the ranges that were written', async () => {
    const file = newFile();
    written(file, [
      [50, 60],
      [0, 20],
    ]);
    expect(await readBack(file)).toEqual([
      [50, 60],
      [0, 20],
    ]);
  });

  test('does not have a range whose bytes are not on the disk', async () => {
    const file = newFile();
    written(file, [
      [0, 20],
      [20, 40],
      [90, 100],
    ]);
    const bytes = readFileSync(`${file}.part`);
    bytes[25] = 0;
    writeFileSync(`${file}.part`, bytes.subarray(0, 95));
    expect(await readBack(file)).toEqual([[0, 20]]);
  });

  test('loses one range at most by a note that a crash cut off', async () => {
    const file = newFile();
    written(file, [[0, 20]]);
    appendFileSync(`${file}.part.ranges`, '\n{"range":"20-3');
    written(file, [[40, 60]]);
    expect(await readBack(file)).toEqual([
      [0, 20],
      [40, 60],
    ]);
  });

  test.each([
    ['job', { jobId: 'other', sizeBytes: 100 }],
    ['length', { jobId: 'job', sizeBytes: 99 }],
  ])('begins again for an output of another %s', async (_, other) => {
    const file = newFile();
    written(file, [[0, 20]]);
    expect(await readBack(file, other)).toEqual([]);
    expect(leftOf(file)?.output).toEqual(other);
    expect(readFileSync(`${file}.part`)).toHaveLength(0);
  });

  test.each(['', '{}', 'null', '{"schema":2,"jobId":"job","sizeBytes":100}'])(
    'begins again where its notes are %j',
    async (text) => {
      const file = newFile();
      writeFileSync(`${file}.part.ranges`, text);
      expect(await readBack(file)).toEqual([]);
    },
  );
});
