import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPartSize, isLegalPartSize, maxArchiveSizeBytes } from '../../../src/glacier/limits.js';
import { compareParts, countParts } from '../../../src/transfer/compare.js';
import { partRange, planParts } from '../../../src/transfer/plan.js';

const MiB = 1024 ** 2;
const partSizes = Array.from({ length: 13 }, (_, power) => MiB * 2 ** power);

/** Any size and a legal part size that holds it. */
const plans = fc
  .tuple(
    fc.constantFrom(...partSizes),
    fc.integer({ min: 1, max: 10_000 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([partSizeBytes, parts, fill]) => {
    const lastBytes = Math.max(1, Math.round(fill * partSizeBytes));
    return planParts((parts - 1) * partSizeBytes + lastBytes, partSizeBytes);
  });

describe('the plan of an upload', () => {
  test('covers every byte once, in parts that are full but the last', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        let coveredBytes = 0;
        for (let index = 0; index < plan.partCount; index += 1) {
          const { start, end } = partRange(plan, index);
          expect(start).toBe(coveredBytes);
          if (index < plan.partCount - 1) expect(end - start).toBe(plan.partSizeBytes);
          expect(end).toBeGreaterThan(start);
          coveredBytes = end;
        }
        expect(coveredBytes).toBe(plan.sizeBytes);
      }),
      { numRuns: 50 },
    );
  });

  test('is legal for every size when no part size is given', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger().map((n) => (Math.abs(n) % maxArchiveSizeBytes) + 1),
        (sizeBytes) => {
          const { partSizeBytes, partCount } = planParts(sizeBytes);
          expect(isLegalPartSize(partSizeBytes)).toBe(true);
          expect(partCount).toBeLessThanOrEqual(10_000);
          if (partSizeBytes < 4096 * MiB) expect(partCount).toBeLessThanOrEqual(2000);
        },
      ),
    );
  });

  test.each([
    [1, 16],
    [2000 * 16 * MiB, 16],
    [2000 * 16 * MiB + 1, 32],
    [1024 ** 4, 1024],
    [maxArchiveSizeBytes, 4096],
  ])('of %d bytes has parts of %d MiB', (sizeBytes, expectedMiB) => {
    expect(defaultPartSize(sizeBytes)).toBe(expectedMiB * MiB);
  });

  test('refuses nothing, too much, and too many parts, before anything is sent', () => {
    expect(() => planParts(0)).toThrow(expect.objectContaining({ code: 'archive-unusable' }));
    expect(() => planParts(maxArchiveSizeBytes + 1)).toThrow(
      expect.objectContaining({ code: 'archive-unusable' }),
    );
    expect(() => planParts(10_000 * MiB + 1, MiB)).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'give --part-size 2M or larger, or leave it out' }),
    );
    expect(planParts(10_000 * MiB, MiB).partCount).toBe(10_000);
  });
});

describe('parts beside the file', () => {
  const hashOf = (index: number): Buffer => Buffer.alloc(32, (index % 255) + 1);

  test('any subset of stored parts in any order leaves exactly the others missing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.array(fc.nat(59)), (parts, chosen) => {
        const plan = planParts(parts * MiB - 7, MiB);
        const stored = new Set(chosen.filter((index) => index < parts));
        const listed = [...stored].map((index) => ({
          range: partRange(plan, index),
          treeHash: hashOf(index).toString('hex'),
        }));
        const compared = compareParts(plan, listed, hashOf);
        expect(compared.map(({ index }) => index)).toEqual(
          Array.from({ length: parts }, (_, index) => index),
        );
        for (const { index, state } of compared)
          expect(state).toBe(stored.has(index ?? -1) ? 'matching' : 'missing');
      }),
    );
  });

  test('are different when the hash is, unknown without a local one, unexpected when no part has their range', () => {
    const plan = planParts(3.5 * MiB, MiB);
    const listed = [
      { range: { start: 0, end: MiB }, treeHash: 'f'.repeat(64) },
      { range: { start: MiB, end: 2 * MiB }, treeHash: hashOf(1).toString('hex') },
      { range: { start: 3 * MiB, end: 4 * MiB }, treeHash: hashOf(3).toString('hex') },
      { range: { start: 8 * MiB, end: 9 * MiB }, treeHash: hashOf(8).toString('hex') },
    ];
    const compared = compareParts(plan, listed, (index) => (index === 1 ? null : hashOf(index)));
    expect(compared.map(({ range, state }) => [range.start / MiB, state])).toEqual([
      [0, 'different'],
      [1, 'unknown'],
      [2, 'missing'],
      [3, 'missing'],
      [3, 'unexpected'],
      [8, 'unexpected'],
    ]);
    expect(countParts(compared)).toEqual({
      matching: 0,
      different: 1,
      unknown: 1,
      missing: 2,
      unexpected: 2,
    });
  });
});
