import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashStream } from '../../../src/treehash/hash-stream.js';
import { rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { bytes, leafBytes, leavesPerPart, sliced } from './arbitraries.js';
import { vectors } from './vectors.js';

async function* stream(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });

describe('the tree hash of a stream', () => {
  for (const { input, bytes: make, treeHash } of vectors) {
    it(`of ${input} is the published one`, async () => {
      const whole = make();
      const hashes = await hashStream(stream(sliced(whole, [1, 65_536, 1_048_576, 1_500_000])));
      expect(hashes.rawTreeHash.toString('hex')).toBe(treeHash);
      expect(hashes.sizeBytes).toBe(whole.length);
    });
  }

  it('is the same however the stream is sliced', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, leafBytes, cuts, async (whole, leaf, at) => {
        const { rawTreeHash, sizeBytes } = await hashStream(stream(sliced(whole, at)), { leafBytes: leaf });
        expect(rawTreeHash).toEqual(rawTreeHashOf(whole, leaf));
        expect(sizeBytes).toBe(whole.length);
      }),
    );
  });

  it('comes with the hash of each part', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, leafBytes, leavesPerPart, cuts, async (whole, leaf, leaves, at) => {
        const partBytes = leaf * leaves;
        const { rawPartTreeHashes } = await hashStream(stream(sliced(whole, at)), {
          leafBytes: leaf,
          partBytes,
        });
        const expected: Buffer[] = [];
        for (let start = 0; start < whole.length; start += partBytes) {
          expected.push(rawTreeHashOf(whole.subarray(start, start + partBytes), leaf));
        }
        expect(rawPartTreeHashes).toEqual(expected);
      }),
    );
  });

  it('takes text for its UTF-8 bytes', async () => {
    const { rawTreeHash } = await hashStream(
      (async function* () {
        yield 'hé';
      })(),
    );
    expect(rawTreeHash).toEqual(rawTreeHashOf(Buffer.from('hé')));
  });

  it('fails when the stream does', async () => {
    const broken = (async function* () {
      yield Buffer.from('some');
      throw new Error('the pipe broke');
    })();
    await expect(hashStream(broken)).rejects.toThrow('the pipe broke');
  });
});
