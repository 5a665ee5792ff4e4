/** The last inventory of each vault, and the job that is awaited, in a folder of the test. */
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Destination } from '../../../src/session/destination.js';
import { type InventoryShelf, openInventoryShelf } from '../../../src/session/inventories.js';
import { fakeClock } from '../../helpers/fake-clock.js';
import { tempFolder } from '../../helpers/temp-folder.js';

vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  return { ...fs, rmSync: vi.fn(fs.rmSync) };
});

const demo: Destination = {
  profile: null,
  accountOption: '-',
  region: 'eu-west-1',
  endpoint: null,
  vault: 'demo',
};
const other: Destination = { ...demo, vault: 'other' };
const askedAtMs = Date.parse('2026-01-01T00:00:00.250Z');
const dayMs = 24 * 3_600_000;

let folder: string;
let shelf: InventoryShelf;

beforeEach(() => {
  folder = join(tempFolder(), 'inventories');
  shelf = openInventoryShelf(folder, process.getuid?.(), fakeClock(Date.now()));
});

const inventory = (archives: unknown[] = []) =>
  JSON.stringify({
    VaultARN: 'arn:aws:glacier:eu-west-1:111122223333:vaults/demo',
    InventoryDate: '2026-01-01T00:00:00Z',
    ArchiveList: archives,
  });

/** Brings an inventory, as a download does. */
async function bring(text: string, { isKept = true, at = askedAtMs, destination = demo } = {}) {
  const place = shelf.placeFor(destination);
  const fresh = `${place.file}.part`;
  writeFileSync(fresh, text, { mode: 0o600 });
  return await shelf.keep(place, fresh, { askedAtMs: at, isKept, name: 'job 1' });
}

const text = (file: string) => readFileSync(file, 'utf8');

describe('an inventory', () => {
  test('is kept as it came, with the time at which its job was begun', async () => {
    expect(shelf.kept(demo)).toBe(null);
    const brought = await bring(inventory());
    const file = shelf.fileFor(demo);
    expect(brought).toMatchObject({ name: file, askedAtMs, notKept: null });
    brought.release();
    expect(text(file)).toBe(inventory());
    expect(statSync(file).mtimeMs).toBeCloseTo(askedAtMs, -1);
    const kept = shelf.kept(demo);
    expect(kept).toMatchObject({ name: file, askedAtMs });
    expect(await kept?.read().toEnd()).toMatchObject({ takenAt: '2026-01-01T00:00:00Z', archives: 0 });
    expect(shelf.kept(other)).toBe(null);
    expect(readdirSync(folder)).toEqual([file.slice(dirname(file).length + 1)]);
  });

  test('tells of each byte as it is read', async () => {
    const brought = await bring(inventory());
    let bytes = 0;
    const reading = brought.read((piece) => {
      bytes += piece.length;
    });
    await reading.toEnd();
    expect(bytes).toBe(inventory().length);
  });

  test('that is damaged is not kept: the one before stays', async () => {
    await bring(inventory());
    await expect(bring(inventory().slice(0, -5))).rejects.toMatchObject({ code: 'failed' });
    expect(text(shelf.fileFor(demo))).toBe(inventory());
  });

  test('that is not to be kept is there until it is released, and the one before stays', async () => {
    await bring(inventory());
    const newer = inventory().replace('2026', '2027');
    const brought = await bring(newer, { isKept: false, at: askedAtMs + 1 });
    expect(brought).toMatchObject({ name: 'job 1', askedAtMs: askedAtMs + 1, notKept: null });
    expect(await brought.read().toEnd()).toMatchObject({ takenAt: '2027-01-01T00:00:00Z' });
    expect(readdirSync(folder)).toHaveLength(2);
    brought.release();
    expect(readdirSync(folder)).toHaveLength(1);
    expect(text(shelf.fileFor(demo))).toBe(inventory());
    expect(shelf.kept(demo)?.askedAtMs).toBe(askedAtMs);
  });

  test('that cannot be kept is put where temporary files are, until it is released', async () => {
    writeFileSync(folder, 'this is no folder');
    const brought = await bring(inventory());
    expect(brought).toMatchObject({ name: 'job 1', notKept: { code: 'state-unusable' } });
    expect(await brought.read().toEnd()).toMatchObject({ archives: 0 });
    const place = shelf.placeFor(demo);
    expect(place.fault).toMatchObject({ code: 'state-unusable' });
    expect(existsSync(dirname(place.file))).toBe(true);
    place.release();
    expect(existsSync(dirname(place.file))).toBe(false);
    brought.release();
    await expect(brought.read().toEnd()).rejects.toMatchObject({ code: 'state-unusable' });
  });

  test('that others may write to is closed to them', async () => {
    await bring(inventory());
    chmodSync(shelf.fileFor(demo), 0o666);
    expect(shelf.kept(demo)).not.toBe(null);
    expect(statSync(shelf.fileFor(demo)).mode & 0o022).toBe(0);
  });

  test('that a killed run has left half way is cleared away once it is a day old', () => {
    const left = `${shelf.placeFor(demo).file}.4711.tmp`;
    writeFileSync(left, '');
    const at = new Date(Date.now() - 2 * dayMs);
    utimesSync(left, at, at);
    shelf.placeFor(demo);
    expect(existsSync(left)).toBe(false);
  });
});

describe('the job that is awaited', () => {
  const job = { jobId: 'job-1', createdAt: '2026-01-01T00:00:00.000Z' };
  const file = () => shelf.fileFor(demo).replace(/\.json$/, '.awaited');

  test('is noted by vault, until its output was read', () => {
    expect(shelf.awaited.of(demo)).toBe(null);
    shelf.awaited.note(demo, job);
    expect(shelf.awaited.of(demo)).toEqual(job);
    expect(shelf.awaited.of(other)).toBe(null);
    expect(readdirSync(folder)).toHaveLength(1);
    shelf.awaited.settle(demo, 'job-1');
    expect(shelf.awaited.of(demo)).toBe(null);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is settled although another process settles it at the same instant', async () => {
    shelf.awaited.note(demo, job);
    const { rmSync: remove } = await vi.importActual<typeof import('node:fs')>('node:fs');
    vi.mocked(rmSync).mockImplementationOnce((path, options) => {
      unlinkSync(path);
      remove(path, options);
    });
    shelf.awaited.settle(demo, 'job-1');
    expect(shelf.awaited.of(demo)).toBe(null);
  });

  test('gives way to another one, which the end of the first does not settle', () => {
    shelf.awaited.note(demo, job);
    shelf.awaited.note(demo, { ...job, jobId: 'job-2' });
    expect(shelf.awaited.of(demo)).toMatchObject({ jobId: 'job-2' });
    shelf.awaited.settle(demo, 'job-1');
    expect(shelf.awaited.of(demo)).toMatchObject({ jobId: 'job-2' });
    shelf.awaited.settle(other, 'job-2');
    expect(shelf.awaited.of(demo)).toMatchObject({ jobId: 'job-2' });
  });

  test('that is noted already is not written again', () => {
    shelf.awaited.note(demo, job);
    const before = statSync(file()).ino;
    shelf.awaited.note(demo, { ...job, createdAt: '2026-01-02T00:00:00.000Z' });
    expect(statSync(file()).ino).toBe(before);
  });

  test('is noted although a killed run of the same number has left half a note', () => {
    shelf.awaited.note(demo, job);
    writeFileSync(`${file()}.${process.pid}.tmp`, 'half');
    shelf.awaited.note(demo, { ...job, jobId: 'job-2' });
    expect(shelf.awaited.of(demo)).toMatchObject({ jobId: 'job-2' });
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test.each([
    ['cut off', '{"schema":1,'],
    ['of another version', JSON.stringify({ schema: 2, ...job })],
    ['without an ID', JSON.stringify({ schema: 1, createdAt: job.createdAt })],
    ['without a time', JSON.stringify({ schema: 1, jobId: 'job-1', createdAt: 'soon' })],
    ['nothing', 'null'],
  ])('counts as none where its note is %s', (_, note) => {
    shelf.awaited.note(demo, job);
    writeFileSync(file(), note);
    expect(shelf.awaited.of(demo)).toBe(null);
  });
});
