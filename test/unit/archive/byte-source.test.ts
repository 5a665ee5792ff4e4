import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type ByteSource, piecesOf, sourceOf } from '../../../src/archive/byte-source.js';
import { openChildPipe } from '../../../src/archive/named-pipe.js';
import { seededBytes } from '../../helpers/bytes.js';
import { tempFolder } from '../../helpers/temp-folder.js';

/** What `script` writes into a pipe. */
function pipeFrom(
  script: string,
  input: Buffer = Buffer.alloc(0),
): { source: ByteSource; child: ChildProcess } {
  const pipe = openChildPipe(join(tempFolder(), 'pipe'));
  if (pipe === null) throw new Error('no named pipe could be made');
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', pipe.writeFd, 'inherit'] });
  child.stdin?.on('error', () => {}).end(input);
  closeSync(pipe.writeFd);
  return { source: pipe.source, child };
}

async function readAll(source: ByteSource, sizes: readonly number[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let turn = 0; ; turn += 1) {
    const buffer = Buffer.alloc(sizes[turn % sizes.length] as number);
    const count = await source.fill(buffer);
    pieces.push(buffer.subarray(0, count));
    if (count < buffer.length) return Buffer.concat(pieces);
  }
}

describe('the bytes of a pipe', () => {
  const bytes = seededBytes(1_000_003);

  test.each([[[1, 65_536, 3]], [[100_000]], [[65_536]], [[1_000_003, 1]], [[2_000_000]]])(
    'are handed out whole and in order, asked for in buffers of %j bytes',
    async (sizes) => {
      const { source } = pipeFrom('cat', bytes);
      expect((await readAll(source, sizes)).equals(bytes)).toBe(true);
      expect(await source.fill(Buffer.alloc(10))).toBe(0);
    },
  );

  test('are waited for until the buffer is full, however slowly they come', async () => {
    const { source } = pipeFrom('for n in 1 2 3 4 5; do printf $n; sleep 0.02; done');
    const buffer = Buffer.alloc(5);
    expect(await source.fill(buffer)).toBe(5);
    expect(buffer.toString()).toBe('12345');
  });

  test('stay with the writer until somebody asks for them', async () => {
    const { source, child } = pipeFrom('cat', bytes);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const first = Buffer.alloc(1);
    expect(await source.fill(first)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(child.exitCode).toBeNull();
    const others = await readAll(source, [65_536]);
    expect(Buffer.concat([first, others]).equals(bytes)).toBe(true);
  });

  test('end with the reason when the source is destroyed, for who waits and for who comes later', async () => {
    const { source, child } = pipeFrom('printf abc; exec sleep 60');
    const waiting = source.fill(Buffer.alloc(10));
    source.destroy(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(source.fill(Buffer.alloc(10))).rejects.toThrow('enough');
    child.kill();
  });
});

describe('the pieces of a stream', () => {
  test('hold its bytes in order', async () => {
    const bytes = seededBytes(2_500_000);
    const parts = [bytes.subarray(0, 7), bytes.subarray(7, 2_000_000), bytes.subarray(2_000_000)];
    const pieces: Buffer[] = [];
    for await (const piece of piecesOf(Readable.from(parts), new AbortController().signal))
      pieces.push(Buffer.from(piece));
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  test('end with the reason of the signal, and with the error of the stream', async () => {
    const stop = new AbortController();
    const silent = new Readable({ read: () => {} });
    const waiting = piecesOf(silent, stop.signal).next();
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    expect(silent.destroyed).toBe(true);
    const broken = new Readable({ read: () => broken.destroy(new Error('broken')) });
    await expect(piecesOf(broken, new AbortController().signal).next()).rejects.toThrow('broken');
  });

  test('are none of a stream that is empty', async () => {
    const empty = sourceOf(Readable.from([]));
    expect(await empty.fill(Buffer.alloc(1))).toBe(0);
  });
});
