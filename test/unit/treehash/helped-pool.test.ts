import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from '../../../src/treehash/hash-file.js';
import { HelpedPool } from '../../../src/treehash/helped-pool.js';
import { HashPool, type RangeToHash } from '../../../src/treehash/pool.js';
import { treeHashOf } from '../../../src/treehash/tree-hash.js';
import { bytes, leafBytes, leavesPerPart } from './arbitraries.js';

/** Compiled: Node 20 cannot start a thread from TypeScript. */
const workerUrl = new URL('../../../dist/treehash/worker.js', import.meta.url);

let folder: string;
let pool: HashPool;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glacier-up-helped-pool-'));
  pool = new HashPool(workerUrl, 1);
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

/** Answers a range when told to, and remembers which it was asked for. */
function waitingPool() {
  const asked: RangeToHash[] = [];
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const hashRange: HashPool['hashRange'] = async (range) => {
    asked.push(range);
    await answered;
    return { treeHash: Buffer.alloc(32), sha256: null };
  };
  return { size: 1, asked, answer, hashRange };
}

describe('a pool that is helped', () => {
  it('gives the same tree hashes, for every size, leaf size and part size', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, leafBytes, leavesPerPart, async (content, leaf, leaves) => {
        const file = { sizeBytes: content.length, leafBytes: leaf, partBytes: leaf * leaves };
        const { treeHash } = await withFile(content, (fd) => hashFile(new HelpedPool(pool), { fd, ...file }));
        expect(treeHash).toEqual(treeHashOf(content, leaf));
      }),
    );
  });

  it('hashes one range here and hands on the others', async () => {
    const waiting = waitingPool();
    const helped = new HelpedPool(waiting);
    await withFile(Buffer.from('abcdef'), async (fd) => {
      const here = helped.hashRange({ fd, start: 0, end: 2, leafBytes: 1 });
      const there = helped.hashRange({ fd, start: 2, end: 4, leafBytes: 1 });
      expect((await here).treeHash).toEqual(treeHashOf(Buffer.from('ab'), 1));
      expect((await helped.hashRange({ fd, start: 4, end: 6, leafBytes: 1 })).treeHash).toEqual(
        treeHashOf(Buffer.from('ef'), 1),
      );
      expect(waiting.asked).toEqual([{ fd, start: 2, end: 4, leafBytes: 1 }]);
      waiting.answer();
      await there;
    });
  });

  it('leaves the plain SHA-256 of a range, which has no leaves to stop at, to a thread', async () => {
    const content = Buffer.from('abcdef');
    await withFile(content, async (fd) => {
      const { sha256 } = await new HelpedPool(pool).hashRange({ fd, start: 0, end: 6, linear: true });
      expect(sha256).toEqual(treeHashOf(content));
    });
  });

  it('goes on helping after a range that could not be read', async () => {
    await withFile(Buffer.from('ab'), async (fd) => {
      const helped = new HelpedPool(waitingPool());
      await expect(helped.hashRange({ fd, start: 0, end: 4 })).rejects.toThrow('the file ends at byte 2');
      expect((await helped.hashRange({ fd, start: 0, end: 2 })).treeHash).toEqual(
        treeHashOf(Buffer.from('ab')),
      );
    });
  });
});
