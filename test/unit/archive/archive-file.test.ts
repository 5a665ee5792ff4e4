import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ArchiveFile, openArchive } from '../../../src/archive/archive-file.js';
import { RangeStream } from '../../../src/archive/range-stream.js';
import { realPathOf } from '../../../src/archive/real-path.js';
import { realClock } from '../../../src/clock.js';
import { seededFile } from '../../helpers/bytes.js';
import { tempFolder } from '../../helpers/temp-folder.js';

async function opened(sizeBytes = 1000): Promise<{ file: ArchiveFile; path: string; folder: string }> {
  const folder = tempFolder();
  const path = join(folder, 'archive');
  seededFile(path, sizeBytes);
  const file = await openArchive(path, realClock);
  onTestFinished(() => file.close().catch(() => {}));
  return { file, path, folder };
}

describe('an open archive file', () => {
  test.each([
    ['is appended to', (path: string) => appendFileSync(path, 'x'), 'size 1000 → 1001 bytes'],
    ['is cut', (path: string) => truncateSync(path, 10), 'size 1000 → 10 bytes'],
    ['is written to in place', (path: string) => writeFileSync(path, Buffer.alloc(1000)), 'modified'],
  ])('notices when it %s', async (_, change, message) => {
    const { file, path } = await opened();
    await file.assertUnchanged();
    await new Promise((resolve) => setTimeout(resolve, 20));
    change(path);
    await expect(file.assertUnchanged()).rejects.toMatchObject({
      code: 'archive-changed',
      message: expect.stringContaining(message),
    });
  });

  test('notices a change whose modification time was set back', async () => {
    const { file, path } = await opened();
    const before = new Date(Number(BigInt(file.identity.mtimeNs) / 1_000_000n));
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(path, Buffer.alloc(1000));
    utimesSync(path, before, before);
    await expect(file.assertUnchanged()).rejects.toMatchObject({ code: 'archive-changed' });
  });

  test('is still the old one when another takes its name', async () => {
    const { file, path, folder } = await opened();
    seededFile(join(folder, 'new'), 2000, 2);
    renameSync(join(folder, 'new'), path);
    const whole = new RangeStream({ clock: realClock, fd: file.fd, start: 0, end: 1000 });
    expect((await buffer(whole)).length).toBe(1000);
  });

  test.each([
    [
      'leads to another file of the same disk',
      (path: string) => {
        renameSync(path, `${path}.old`);
        seededFile(path, 1000);
      },
      'replaced by another file',
    ],
    [
      'leads nowhere',
      (path: string) => {
        linkSync(path, `${path}.old`);
        rmSync(path);
      },
      'it cannot be found any more: ENOENT',
    ],
  ])('notices when its name %s', async (_, change, message) => {
    const { file, path } = await opened();
    change(path);
    await expect(file.assertUnchanged()).rejects.toMatchObject({
      code: 'archive-changed',
      message: expect.stringContaining(message),
    });
  });

  test('that is only touched is the same, and in doubt until it is looked at again', async () => {
    const { file, path } = await opened();
    chmodSync(path, 0o400);
    await file.assertUnchanged();
    expect(file.isDoubtful).toBe(true);
  });

  test('is kept under its real path, also when it is gone', async () => {
    const { path, folder } = await opened();
    symlinkSync(path, join(folder, 'link'));
    symlinkSync(folder, join(folder, 'self'));
    expect((await openArchive(join(folder, 'link'), realClock)).path).toBe(path);
    expect(await realPathOf(join(folder, 'self', 'gone'))).toBe(join(folder, 'gone'));
  });
});

describe('what is no archive file is refused at once', () => {
  test.each([
    ['a directory', (path: string) => mkdirSync(path), 'a directory'],
    ['a FIFO', (path: string) => execFileSync('mkfifo', [path]), 'a FIFO'],
    ['a link to a device', (path: string) => symlinkSync('/dev/zero', path), 'a character device'],
    ['a link to nothing', (path: string) => symlinkSync('/nonexistent', path), 'no such file'],
    ['a link to itself', (path: string) => symlinkSync(path, path), 'too many symbolic links'],
  ])('%s', async (_, make, message) => {
    const path = join(tempFolder(), 'x');
    make(path);
    await expect(openArchive(path, realClock)).rejects.toMatchObject({
      code: 'archive-unusable',
      message: expect.stringContaining(message),
    });
  });

  test('a path that leads nowhere, with what to do', async () => {
    const gone = openArchive(join(tempFolder(), 'gone'), realClock);
    await expect(gone).rejects.toMatchObject({ message: 'no such file', hint: 'check the path' });
  });

  test('a socket', async () => {
    const path = join(tempFolder(), 'socket');
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(openArchive(path, realClock)).rejects.toMatchObject({ code: 'archive-unusable' });
  });
});

describe('a range of a file as a stream', () => {
  test('has exactly the bytes of the range, and knows its length', async () => {
    const folder = tempFolder();
    const path = join(folder, 'archive');
    const bytes = seededFile(path, 700_000);
    const file = await openArchive(path, realClock);
    const moved: number[] = [];
    const range = { fd: file.fd, start: 100_000, end: 650_000 };
    const stream = new RangeStream({
      clock: realClock,
      ...range,
      onBytes: (sizeBytes) => moved.push(sizeBytes),
    });
    expect(stream.byteLength).toBe(550_000);
    expect((await buffer(stream)).equals(bytes.subarray(100_000, 650_000))).toBe(true);
    expect(moved.reduce((sum, sizeBytes) => sum + sizeBytes, 0)).toBe(550_000);
    await file.close();
  });

  test('fails when the file ends before the range does', async () => {
    const { file, path } = await opened();
    truncateSync(path, 500);
    await expect(
      buffer(new RangeStream({ clock: realClock, fd: file.fd, start: 0, end: 1000 })),
    ).rejects.toMatchObject({
      code: 'archive-changed',
    });
  });

  test('fails when the file cannot be read, naming where', async () => {
    const { file } = await opened();
    await file.close();
    await expect(
      buffer(new RangeStream({ clock: realClock, fd: file.fd, start: 0, end: 1000 })),
    ).rejects.toMatchObject({
      code: 'archive-unusable',
      message: expect.stringContaining('at byte 0'),
    });
  });

  test('is piped to the byte, however late the destination is done with what it was given', async () => {
    const path = join(tempFolder(), 'archive');
    const bytes = seededFile(path, 3_000_000);
    const file = await openArchive(path, realClock);
    const moved: number[] = [];
    const range = { fd: file.fd, start: 100_000, end: 2_900_001 };
    const stream = new RangeStream({
      clock: realClock,
      ...range,
      onBytes: (sizeBytes) => moved.push(sizeBytes),
    });
    const arrived: Buffer[] = [];
    const late = new Writable({
      // Looks at the bytes only in a later turn, when a buffer filled again too soon would hold others.
      write: (given: Buffer, _, done) =>
        void setTimeout(() => {
          arrived.push(Buffer.from(given));
          done();
        }, 2),
    });
    await finished(stream.pipe(late));
    expect(Buffer.concat(arrived).equals(bytes.subarray(100_000, 2_900_001))).toBe(true);
    expect(moved.reduce((sum, sizeBytes) => sum + sizeBytes, 0)).toBe(2_800_001);
    await file.close();
  });

  test('reports a failure while it is piped, and does not end what it is piped to', async () => {
    const { file, path } = await opened();
    truncateSync(path, 500);
    const stream = new RangeStream({ clock: realClock, fd: file.fd, start: 0, end: 1000 });
    const destination = new PassThrough();
    stream.pipe(destination);
    await expect(once(stream, 'close')).rejects.toMatchObject({ code: 'archive-changed' });
    expect(destination.writableEnded).toBe(false);
  });

  test('stops reading when it is destroyed while it is piped', async () => {
    const { file } = await opened();
    const stream = new RangeStream({ clock: realClock, fd: file.fd, start: 0, end: 1000, stepBytes: 10 });
    const destination = new PassThrough();
    stream.pipe(destination);
    await once(destination, 'readable');
    stream.destroy();
    await once(stream, 'close');
    expect(destination.writableEnded).toBe(false);
  });

  test('waits for its pace, and ends when that fails', async () => {
    const { file } = await opened();
    const pace = async (): Promise<never> => {
      throw new Error('stopped');
    };
    await expect(
      buffer(new RangeStream({ clock: realClock, fd: file.fd, start: 0, end: 1000, pace })),
    ).rejects.toThrow('stopped');
  });
});
