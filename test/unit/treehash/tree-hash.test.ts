import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinTreeHashes, LeafJoiner, sha256, treeHashOf } from '../../../src/treehash/tree-hash.js';
import { bytes, leafBytes, leavesPerPart } from './arbitraries.js';
import { slowTreeHash } from './slow-tree-hash.js';
import { vectors } from './vectors.js';

describe('the tree hash of bytes at hand', () => {
  for (const { input, bytes: make, treeHash } of vectors) {
    it(`of ${input} is the published one`, () => {
      expect(treeHashOf(make()).toString('hex')).toBe(treeHash);
    });
  }

  it('is what a slow reference finds, for every size and leaf size', () => {
    fc.assert(
      fc.property(bytes, leafBytes, (whole, leaf) => {
        expect(treeHashOf(whole, leaf)).toEqual(slowTreeHash(whole, leaf));
      }),
    );
  });

  it('is the plain SHA-256 up to one leaf, and not beyond', () => {
    fc.assert(
      fc.property(bytes, leafBytes, (whole, leaf) => {
        expect(treeHashOf(whole, leaf).equals(sha256(whole))).toBe(whole.length <= leaf);
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
          parts.push(treeHashOf(whole.subarray(start, start + partBytes), leaf));
        }
        expect(joinTreeHashes(parts)).toEqual(treeHashOf(whole, leaf));
      }),
    );
  });

  it('does not make it from parts of three leaves, which are no nodes of the tree', () => {
    const whole = Buffer.alloc(12, 'x');
    const parts = [0, 3, 6, 9].map((start) => treeHashOf(whole.subarray(start, start + 3), 1));
    expect(joinTreeHashes(parts)).not.toEqual(treeHashOf(whole, 1));
  });

  it('moves a node without a neighbour up unchanged', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text) => sha256(Buffer.from(text))) as [Buffer, Buffer, Buffer];
    expect(joinTreeHashes([a, b, c])).toEqual(sha256(Buffer.concat([sha256(Buffer.concat([a, b])), c])));
  });

  it('gives a copy, so that the caller may change it', () => {
    const only = sha256(Buffer.from('a'));
    joinTreeHashes([only]).fill(0);
    expect(only).toEqual(sha256(Buffer.from('a')));
  });

  it('leaf by leaf comes to the same as all at once', () => {
    const leaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 70 });
    fc.assert(
      fc.property(leaves, (all) => {
        const joiner = new LeafJoiner();
        for (const leaf of all) joiner.add(Buffer.from(leaf));
        expect(joiner.root()).toEqual(joinTreeHashes(all));
      }),
    );
  });

  it('leaf by leaf can be asked for its root on the way', () => {
    const joiner = new LeafJoiner();
    const leaves: Buffer[] = [];
    for (let count = 0; count < 40; count += 1) {
      expect(joiner.root()).toEqual(joinTreeHashes(leaves));
      const leaf = sha256(Buffer.from(String(count)));
      leaves.push(leaf);
      joiner.add(leaf);
    }
  });
});
