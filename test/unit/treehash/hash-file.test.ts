import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { threadsOf } from '../../../src/os/thread.js';
import { hashFile, hashSmallFile } from '../../../src/treehash/hash-file.js';
import { HashPool } from '../../../src/treehash/pool.js';
import { type SharedFile, takeRanges } from '../../../src/treehash/shared-file.js';
import { rawTreeHashOf } from '../../../src/treehash/tree-hash.js';
import { bytes, leafBytes, leavesPerPart } from './arbitraries.js';
import { vectors } from './vectors.js';

const hashingThread = threadsOf(new URL('../../../dist/treehash/worker.js', import.meta.url));

let folder: string;
let pool: HashPool;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glacier-up-hash-file-'));
  pool = new HashPool(hashingThread, { size: () => 3, clock: realClock });
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

/** Threads of a test, which do with a file what they are told to. */
function poolOf(size: number, joinHashing: HashPool['joinHashing']): Pick<HashPool, 'size' | 'joinHashing'> {
  return { size, joinHashing };
}

function stopClock(nowMs: () => number): void {
  const clock = vi.spyOn(performance, 'now').mockImplementation(nowMs);
  onTestFinished(() => clock.mockRestore());
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the tree hash of a file', () => {
  for (const { input, bytes: make, treeHash } of vectors) {
    it(`of ${input} is the published one`, async () => {
      const content = make();
      const hashes = await withFile(content, (fd) => hashFile(pool, { fd, sizeBytes: content.length }));
      expect(hashes.rawTreeHash.toString('hex')).toBe(treeHash);
    });
  }

  it('equals that of the bytes, for every size, leaf size and part size', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, leafBytes, leavesPerPart, async (content, leaf, leaves) => {
        const partBytes = leaf * leaves;
        const { rawTreeHash, rawPartTreeHashes } = await withFile(content, (fd) =>
          hashFile(pool, { fd, sizeBytes: content.length, leafBytes: leaf, partBytes }),
        );
        expect(rawTreeHash).toEqual(rawTreeHashOf(content, leaf));
        expect(rawPartTreeHashes).toEqual(
          Array.from({ length: Math.ceil(content.length / partBytes) }, (_, index) =>
            rawTreeHashOf(content.subarray(index * partBytes, (index + 1) * partBytes), leaf),
          ),
        );
      }),
    );
  });

  it('chooses ranges by itself that are powers of two of leaves', async () => {
    stopClock(() => 0);
    const sizes = fc.record({ sizeBytes: fc.nat({ max: 8000 }), threads: fc.integer({ min: 2, max: 64 }) });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ sizeBytes, threads }) => {
        const leavesOf: number[] = [];
        const looking = poolOf(threads, async ({ rangeBytes }) => void leavesOf.push(rangeBytes / 7));
        await withFile(Buffer.alloc(sizeBytes), (fd) => hashFile(looking, { fd, sizeBytes, leafBytes: 7 }));
        for (const leaves of leavesOf) expect(Math.log2(leaves) % 1).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [1, 2, 1],
    [16, 2, 1],
    [17, 2, 2],
    [32, 2, 2],
    [33, 2, 4],
    [1000, 2, 4],
    [33, 4, 2],
  ])(
    'of %i leaves is hashed by %i threads in ranges of %i: so that each has eight',
    async (leaves, threads, expected) => {
      stopClock(() => 0);
      const content = Buffer.alloc(leaves * 7, 'a leaf');
      const read: number[] = [];
      const counting = poolOf(threads, async (file, onHashed) => {
        for (const { index, start, end } of takeRanges(file)) {
          read.push((end - start) / 7);
          onHashed(index, rawTreeHashOf(content.subarray(start, end), 7));
        }
      });
      const file = { sizeBytes: content.length, leafBytes: 7 };
      const { rawTreeHash } = await withFile(content, (fd) => hashFile(counting, { fd, ...file }));
      expect(rawTreeHash).toEqual(rawTreeHashOf(content, 7));
      if (leaves > 1) expect(Math.max(...read)).toBe(expected);
    },
  );

  it('is hashed by one thread less than there are processors, since this one takes part', async () => {
    const content = Buffer.alloc(1000, 'many ranges');
    stopClock(() => 0);
    const parts: SharedFile[] = [];
    const idle = poolOf(4, async (file) => void parts.push(file));
    const file = { sizeBytes: content.length, leafBytes: 10, partBytes: 10 };
    const { rawTreeHash } = await withFile(content, (fd) => hashFile(idle, { fd, ...file }));
    expect(rawTreeHash).toEqual(rawTreeHashOf(content, 10));
    expect(parts).toHaveLength(3);
  });

  it('is hashed without this thread while bytes come slowly, so that it can heed a signal', async () => {
    const content = Buffer.alloc(1000, 'many ranges');
    let minutes = 0;
    stopClock(() => 60_000 * minutes++);
    const parts: number[][] = [];
    let replace = (): void => {};
    const replaced = new Promise<void>((resolve) => {
      replace = resolve;
    });
    const counting = poolOf(2, async (file, onHashed) => {
      const indexes: number[] = [];
      parts.push(indexes);
      // Else it might take every range before this thread comes to take one.
      if (parts.length === 1) await replaced;
      else replace();
      await pool.joinHashing(file, (index, rawTreeHash) => {
        indexes.push(index);
        onHashed(index, rawTreeHash);
      });
    });
    const file = { sizeBytes: content.length, leafBytes: 10, partBytes: 10 };
    const { rawTreeHash } = await withFile(content, (fd) => hashFile(counting, { fd, ...file }));
    expect(rawTreeHash).toEqual(rawTreeHashOf(content, 10));
    expect(parts).toHaveLength(2);
    // All but the one that was so slow.
    expect(parts.flat()).toHaveLength(99);
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
    const shuffling = poolOf(8, async (file, onHashed) => {
      for (const { index, start, end } of takeRanges(file)) {
        for (let turns = (start * 7) % 11; turns > 0; turns -= 1) await turn();
        onHashed(index, rawTreeHashOf(content.subarray(start, end), file.leafBytes));
      }
    });
    const { rawTreeHash, rawPartTreeHashes } = await withFile(content, (fd) =>
      hashFile(shuffling, { fd, sizeBytes: 997, leafBytes: 3, partBytes: 96 }),
    );
    expect(rawTreeHash).toEqual(rawTreeHashOf(content, 3));
    expect(rawPartTreeHashes).toEqual(
      Array.from({ length: 11 }, (_, index) =>
        rawTreeHashOf(content.subarray(index * 96, index * 96 + 96), 3),
      ),
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

  it('reads nothing any more once a thread has failed', async () => {
    const content = Buffer.alloc(1000);
    let running = 0;
    let taken = 0;
    const failing = poolOf(4, async (file) => {
      for (const { index } of takeRanges(file)) {
        taken += 1;
        running += 1;
        await turn();
        running -= 1;
        if (index > 0) throw new Error('no such range');
      }
    });
    const file = { sizeBytes: 1000, leafBytes: 1, partBytes: 1 };
    await expect(withFile(content, (fd) => hashFile(failing, { fd, ...file }))).rejects.toThrow(
      'no such range',
    );
    expect(running).toBe(0);
    expect(taken).toBeLessThanOrEqual(8);
  });

  it('is not hashed on here once a thread has failed', async () => {
    let looks = 0;
    stopClock(() => {
      looks += 1;
      return 0;
    });
    const failing = poolOf(2, () => Promise.reject(new Error('no thread')));
    const file = { sizeBytes: 1000, leafBytes: 1, partBytes: 1 };
    await expect(withFile(Buffer.alloc(1000), (fd) => hashFile(failing, { fd, ...file }))).rejects.toThrow(
      'no thread',
    );
    // Two for each range.
    expect(looks).toBeLessThan(20);
  });

  it('fails when a range was left out by a thread, rather than leave it out too', async () => {
    const forgetful = poolOf(2, async (file) => void takeRanges(file).next());
    const file = { sizeBytes: 100, leafBytes: 10, partBytes: 10 };
    await expect(
      withFile(Buffer.alloc(100), (fd) => hashFile(forgetful, { fd, ...file })),
    ).rejects.toMatchObject({ code: 'internal', message: 'a range was not hashed' });
  });

  it('fails when this thread cannot read, and lets the others end first', async () => {
    let running = 0;
    const patient = poolOf(3, async (file) => {
      for (const _range of takeRanges(file)) {
        running += 1;
        await turn();
        running -= 1;
      }
    });
    await expect(
      hashFile(patient, { fd: 123_456, sizeBytes: 1000, leafBytes: 1, partBytes: 1 }),
    ).rejects.toMatchObject({ code: 'archive-unusable', message: 'cannot be read at byte 2: EBADF' });
    expect(running).toBe(0);
  });

  it('ends at a signal with its reason', async () => {
    const abort = new AbortController();
    let taken = 0;
    const aborting = poolOf(2, async (file, onHashed) => {
      for (const { index } of takeRanges(file)) {
        taken += 1;
        abort.abort(new Error('enough'));
        onHashed(index, Buffer.alloc(32));
      }
    });
    const file = { sizeBytes: 10_000, leafBytes: 1, partBytes: 1 };
    await expect(
      withFile(Buffer.alloc(10_000), (fd) => hashFile(aborting, { fd, ...file }, abort.signal)),
    ).rejects.toThrow('enough');
    expect(taken).toBe(1);
  });

  it('lets a signal in while this thread hashes', async () => {
    const abort = new AbortController();
    const alone = poolOf(1, () => Promise.reject(new Error('a thread was asked')));
    stopClock(() => 0);
    setImmediate(() => abort.abort(new Error('enough')));
    const file = { sizeBytes: 1000, leafBytes: 1, partBytes: 1 };
    await expect(
      withFile(Buffer.alloc(1000), (fd) => hashFile(alone, { fd, ...file }, abort.signal)),
    ).rejects.toThrow('enough');
  });

  it('is not begun after a signal', async () => {
    const unasked = poolOf(2, () => Promise.reject(new Error('a thread was asked')));
    const file = { fd: 123_456, sizeBytes: 10 };
    await expect(hashFile(unasked, file, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
