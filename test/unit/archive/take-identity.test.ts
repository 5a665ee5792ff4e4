/** A file's identity is taken once a further write would move its times. */
import {
  type BigIntStats,
  closeSync,
  fdatasync,
  fstat,
  fstatSync,
  openSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { flushFile, takeIdentity } from '../../../src/archive/take-identity.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, fdatasync: vi.fn(fs.fdatasync), fstat: vi.fn(fs.fstat) };
});

function openFile(): { path: string; fd: number } {
  const path = join(tempFolder(), 'archive');
  writeFileSync(path, 'content');
  const fd = openSync(path, 'r');
  onTestFinished(() => closeSync(fd));
  return { path, fd };
}

const changedMs = (fd: number) => Number(fstatSync(fd, { bigint: true }).ctimeNs / 1_000_000n);

/** What is slept until the identity of a file is taken that changed so long ago. */
async function waitsAt(ageMs: number, fd = openFile().fd): Promise<number[]> {
  const clock = fakeClock(changedMs(fd) + ageMs);
  await takeIdentity(fd, clock);
  return clock.waits;
}

/** The next looks find times that end in whole seconds, as ext4 with small inodes has them. */
function coarseTimes(fields: ('mtimeNs' | 'ctimeNs')[]): void {
  const real = vi.mocked(fstat).getMockImplementation() as typeof fstat;
  const coarse = (
    fd: number,
    options: { bigint: true },
    done: (error: Error | null, stats: BigIntStats) => void,
  ) =>
    real(fd, options, (error, stats) => {
      for (const field of fields) stats[field] -= stats[field] % 1_000_000_000n;
      done(error, stats);
    });
  vi.mocked(fstat).mockImplementation(coarse as typeof fstat);
  onTestFinished(() => void vi.mocked(fstat).mockImplementation(real));
}

describe('a file whose times are fine', () => {
  test.each([
    [0, [20]],
    [5, [15]],
    [19, [1]],
    [20, []],
    [3_600_000, []],
  ])('and that changed %i ms ago is looked at again after %j ms', async (ageMs, waits) => {
    expect(await waitsAt(ageMs)).toEqual(waits);
  });

  test('is not waited for longer where a program has set one of them to a whole second', async () => {
    const { path, fd } = openFile();
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    expect(await waitsAt(20, fd)).toEqual([]);
  });

  test.each([
    [-1, [20, 20]],
    [-60_000, [20, 20]],
    [-60_001, []],
  ])('and that changed %i ms ago, by the clock of a server, is waited for %j ms', async (ageMs, waits) => {
    // A clock of ours that stands still.
    const { fd } = openFile();
    const clock = fakeClock();
    const now = changedMs(fd) + ageMs;
    const { unsure } = await takeIdentity(fd, { ...clock, now: () => now });
    expect(clock.waits).toEqual(waits);
    if (waits.length > 0) expect(unsure).toBe(true);
  });
});

describe('a file whose times end in whole seconds', () => {
  test('is looked at again once two seconds have passed', async () => {
    const { fd } = openFile();
    coarseTimes(['mtimeNs', 'ctimeNs']);
    const secondMs = changedMs(fd) - (changedMs(fd) % 1000);
    const clock = fakeClock(secondMs + 500);
    await takeIdentity(fd, clock);
    expect(clock.waits).toEqual([1500]);
  });

  test('by its change time alone is a file like any other', async () => {
    const { fd } = openFile();
    coarseTimes(['ctimeNs']);
    const { ctimeNs, mtimeNs } = fstatSync(fd, { bigint: true });
    expect(mtimeNs % 1_000_000_000n).not.toBe(0n);
    const clock = fakeClock(Number((ctimeNs - (ctimeNs % 1_000_000_000n)) / 1_000_000n) + 500);
    await takeIdentity(fd, clock);
    expect(clock.waits).toEqual([]);
  });
});

describe('a file that is flushed', () => {
  const failing = (code: string) =>
    vi.mocked(fdatasync).mockImplementationOnce((_, done) => done(Object.assign(new Error(code), { code })));

  test.each(['EINVAL', 'EROFS', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'])(
    'where there is nothing to flush (%s) is fine',
    async (code) => {
      failing(code);
      await expect(flushFile(openFile().fd)).resolves.toBeUndefined();
    },
  );

  test('on a disk that cannot store it is no archive', async () => {
    failing('EIO');
    await expect(flushFile(openFile().fd)).rejects.toMatchObject({
      code: 'archive-unusable',
      message: expect.stringContaining('EIO'),
    });
  });
});
