/** Changes of a file that its times alone would not show. */
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { takeIdentity } from '../../src/archive/take-identity.js';
import { realClock } from '../../src/clock.js';

import { MiB, seededFile } from '../helpers/bytes.js';
import { coarseDisk } from '../helpers/coarse-disk.js';
import { mapFile } from '../helpers/mapped-file.js';
import { makePlace, type Place } from '../helpers/place.js';

const partSize = ['--part-size', '1M', '--concurrency', '1'];

/** Runs `upload`, and does something as soon as its first part is stored. */
async function uploadWhile(place: Place, words: string[], action: () => void | Promise<void>) {
  let isDone = false;
  const actions: unknown[] = [];
  const result = await place.run([...words, '--verbose', '--concurrency', '1'], {
    onStderr: (text) => {
      if (isDone || !/part \S+ stored/.test(text)) return;
      isDone = true;
      actions.push(action());
    },
  });
  await Promise.all(actions);
  expect(isDone, result.stderr).toBe(true);
  return result;
}

describe('a file that is stored to through a map', () => {
  test('is uploaded again when it was stored to after its upload', async () => {
    const place = makePlace();
    const pages = await mapFile(place.file);
    await pages.store([0], 'A');
    expect((await place.run(['upload', place.file, ...partSize])).code).toBe(0);
    await pages.store([0], 'B');
    const again = await place.run(['upload', place.file, ...partSize]);
    expect(again.stderr).not.toContain('archived already');
    expect(place.archives()).toHaveLength(2);
    expect((await place.plain(['treehash', '--receipts', place.file])).code).toBe(0);
  });

  test('makes no mixed archive when it is stored to during its upload', async () => {
    const place = makePlace(4 * MiB);
    const pages = await mapFile(place.file);
    const places = [0, 3 * MiB];
    await pages.store(places, 'A');
    const result = await uploadWhile(place, ['upload', place.file, '--part-size', '1M'], () =>
      pages.store(places, 'B'),
    );
    expect(result.code, result.stderr).toBe(3);
    expect(place.receipts()).toEqual([]);
  });

  test('on a memory file system is read twice, and makes no mixed archive either', async () => {
    const place = makePlace();
    const folder = mkdtempSync('/dev/shm/glacier-up-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'disk.img');
    seededFile(file, 4 * MiB);
    const pages = await mapFile(file);
    await pages.store([0, 3 * MiB], 'A');
    const { mtimeNs } = statSync(file, { bigint: true });
    const result = await uploadWhile(place, ['upload', file, '--part-size', '1M'], () =>
      pages.store([0, 3 * MiB], 'B'),
    );
    expect(statSync(file, { bigint: true }).mtimeNs, 'the store must be one that no time shows').toBe(
      mtimeNs,
    );
    expect(result.code, result.stderr).toBe(3);
    expect(place.receipts()).toEqual([]);
  });

  test('on a memory file system is uploaded again when it was stored to after its upload', async () => {
    const place = makePlace();
    const folder = mkdtempSync('/dev/shm/glacier-up-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'disk.img');
    seededFile(file, 2 * MiB);
    const pages = await mapFile(file);
    await pages.store([0], 'A');
    expect((await place.run(['upload', file, ...partSize])).code).toBe(0);
    await pages.store([0], 'B');
    await place.run(['upload', file, ...partSize]);
    expect(place.archives()).toHaveLength(2);
  });
});

describe('a file system whose times are whole seconds', () => {
  test('a file written again right after its upload is uploaded again', async () => {
    const disk = coarseDisk();
    if (disk === undefined) return expect(process.getuid?.(), 'only root can mount a disk').not.toBe(0);
    const place = makePlace();
    const file = join(disk, 'nightly.tar');
    for (const content of ['one', 'two', 'six']) {
      writeFileSync(file, content);
      const { code, stderr } = await place.run(['upload', file], { clock: realClock });
      expect({ code, isKnown: stderr.includes('archived already') }, stderr).toEqual({
        code: 0,
        isKnown: false,
      });
    }
    expect(place.archives()).toHaveLength(3);
  });

  test('an identity is taken only once its tick has passed', async () => {
    const disk = coarseDisk();
    if (disk === undefined) return expect(process.getuid?.(), 'only root can mount a disk').not.toBe(0);
    const file = join(disk, 'file');
    writeFileSync(file, 'x');
    const fd = openSync(file, 'r');
    onTestFinished(() => closeSync(fd));
    const identity = await takeIdentity(fd, realClock);
    expect(identity.unsure).toBeUndefined();
    expect(Date.now() - Number(BigInt(identity.ctimeNs) / 1_000_000n)).toBeGreaterThanOrEqual(1000);
  });
});

describe('a file of which only the change time moves', () => {
  const touches: [string, (path: string) => void][] = [
    ['chmod', (path) => chmodSync(path, 0o600)],
    ['a hard link, as cp -al makes it', (path) => linkSync(path, `${path}.link`)],
  ];

  test.each(touches)('during its upload (%s) is read again, and archived', async (_, touch) => {
    const place = makePlace();
    const result = await uploadWhile(place, ['upload', place.file, '--part-size', '1M'], () =>
      touch(place.file),
    );
    expect(result.code, result.stderr).toBe(0);
    expect(place.archives()).toHaveLength(1);
    const again = await place.run(['upload', place.file]);
    expect(again.stderr).toContain('archived already');
  });

  test('because its modification time was set back after an edit: no mixed archive', async () => {
    const place = makePlace();
    const { atime, mtime } = statSync(place.file);
    utimesSync(place.file, atime, mtime);
    const bytes = readFileSync(place.file);
    bytes[3 * MiB] = (bytes[3 * MiB] ?? 0) ^ 1;
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const result = await uploadWhile(place, ['upload', place.file, '--part-size', '1M'], () => {
      writeFileSync(place.file, bytes);
      utimesSync(place.file, atime, mtime);
    });
    expect(result.code, result.stderr).toBe(3);
    expect(place.receipts()).toEqual([]);
  });
});
