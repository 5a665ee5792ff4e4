import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shareFile, takeNoMore, takeRanges } from '../../../src/treehash/shared-file.js';

const fileOf = (sizeBytes: number, rangeBytes: number) =>
  shareFile({ fd: 0, sizeBytes, rangeBytes, leafBytes: rangeBytes });

describe('a file that is hashed by many', () => {
  test('has every byte taken by one of them, and once', () => {
    const sizes = fc.record({
      sizeBytes: fc.nat({ max: 20_000 }),
      rangeBytes: fc.integer({ min: 1, max: 3000 }),
    });
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat({ max: 2 })), ({ sizeBytes, rangeBytes }, turns) => {
        const file = fileOf(sizeBytes, rangeBytes);
        const takers = [takeRanges(file), takeRanges(file), takeRanges(file)];
        let covered = 0;
        for (const who of turns) {
          const { done, value } = takers[who]?.next() ?? {};
          if (done || !value) break;
          expect(value.index).toBe(covered / rangeBytes);
          expect(value.start).toBe(covered);
          expect(value.end).toBeGreaterThan(value.start);
          covered = value.end;
        }
        expect(covered).toBe(sizeBytes);
      }),
    );
  });

  test('has no more ranges for anybody once none are wanted', () => {
    const file = fileOf(100, 10);
    const [one, another] = [takeRanges(file), takeRanges(file)];
    expect(one.next().value).toMatchObject({ index: 0 });
    takeNoMore(file);
    expect(one.next().done).toBe(true);
    expect(another.next().done).toBe(true);
  });

  test('has more ranges than 2^21: 40 TiB in ranges of 4 MiB', () => {
    const file = fileOf(40 * 2 ** 40, 4 * 2 ** 20);
    Atomics.store(file.taken, 0, 10_485_759);
    const taker = takeRanges(file);
    expect(taker.next().value).toEqual({
      index: 10_485_759,
      start: 40 * 2 ** 40 - 4 * 2 ** 20,
      end: 40 * 2 ** 40,
    });
    expect(taker.next().done).toBe(true);
  });
});
