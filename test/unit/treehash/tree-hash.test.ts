import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinRawTreeHashes, LeafJoiner, rawSha256, rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { bytes, leafBytes, leavesPerPart } from './arbitraries.js';
import { slowTreeHash } from './slow-tree-hash.js';
import { vectors } from './vectors.js';

describe('the tree hash of bytes at hand', () => {
  for (const { input, bytes: make, treeHash } of vectors) {
    it(`of ${input} is the published one`, () => {
      expect(rawTreeHashOf(make()).toString('hex')).toBe(treeHash);
    });
  }

  it('is what a slow reference finds, for every size and leaf size', () => {
    fc.assert(
      fc.property(bytes, leafBytes, (whole, leaf) => {
        expect(rawTreeHashOf(whole, leaf)).toEqual(slowTreeHash(whole, leaf));
      }),
    );
  });

  it('is the plain SHA-256 up to one leaf, and not beyond', () => {
    fc.assert(
      fc.property(bytes, leafBytes, (whole, leaf) => {
        expect(rawTreeHashOf(whole, leaf).equals(rawSha256(whole))).toBe(whole.length <= leaf);
      }),
    );
  });
});

describe('joining', () => {
  it('makes the hash of the whole from those of its parts, for every size and every power of two of leaves', () => {
    fc.assert(
      fc.property(bytes, leafBytes, leavesPerPart, (whole, leaf, leaves) => {
        const partBytes = leaf * leaves;
        const parts: Buffer[] = [];
        for (let start = 0; start < whole.length; start += partBytes) {
          parts.push(rawTreeHashOf(whole.subarray(start, start + partBytes), leaf));
        }
        expect(joinRawTreeHashes(parts)).toEqual(rawTreeHashOf(whole, leaf));
      }),
    );
  });

  it('does not make it from parts of three leaves, which are no nodes of the tree', () => {
    const whole = Buffer.alloc(12, 'x');
    const parts = [0, 3, 6, 9].map((start) => rawTreeHashOf(whole.subarray(start, start + 3), 1));
    expect(joinRawTreeHashes(parts)).not.toEqual(rawTreeHashOf(whole, 1));
  });

  it('moves a node without a neighbour up unchanged', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text) => rawSha256(Buffer.from(text))) as [Buffer, Buffer, Buffer];
    expect(joinRawTreeHashes([a, b, c])).toEqual(
      rawSha256(Buffer.concat([rawSha256(Buffer.concat([a, b])), c])),
    );
  });

  it('gives a copy, so that the caller may change it', () => {
    const only = rawSha256(Buffer.from('a'));
    joinRawTreeHashes([only]).fill(0);
    expect(only).toEqual(rawSha256(Buffer.from('a')));
  });

  it('leaf by leaf comes to the same as all at once', () => {
    const leaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 70 });
    fc.assert(
      fc.property(leaves, (all) => {
        const joiner = new LeafJoiner();
        for (const leaf of all) joiner.add(Buffer.from(leaf));
        expect(joiner.root()).toEqual(joinRawTreeHashes(all));
      }),
    );
  });

  it('leaf by leaf can be asked for its root on the way', () => {
    const joiner = new LeafJoiner();
    const leaves: Buffer[] = [];
    for (let count = 0; count < 40; count += 1) {
      expect(joiner.root()).toEqual(joinRawTreeHashes(leaves));
      const leaf = rawSha256(Buffer.from(String(count)));
      leaves.push(leaf);
      joiner.add(leaf);
    }
  });
});
