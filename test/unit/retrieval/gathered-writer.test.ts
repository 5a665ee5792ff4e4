import { describe, expect, test } from 'vitest';
import { GatheredWriter } from '../../../src/retrieval/gathered-writer.js';

const kiB = 1024;

interface Written {
  offset: number;
  sizes: number[];
}

/** A file whose writes end when they are told to. */
function slowFile() {
  const written: Written[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const write = (pieces: Uint8Array[], offset: number): Promise<void> => {
    written.push({ offset, sizes: pieces.map(({ length }) => length) });
    return new Promise((resolve, reject) => void waiting.push({ resolve, reject }));
  };
  return {
    written,
    write,
    end: () => waiting.shift()?.resolve(),
    fail: (why: string) => waiting.shift()?.reject(new Error(why)),
  };
}

describe('a gathered writer', () => {
  test('writes several pieces at once, and one write while it gathers the next', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    writer.startAt(1000);
    for (let i = 0; i < 8; i += 1) await writer.add(new Uint8Array(64 * kiB));
    await writer.add(new Uint8Array(7));
    expect(file.written).toEqual([{ offset: 1000, sizes: Array(8).fill(64 * kiB) }]);
    file.end();
    const finished = writer.finish();
    await new Promise(setImmediate);
    expect(file.written[1]).toEqual({ offset: 1000 + 512 * kiB, sizes: [7] });
    file.end();
    await finished;
  });

  test('never has two writes under way: bytes of an attempt that broke off cannot land over those of the next', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    writer.startAt(0);
    await writer.add(new Uint8Array(512 * kiB));
    await writer.add(new Uint8Array(3));
    writer.startAt(0);
    const second = writer.add(new Uint8Array(600 * kiB));
    await new Promise(setImmediate);
    expect(file.written).toHaveLength(1);
    file.end();
    await second;
    expect(file.written).toEqual([
      { offset: 0, sizes: [512 * kiB] },
      { offset: 0, sizes: [600 * kiB] },
    ]);
  });

  test('reports a failed write at the latest at its end', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    writer.startAt(0);
    await writer.add(new Uint8Array(512 * kiB));
    file.fail('the disk is full');
    await writer.settle();
    await expect(writer.finish()).rejects.toThrow('the disk is full');
  });
});
