import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { wholeOutput } from '../../../src/cli/output/whole-output.js';
import { realClock } from '../../../src/clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const stream = () => ({ isTTY: true, columns: 77 }) as NodeJS.WriteStream;
const MiB = 1024 ** 2;

/** A pipe that gives up at once when it is full, and what is read from its other end, slowly. */
function slowPipe() {
  const path = join(tempFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = new Worker(
    `const { openSync, readSync } = require('node:fs');
     const { parentPort } = require('node:worker_threads');
     const fd = openSync(${JSON.stringify(path)}, 'r');
     parentPort.postMessage('open');
     let bytes = 0;
     const buffer = Buffer.alloc(65536);
     const wait = new Int32Array(new SharedArrayBuffer(4));
     for (let count; (count = readSync(fd, buffer)) > 0; ) { bytes += count; Atomics.wait(wait, 0, 0, 2); }
     parentPort.postMessage(bytes);`,
    { eval: true },
  );
  // Opening to write waits for the reader.
  const blocking = openSync(path, 'w');
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  closeSync(blocking);
  const read = new Promise<number>((resolve) => {
    reader.on('message', (message) => {
      if (typeof message === 'number') resolve(message);
    });
  });
  return { fd, read };
}

describe('standard output', () => {
  test('is written to the last byte, and asks the stream for the terminal alone', () => {
    const path = join(tempFolder(), 'out');
    const fd = openSync(path, 'w');
    const output = wholeOutput(fd, stream, realClock);
    output.write('añb\n');
    output.write(Buffer.from([0xff]));
    closeSync(fd);
    expect(readFileSync(path)).toEqual(Buffer.concat([Buffer.from('añb\n'), Buffer.from([0xff])]));
    expect([output.isTTY, output.columns, output.fault]).toEqual([true, 77, undefined]);
  });

  test('that is full for the moment is waited for', async () => {
    const { fd, read } = slowPipe();
    const output = wholeOutput(fd, stream, realClock);
    output.write('x'.repeat(MiB));
    await output.writeAll?.('y'.repeat(MiB));
    closeSync(fd);
    expect([await read, output.fault]).toEqual([2 * MiB, undefined]);
  });

  test.runIf(process.platform === 'linux')(
    'that can hold no more keeps why, and nothing is written after it',
    async () => {
      const fd = openSync('/dev/full', 'w');
      const output = wholeOutput(fd, stream, realClock);
      output.write('a');
      expect(output.fault).toMatchObject({ code: 'ENOSPC' });
      closeSync(fd);
      // A write would fail in another way now.
      output.write('b');
      await output.writeAll?.('c');
      expect(output.fault).toMatchObject({ code: 'ENOSPC' });
    },
  );

  test.runIf(process.platform === 'linux')('that fails while it is waited for keeps why, too', async () => {
    const fd = openSync('/dev/full', 'w');
    const output = wholeOutput(fd, stream, realClock);
    await output.writeAll?.('a');
    closeSync(fd);
    expect(output.fault).toMatchObject({ code: 'ENOSPC' });
  });
});
