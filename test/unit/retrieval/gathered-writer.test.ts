import { randomBytes } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { GatheredWriter } from '../../../src/retrieval/gathered-writer.js';
import { takeBuffer } from '../../../src/spare-buffers.js';

const kiB = 1024;

/** A file whose writes end when they are told to; only then does it look at the bytes. */
function slowFile() {
  const written: { offset: number; bytes: Buffer }[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const write = (bytes: Uint8Array, offset: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        written.push({ offset, bytes: Buffer.from(bytes) });
        resolve();
      };
      waiting.push({ resolve: end, reject });
    });
  return {
    written,
    waiting,
    write,
    end: () => waiting.shift()?.resolve(),
    fail: (why: string) => waiting.shift()?.reject(new Error(why)),
  };
}

const nextTurn = (): Promise<void> => new Promise(setImmediate);

describe('a gathered writer', () => {
  test('writes many pieces at once, byte for byte, although their memory is used again', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    const sent = randomBytes(1300 * kiB);
    const memory = Buffer.alloc(50_000);
    writer.startAt(1000);
    const adding = (async () => {
      for (let start = 0; start < sent.length; start += memory.length) {
        const sizeBytes = sent.copy(memory, 0, start, start + memory.length);
        const added = writer.add(memory.subarray(0, sizeBytes));
        memory.fill(0);
        await added;
      }
      await writer.finish();
    })();
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.waitUntil(() => file.waiting.length > 0);
      file.end();
    }
    await adding;
    expect(file.written.map(({ offset }) => offset)).toEqual([1000, 1000 + 512 * kiB, 1000 + 1024 * kiB]);
    expect(Buffer.concat(file.written.map(({ bytes }) => bytes)).equals(sent)).toBe(true);
  });

  test('gathers while a write is under way, and asks to wait when there is room for no more', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    writer.startAt(0);
    await writer.add(Buffer.alloc(512 * kiB, 'a'));
    expect(writer.add(Buffer.alloc(511 * kiB, 'b'))).toBeUndefined();
    let isAdded = false;
    const added = Promise.resolve(writer.add(Buffer.alloc(2 * kiB, 'b'))).then(() => {
      isAdded = true;
    });
    await nextTurn();
    expect(isAdded).toBe(false);
    file.end();
    await added;
    file.end();
    const finished = writer.finish();
    await vi.waitUntil(() => file.waiting.length > 0);
    file.end();
    await finished;
    expect(file.written.map(({ bytes }) => [bytes.length, String.fromCharCode(bytes[0] ?? 0)])).toEqual([
      [512 * kiB, 'a'],
      [512 * kiB, 'b'],
      [kiB, 'b'],
    ]);
  });

  test('never has two writes under way: bytes of an attempt that broke off cannot land over those of the next', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    writer.startAt(0);
    await writer.add(Buffer.alloc(512 * kiB, 'a'));
    await writer.add(Buffer.alloc(3, 'a'));
    writer.startAt(0);
    const second = writer.add(Buffer.alloc(512 * kiB, 'b'));
    await nextTurn();
    expect(file.waiting).toHaveLength(1);
    file.end();
    await second;
    file.end();
    expect(file.written).toEqual([
      { offset: 0, bytes: Buffer.alloc(512 * kiB, 'a') },
      { offset: 0, bytes: Buffer.alloc(512 * kiB, 'b') },
    ]);
  });

  test('gives its memory back only when nothing is written from it', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    writer.startAt(0);
    await writer.add(Buffer.alloc(512 * kiB, 'a'));
    const settled = writer.settle();
    await nextTurn();
    const others = Array.from({ length: 4 }, () => takeBuffer().fill('x'));
    file.end();
    await settled;
    expect(file.written[0]?.bytes.equals(Buffer.alloc(512 * kiB, 'a'))).toBe(true);
    expect(new Set([...others, takeBuffer(), takeBuffer()]).size).toBe(6);
  });

  test('reports a failed write at the latest at its end', async () => {
    const file = slowFile();
    const writer = new GatheredWriter(file.write);
    writer.startAt(0);
    await writer.add(Buffer.alloc(512 * kiB));
    file.fail('the disk is full');
    await writer.settle();
    await expect(writer.finish()).rejects.toThrow('the disk is full');
  });
});
