import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile, hashSmallFile } from '../../../src/treehash/hash-file.js';
import { HashPool, type RangeToHash } from '../../../src/treehash/pool.js';
import { treeHashOf } from '../../../src/treehash/tree-hash.js';
import { bytes, leafBytes, leavesPerPart } from './arbitraries.js';
import { vectors } from './vectors.js';

/** Compiled: Node 20 cannot start a thread from TypeScript. */
const workerUrl = new URL('../../../dist/treehash/worker.js', import.meta.url);

let folder: string;
let pool: HashPool;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glacier-up-hash-file-'));
  pool = new HashPool(workerUrl, 3);
});
afterAll(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

async function withFile<T>(content: Buffer, action: (fd: number) => Promise<T>): Promise<T> {
  const path = join(folder, 'file');
  writeFileSync(path, content);
  const fd = openSync(path, 'r');
  try {
    return await action(fd);
  } finally {
    closeSync(fd);
  }
}

/** Answers for every range at once with a hash of its own, and remembers what it was asked for. */
function recordingPool(size: number): {
  size: number;
  asked: RangeToHash[];
  hashRange: HashPool['hashRange'];
} {
  const asked: RangeToHash[] = [];
  return {
    size,
    asked,
    hashRange: async (range) => {
      asked.push(range);
      return { treeHash: Buffer.alloc(32, range.start % 251), sha256: null };
    },
  };
}

describe('the tree hash of a file', () => {
  for (const { input, bytes: make, treeHash } of vectors) {
    it(`of ${input} is the published one`, async () => {
      const content = make();
      const hashes = await withFile(content, (fd) => hashFile(pool, { fd, sizeBytes: content.length }));
      expect(hashes.treeHash.toString('hex')).toBe(treeHash);
    });
  }

  it('equals that of the bytes, for every size, leaf size and part size', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, leafBytes, leavesPerPart, async (content, leaf, leaves) => {
        const partBytes = leaf * leaves;
        const { treeHash, partTreeHashes } = await withFile(content, (fd) =>
          hashFile(pool, { fd, sizeBytes: content.length, leafBytes: leaf, partBytes }),
        );
        expect(treeHash).toEqual(treeHashOf(content, leaf));
        expect(partTreeHashes).toEqual(
          Array.from({ length: Math.ceil(content.length / partBytes) }, (_, index) =>
            treeHashOf(content.subarray(index * partBytes, (index + 1) * partBytes), leaf),
          ),
        );
      }),
    );
  });

  it('asks for every byte once', async () => {
    const sizes = fc.record({
      sizeBytes: fc.nat({ max: 20_000 }),
      leaf: leafBytes,
      leaves: fc.option(leavesPerPart),
      threads: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ sizeBytes, leaf, leaves, threads }) => {
        const recording = recordingPool(threads);
        const ranges = leaves === null ? {} : { partBytes: leaf * leaves };
        await hashFile(recording, { fd: 0, sizeBytes, leafBytes: leaf, ...ranges });
        let covered = 0;
        for (const { start, end } of recording.asked.sort((a, b) => a.start - b.start)) {
          expect(start).toBe(covered);
          expect(end).toBeGreaterThan(start);
          covered = end;
        }
        expect(covered).toBe(sizeBytes);
      }),
    );
  });

  it('chooses ranges by itself that are powers of two of leaves', async () => {
    const sizes = fc.record({ sizeBytes: fc.nat({ max: 50_000 }), threads: fc.integer({ min: 1, max: 64 }) });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ sizeBytes, threads }) => {
        const recording = recordingPool(threads);
        await hashFile(recording, { fd: 0, sizeBytes, leafBytes: 7 });
        for (const { start, end } of recording.asked) {
          if (end === sizeBytes) continue;
          expect(Math.log2((end - start) / 7) % 1).toBe(0);
        }
      }),
    );
  });

  it('is the same whether it is hashed on threads or here', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, leafBytes, fc.option(leavesPerPart), async (content, leaf, leaves) => {
        const parts = leaves === null ? {} : { partBytes: leaf * leaves };
        await withFile(content, async (fd) => {
          const file = { fd, sizeBytes: content.length, leafBytes: leaf, ...parts };
          expect(hashSmallFile(file)).toEqual(await hashFile(pool, file));
        });
      }),
    );
  });

  it('joins ranges that end out of order in order', async () => {
    const content = Buffer.from(Array.from({ length: 997 }, (_, index) => index % 251));
    const shuffled = {
      size: 8,
      hashRange: async ({ start, end, leafBytes: leaf }: RangeToHash) => {
        for (let turns = (start * 7) % 11; turns > 0; turns -= 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        return { treeHash: treeHashOf(content.subarray(start, end), leaf), sha256: null };
      },
    };
    const { treeHash, partTreeHashes } = await hashFile(shuffled, {
      fd: 0,
      sizeBytes: 997,
      leafBytes: 3,
      partBytes: 96,
    });
    expect(treeHash).toEqual(treeHashOf(content, 3));
    expect(partTreeHashes).toEqual(
      Array.from({ length: 11 }, (_, index) => treeHashOf(content.subarray(index * 96, index * 96 + 96), 3)),
    );
  });

  it('tells that a small file shrank, as it does on threads', async () => {
    await withFile(Buffer.alloc(10), async (fd) => {
      const file = { fd, sizeBytes: 11, leafBytes: 4 };
      const message = 'the file ends at byte 10: it shrank while being read';
      expect(() => hashSmallFile(file)).toThrow(message);
      await expect(hashFile(pool, file)).rejects.toThrow(message);
    });
  });

  it('reads nothing any more once it has failed', async () => {
    let running = 0;
    let asked = 0;
    const failing = {
      size: 4,
      hashRange: async ({ start }: RangeToHash) => {
        asked += 1;
        running += 1;
        await new Promise((resolve) => setImmediate(resolve));
        if (start !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        if (start === 0) throw new Error('no such range');
        return { treeHash: Buffer.alloc(32), sha256: null };
      },
    };
    await expect(hashFile(failing, { fd: 0, sizeBytes: 1000, leafBytes: 1, partBytes: 1 })).rejects.toThrow(
      'no such range',
    );
    expect(running).toBe(0);
    expect(asked).toBeLessThanOrEqual(8);
  });

  it('ends at a signal with its reason', async () => {
    const abort = new AbortController();
    const recording = recordingPool(2);
    const aborting = {
      ...recording,
      hashRange: async (range: RangeToHash) => {
        abort.abort(new Error('enough'));
        return recording.hashRange(range);
      },
    };
    const file = { fd: 0, sizeBytes: 10_000, leafBytes: 1, partBytes: 1 };
    await expect(hashFile(aborting, file, abort.signal)).rejects.toThrow('enough');
    expect(recording.asked.length).toBeLessThanOrEqual(4);
  });
});
