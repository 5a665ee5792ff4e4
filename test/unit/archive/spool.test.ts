/** Parts of a stream on disk, of which a test says how much room it has. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Spool, sweepSpool } from '../../../src/archive/spool.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const disk = vi.hoisted(() => ({ roomBytes: Number.POSITIVE_INFINITY }));

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  const { promisify } = await import('node:util');
  const write = async (fd: number, bytes: Buffer, offset: number, length: number, position: number) => {
    if (disk.roomBytes === 0) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    const fitting = Math.min(length, disk.roomBytes);
    disk.roomBytes -= fitting;
    return { bytesWritten: fs.writeSync(fd, bytes, offset, fitting, position) };
  };
  return { ...fs, write: Object.assign(() => {}, { [promisify.custom]: write }) };
});

const owner = '0123456789abcdef0123';
const patienceMs = 10_000;
const { signal } = new AbortController();

let folder: string;
let told: string[];

beforeEach(() => {
  folder = tempFolder();
  told = [];
  disk.roomBytes = Number.POSITIVE_INFINITY;
});

/** @param onSleep what happens while room is waited for, after so many sleeps */
function makeSpool(onSleep: (count: number) => void | Promise<void> = () => {}) {
  const clock = fakeClock();
  const sleep: typeof clock.sleep = async (waitMs, stop) => {
    await clock.sleep(waitMs, stop);
    await onSleep(clock.waits.length);
  };
  const onFull = (message: string): void => void told.push(message);
  return {
    clock,
    spool: new Spool({ folder, owner, clock: { ...clock, sleep }, patienceMs, onFull }),
  };
}

const only = () => readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8');
const seconds = ({ waits }: { waits: number[] }) => waits.reduce((sum, waitMs) => sum + waitMs, 0) / 1000;

describe('a part', () => {
  test('is on disk as long as it is held, and takes nothing afterwards', async () => {
    const { spool } = makeSpool();
    const part = await spool.newPart(signal);
    await part.append(Buffer.from('one '));
    await part.append(Buffer.from('two'));
    expect(only()).toBe('one two');
    await part.release();
    await expect(part.append(Buffer.from('more'))).rejects.toThrow('given back');
    expect(only()).toBe('one two');
  });

  test('is written over one that was given back, from its first byte on', async () => {
    const { spool } = makeSpool();
    const first = await spool.newPart(signal);
    await first.append(Buffer.from('first part'));
    await first.release();
    await first.release();
    const [second, third] = [await spool.newPart(signal), await spool.newPart(signal)];
    await second.append(Buffer.from('SEC'));
    await second.append(Buffer.from('OND'));
    await third.append(Buffer.from('third'));
    expect(second.fd).toBe(first.fd);
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(texts.sort()).toEqual(['SECONDpart', 'third'].sort());
  });

  test('leaves no file when the spool is closed, also when it is given back after that', async () => {
    const { spool } = makeSpool();
    const [first, second] = [await spool.newPart(signal), await spool.newPart(signal)];
    await first.release();
    await spool.close();
    expect(readdirSync(folder)).toHaveLength(1);
    await second.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is whole although the disk stores less at a time than it is given', async () => {
    disk.roomBytes = 3;
    const { spool } = makeSpool(() => {
      disk.roomBytes += 3;
    });
    const part = await spool.newPart(signal);
    await part.append(Buffer.from('0123456789'));
    expect(only()).toBe('0123456789');
  });

  test('for which there is no folder is an error, and does not count as one on its way', async () => {
    folder = join(folder, 'later');
    const { spool, clock } = makeSpool();
    await expect(spool.newPart(signal)).rejects.toMatchObject({
      message: expect.stringContaining('no such folder'),
    });
    mkdirSync(folder);
    const part = await spool.newPart(signal);
    disk.roomBytes = 0;
    await expect(part.append(Buffer.from('x'))).rejects.toMatchObject({ code: 'state-unusable' });
    expect(seconds(clock)).toBe(10);
  });
});

describe('a full disk', () => {
  test('is told once and waited for; when no other part is on its way, it is an error in the end', async () => {
    const { spool, clock } = makeSpool();
    const part = await spool.newPart(signal);
    disk.roomBytes = 0;
    await expect(part.append(Buffer.from('x'))).rejects.toMatchObject({
      code: 'state-unusable',
      message: expect.stringContaining('it is full'),
    });
    expect(seconds(clock)).toBe(10);
    expect(told).toEqual([`${folder} is full: reading goes on when there is room`]);
  });

  test('is waited for as long as another part is on its way, and only then does patience begin', async () => {
    const { spool, clock } = makeSpool(async (count) => {
      if (count === 400) await other.release();
    });
    const other = await spool.newPart(signal);
    const part = await spool.newPart(signal);
    disk.roomBytes = 0;
    await expect(part.append(Buffer.from('x'))).rejects.toMatchObject({ code: 'state-unusable' });
    expect(seconds(clock)).toBeCloseTo(110, 0);
  });

  test('gets the room of every part that was given back', async () => {
    const { spool } = makeSpool(async (count) => {
      if (count === 1) await other.release();
      if (count === 2) disk.roomBytes = 1;
    });
    const [before, other, part] = [
      await spool.newPart(signal),
      await spool.newPart(signal),
      await spool.newPart(signal),
    ];
    await before.release();
    expect(readdirSync(folder)).toHaveLength(3);
    disk.roomBytes = 0;
    await part.append(Buffer.from('x'));
    expect(readdirSync(folder)).toHaveLength(1);
    expect(only()).toBe('x');
  });

  test('is waited for while of two others one is on its way, though the first was released twice', async () => {
    const { spool, clock } = makeSpool((count) => {
      if (count === 400) disk.roomBytes = 1;
    });
    const [first] = [await spool.newPart(signal), await spool.newPart(signal)];
    const part = await spool.newPart(signal);
    await first.release();
    await first.release();
    disk.roomBytes = 0;
    await part.append(Buffer.from('x'));
    expect(seconds(clock)).toBe(100);
  });

  test('is not waited for any longer once the run ends', async () => {
    const stop = new AbortController();
    const { spool } = makeSpool(() => stop.abort(new Error('interrupted')));
    const part = await spool.newPart(stop.signal);
    disk.roomBytes = 0;
    await expect(part.append(Buffer.from('x'))).rejects.toThrow('interrupted');
  });
});

describe('a folder for parts', () => {
  test('is fine when it is there and a part fits', async () => {
    await expect(makeSpool().spool.assertUsable(1)).resolves.toBeUndefined();
  });

  test('is refused before anything is sent when it could not hold a part', async () => {
    await expect(makeSpool().spool.assertUsable(2 ** 60)).rejects.toMatchObject({
      code: 'state-unusable',
      message: expect.stringContaining('does not fit'),
      hint: expect.stringContaining('--part-size'),
    });
  });

  test.each([
    ['missing', 'no such folder'],
    ['a file', 'not a folder'],
  ])('is refused when it is %s', async (how, message) => {
    folder = join(folder, 'parts');
    if (how === 'a file') writeFileSync(folder, '');
    await expect(makeSpool().spool.assertUsable(1)).rejects.toMatchObject({
      code: 'state-unusable',
      message: expect.stringContaining(message),
    });
  });
});

test('parts of killed runs are cleared away, and each owner is asked about once', async () => {
  const alive = 'aaaa456789abcdef0123';
  const kept = [`glacier-up-${alive}-7-0.part`, `glacier-up-${owner}-7-x.part`, 'notes.part'];
  const left = [
    `glacier-up-${owner}-7-0.part`,
    `glacier-up-${owner}-7-1.part`,
    `glacier-up-${owner}-8-pipe.part`,
  ];
  for (const name of [...kept, ...left]) writeFileSync(join(folder, name), '');
  const asked: string[] = [];
  await sweepSpool(folder, async (of) => {
    asked.push(of);
    return of === owner;
  });
  expect(readdirSync(folder).sort()).toEqual(kept.sort());
  expect(asked.sort()).toEqual([owner, alive].sort());
});
