/** What `restore` makes on the disk: names, folders, files; and how far it goes ahead of the line. */
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realClock } from '../../../src/clock.js';
import type { GlacierUpError } from '../../../src/errors.js';
import type { InventoriedArchive } from '../../../src/glacier/inventory/inventory.js';
import type { KnownReceipt } from '../../../src/session/receipts/receipt.js';
import { bytesAhead, fitsOnDisk, LinkRate } from '../../../src/whole-vault/restore/allowance.js';
import { nameOf } from '../../../src/whole-vault/restore/archive-name.js';
import { Placer, type Proved } from '../../../src/whole-vault/restore/placer.js';
import { foldsCase, isOfOurs, TargetFolder } from '../../../src/whole-vault/restore/target-folder.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const archive: InventoriedArchive = {
  archiveId: 'archive-id',
  description: 'from-description',
  createdAt: '2025-12-01T00:00:00Z',
  sizeBytes: 4,
  treeHash: 'a'.repeat(64),
};

describe('the name of an archive that comes back', () => {
  const receipt = (changes: Partial<KnownReceipt>) =>
    ({ description: archive.description, identity: null, path: null, ...changes }) as KnownReceipt;
  const listed = new Map([['archive-id', 'dir/listed']]);
  const name = (known: KnownReceipt | null, list: ReadonlyMap<string, string> = new Map(), of = archive) =>
    nameOf(of, () => known, list);

  test('is that of its receipt first, then of the list, of its description, and its ID', () => {
    expect(name(receipt({ path: '/srv/a' }), listed)).toMatchObject({ path: 'srv/a', source: 'receipt' });
    expect(name(receipt({ streamName: 'dump' }))).toMatchObject({ path: 'dump', source: 'receipt' });
    expect(name(receipt({}), listed)).toMatchObject({ path: 'dir/listed', source: 'list' });
    expect(name(null)).toMatchObject({ path: 'from-description', source: 'description', isAmbiguous: false });
    expect(name(null, new Map(), { ...archive, description: '' })).toEqual({
      ...{ path: 'unnamed/archive-id', modifiedAt: null, source: 'none' },
      ...{ isAmbiguous: false, isTransformed: false },
    });
  });

  test('is what another tool recorded, with its time, before the path here', () => {
    const recorded = {
      name: 'C:\\a\\b.txt',
      modifiedAt: '2012-11-14T20:16:18.000Z',
      writer: 'cloudberry',
    } as const;
    const found = name(receipt({ path: '/srv/a', recorded }));
    expect(found).toMatchObject({ source: 'receipt', modifiedAt: recorded.modifiedAt });
    expect(found.path).toMatch(/a\/b\.txt$/);
  });

  test('is ambiguous when the description alone gives it, and has two readings', () => {
    const twofold = { ...archive, description: 'my%20file.pdf' };
    expect(name(null, new Map(), twofold).isAmbiguous).toBe(true);
    expect(name(null, listed, twofold).isAmbiguous).toBe(false);
  });

  test('tells when a tool compressed or encrypted the file', () => {
    const recorded = { name: 'a', modifiedAt: null, writer: 'glacier-rsync' } as const;
    expect(name(receipt({ recorded })).isTransformed).toBe(false);
    expect(name(receipt({ recorded: { ...recorded, isCompressed: true } })).isTransformed).toBe(true);
    expect(name(receipt({ recorded: { ...recorded, isEncrypted: true } })).isTransformed).toBe(true);
  });

  test('is never that of a file on its way', () => {
    const ours = `.glacier-up-${'0'.repeat(16)}`;
    expect([isOfOurs(ours), isOfOurs('.glacier-up-x'), isOfOurs(`a${ours}`)]).toEqual([true, false, false]);
    expect(name(receipt({ path: `/a/${ours}/b` })).path).toBe(`a/_${ours}/b`);
  });
});

describe('the folder to restore into', () => {
  test('is made, with the folders of each path', () => {
    const folder = join(tempFolder(), 'new', 'target');
    const target = new TargetFolder(folder);
    target.makeFoldersOf('a/b/file');
    target.makeFoldersOf('a/c/file');
    target.makeFoldersOf('file');
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(['a', 'a/b', 'a/c']);
    expect(target.freeBytes()).toBeGreaterThan(0);
  });

  test('has nothing made through a link, or below a file', () => {
    const folder = tempFolder();
    const elsewhere = tempFolder();
    symlinkSync(elsewhere, join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    const target = new TargetFolder(folder);
    for (const [path, what] of [
      ['link/a/b', 'a symbolic link'],
      ['file/a', 'not a folder'],
    ] as const) {
      const error = { code: 'name-taken', message: expect.stringContaining(what) };
      expect(() => target.makeFoldersOf(path)).toThrow(expect.objectContaining(error));
    }
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('cannot be below a file', () => {
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    const error = expect.objectContaining({ code: 'output-unwritable' });
    expect(() => new TargetFolder(join(file, 'target'))).toThrow(error);
  });

  test('gives each archive a name of its own on its way, beside its place', () => {
    const target = new TargetFolder(tempFolder());
    const place = target.pathOf('a/file');
    const [one, other] = ['1', '2'].map((archiveId) => target.wayPathOf(place, archiveId)) as [
      string,
      string,
    ];
    expect(one).not.toBe(other);
    expect(join(one, '..')).toBe(join(target.root, 'a'));
    expect(isOfOurs(one.slice(one.lastIndexOf('/') + 1))).toBe(true);
    expect(isOfOurs(target.handOverPath('0'.repeat(16)))).toBe(true);
  });

  test('on Linux takes names that differ in case for two', () => {
    const folder = join(tempFolder(), 'Folder');
    mkdirSync(folder);
    if (process.platform === 'linux') expect(foldsCase(folder)).toBe(false);
    mkdirSync(join(folder, '..', 'folder'), { recursive: true });
    if (process.platform === 'linux') expect(foldsCase(folder)).toBe(false);
  });
});

describe('a proved file', () => {
  function placing() {
    const folder = tempFolder();
    const placed: string[] = [];
    const failed: [string, GlacierUpError][] = [];
    const faults: unknown[] = [];
    const placer = new Placer(
      {
        onPlaced: ({ place }) => placed.push(place),
        onFailed: ({ place }, error) => failed.push([place, error]),
        onFault: (error) => faults.push(error),
      },
      realClock,
    );
    const proved = (name: string, modifiedAt: string | null, isOpen = false): Proved => {
      const wayPath = join(folder, `way-${name}`);
      writeFileSync(wayPath, name);
      const fd = isOpen ? openSync(wayPath, 'r+') : null;
      const item = { ...archive, path: name, modifiedAt } as unknown as Proved['item'];
      return { item, wayPath, place: join(folder, name), fd };
    };
    return { folder, placer, proved, placed, failed, faults };
  }

  test('gets its name and its time', async () => {
    const { folder, placer, proved, placed } = placing();
    placer.add(proved('a', '2012-11-14T20:16:18.123Z', true));
    placer.add(proved('b', null));
    expect(placer.waiting).toBe(2);
    await placer.flush();
    expect(placer.waiting).toBe(0);
    expect(placed).toEqual([join(folder, 'a'), join(folder, 'b')]);
    expect(readdirSync(folder)).toEqual(['a', 'b']);
    expect(statSync(join(folder, 'a')).mtime.toISOString()).toBe('2012-11-14T20:16:18.123Z');
    expect(Date.now() - statSync(join(folder, 'b')).mtimeMs).toBeLessThan(3_600_000);
  });

  test('does not take the name of another, and the others get theirs', async () => {
    const { folder, placer, proved, placed, failed, faults } = placing();
    writeFileSync(join(folder, 'a'), 'old');
    placer.add(proved('a', null));
    placer.add(proved('b', null));
    await placer.flush();
    expect(failed).toEqual([[join(folder, 'a'), expect.objectContaining({ code: 'name-taken' })]]);
    expect({ placed, faults }).toEqual({ placed: [join(folder, 'b')], faults: [] });
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a', 'b']);
  });

  test('that is gone is a fault of the whole group', async () => {
    const { folder, placer, proved, placed, faults } = placing();
    placer.add({ ...proved('a', null), wayPath: join(folder, 'none') });
    await placer.flush();
    expect(faults).toEqual([expect.objectContaining({ code: 'output-unwritable' })]);
    expect(placed).toEqual([]);
    expect(placer.waiting).toBe(0);
  });

  test('waits for others for a quarter of a second at most', async () => {
    const { placer, proved, placed } = placing();
    placer.add(proved('a', null));
    await expect.poll(() => placed.length, { timeout: 10_000 }).toBe(1);
  });
});

describe('what is asked for ahead', () => {
  test('is 4 GiB while the line is not known, and what it carries in 20 hours', () => {
    expect(bytesAhead(null)).toBe(4 * 1024 ** 3);
    expect(bytesAhead(1000)).toBe(1000 * 20 * 3600);
  });

  test('leaves 16 MiB of the disk free', () => {
    expect(fitsOnDisk(100, 100 + 16 * 1024 ** 2)).toBe(true);
    expect(fitsOnDisk(101, 100 + 16 * 1024 ** 2)).toBe(false);
  });

  test('follows the rate over the time in which something is fetched, not counted twice', () => {
    const rate = new LinkRate();
    expect(rate.bytesPerSecond(1_000_000)).toBeNull();
    rate.begin(1000);
    rate.begin(6000);
    rate.end(9000, 40_000);
    expect(rate.bytesPerSecond(10_999)).toBeNull();
    expect(rate.bytesPerSecond(11_000)).toBe(4000);
    rate.end(11_000, 60_000);
    // Ten seconds for 100,000 bytes; what passes afterwards does not count.
    expect(rate.bytesPerSecond(99_000)).toBe(10_000);
    rate.begin(99_000);
    rate.end(109_000, 0);
    expect(rate.bytesPerSecond(109_000)).toBe(5000);
  });

  test('is not told by a line on which nothing came', () => {
    const rate = new LinkRate();
    rate.begin(0);
    expect(rate.bytesPerSecond(60_000)).toBeNull();
  });
});
