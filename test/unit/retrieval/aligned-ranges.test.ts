import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutAligned,
  enclosingNode,
  isAligned,
  isAlignedAnywhere,
} from '../../../src/retrieval/aligned-ranges.js';
import { joinRawTreeHashes, rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { MiB } from '../../helpers/bytes.js';

/** Every node of the tree over so many leaves, by its definition: neighbours are joined level by level. */
function nodesOf(leaves: number): Set<string> {
  let level = Array.from({ length: leaves }, (_, index) => [index, index + 1] as const);
  const nodes = new Set(level.map((node) => node.join('-')));
  while (level.length > 1) {
    const parents: (readonly [number, number])[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const [start] = level[index] as readonly [number, number];
      const [, end] = (level[index + 1] ?? level[index]) as readonly [number, number];
      parents.push([start, end]);
    }
    level = parents;
    for (const node of level) nodes.add(node.join('-'));
  }
  return nodes;
}

describe('a range is tree-hash aligned', () => {
  test('exactly when it is a node of the archive’s tree', () => {
    for (let leaves = 1; leaves <= 40; leaves += 1) {
      const nodes = nodesOf(leaves);
      // The last leaf is a short one.
      const sizeBytes = leaves * MiB - 1;
      for (let start = 0; start < leaves; start += 1) {
        for (let end = start + 1; end <= leaves; end += 1) {
          const range = { start: start * MiB, end: Math.min(end * MiB, sizeBytes) };
          expect({ leaves, start, end, aligned: isAligned(range, sizeBytes) }).toEqual({
            leaves,
            start,
            end,
            aligned: nodes.has(`${start}-${end}`),
          });
        }
      }
    }
  });

  test('never when it begins or ends within a leaf, but at the archive’s end', () => {
    expect(isAligned({ start: 0, end: MiB - 1 }, 2 * MiB)).toBe(false);
    expect(isAligned({ start: 1, end: MiB }, 2 * MiB)).toBe(false);
    expect(isAligned({ start: MiB, end: 2 * MiB - 1 }, 2 * MiB - 1)).toBe(true);
  });

  test('in any archive that holds it when it is a power of two of leaves from a multiple of itself', () => {
    expect(isAlignedAnywhere({ start: 4 * MiB, end: 8 * MiB })).toBe(true);
    expect(isAlignedAnywhere({ start: 2 * MiB, end: 6 * MiB })).toBe(false);
    expect(isAlignedAnywhere({ start: 0, end: 3 * MiB })).toBe(false);
    expect(isAlignedAnywhere({ start: 0, end: MiB / 2 })).toBe(false);
  });
});

test('the smallest node around a range holds it, and none of its halves does', () => {
  const anyRange = fc.record({ leaves: fc.integer({ min: 1, max: 300 }), a: fc.nat(), b: fc.nat() });
  fc.assert(
    fc.property(anyRange, ({ leaves, a, b }) => {
      const sizeBytes = leaves * MiB;
      const [start = 0, end = 0] = [a % sizeBytes, b % sizeBytes].sort((x, y) => x - y);
      const range = { start, end: end + 1 };
      const node = enclosingNode(range, sizeBytes);
      expect(node.start).toBeLessThanOrEqual(range.start);
      expect(node.end).toBeGreaterThanOrEqual(range.end);
      expect(isAligned(node, sizeBytes)).toBe(true);
    }),
  );
});

test('the pieces of an aligned range are aligned, and their tree hashes join into its own', () => {
  // Leaves of one byte each would do, but the hashes are of whole MiB: few of them.
  const leaves = 11;
  const bytes = Buffer.alloc(leaves * MiB - 5, 'x');
  bytes.writeUInt32BE(7, 9 * MiB);
  for (const range of [
    { start: 0, end: bytes.length },
    { start: 8 * MiB, end: bytes.length },
    { start: 4 * MiB, end: 8 * MiB },
  ]) {
    for (const pieceSizeBytes of [MiB, 2 * MiB, 4 * MiB]) {
      const pieces = cutAligned(range, pieceSizeBytes);
      expect(pieces.every((piece) => isAligned(piece, bytes.length))).toBe(true);
      const joined = joinRawTreeHashes(
        pieces.map(({ start, end }) => rawTreeHashOf(bytes.subarray(start, end))),
      );
      expect(joined.toString('hex')).toBe(
        rawTreeHashOf(bytes.subarray(range.start, range.end)).toString('hex'),
      );
    }
  }
});
