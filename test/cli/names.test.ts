/** Names in the descriptions that other tools wrote, wherever archives are listed, looked for or asked for. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeInventory } from '../helpers/inventory.js';
import { jsonLines, makePlace, type Place, sha256Of } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const mtglacier = 'mt2 eyJtdGltZSI6IjIwMTIxMTE0VDIwMTYxOFoiLCJmaWxlbmFtZSI6ImRpci9jYWbDqS50eHQifQ';
const md5 = (bytes: string | Buffer): string => createHash('md5').update(bytes).digest('hex');
const fastGlacier = (path: string, coding = ''): string =>
  `<m><v>4</v><p>${Buffer.from(path).toString('base64')}</p><lm>20121114T201618Z</lm>${coding && `<ce>${coding}</ce>`}</m>`;

function listed(description: string, number = 1, fields: { Size?: number; SHA256TreeHash?: string } = {}) {
  return {
    ArchiveId: `${number}`.padStart(138, 'a'),
    ArchiveDescription: description,
    CreationDate: `2013-01-0${number}T00:00:00Z`,
    Size: 5,
    SHA256TreeHash: 'b'.repeat(64),
    ...fields,
  };
}

/** The last column of each line. */
async function shownNames(place: Place, words: string[], ...descriptions: string[]): Promise<string[]> {
  const inventory = writeInventory(
    place,
    descriptions.map((description, index) => listed(description, index + 1)),
  );
  const { code, stdout } = await place.plain(['inventory', '--file', inventory, ...words]);
  expect(code).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('  ').slice(3).join('  '));
}

describe('inventory', () => {
  test('shows the names in descriptions, what is unusual about them, and other readings', async () => {
    const names = await shownNames(
      makePlace(1),
      [],
      mtglacier,
      fastGlacier('a.zip', `1:1:${md5('x')}:9`),
      fastGlacier('dir/'),
      'my%20file.pdf',
      'mt2 eyJtdGltZSI6IjAifQ==',
      'plain.tar',
      '{"Path":"esc\\u001b[2J.txt"}',
    );
    expect(names).toEqual([
      'dir/café.txt',
      'a.zip  (compressed)  (encrypted)',
      'dir/  (folder)',
      'my%20file.pdf  (or "my file.pdf")',
      'mt2 eyJtdGltZSI6IjAifQ==',
      'plain.tar',
      'esc\\x1b[2J.txt',
    ]);
  });

  test('--raw shows descriptions as they are', async () => {
    const descriptions = [mtglacier, 'my%20file.pdf', fastGlacier('dir/')];
    expect(await shownNames(makePlace(1), ['--raw'], ...descriptions)).toEqual(descriptions);
  });

  test('--json has name, time and writer beside the description', async () => {
    const place = makePlace(1);
    const coded = fastGlacier('a.zip', `1:0:${md5('x')}:9`);
    const inventory = writeInventory(place, [listed(mtglacier), listed(coded, 2), listed('', 3)]);
    expect(jsonLines(await place.plain(['inventory', '--file', inventory, '--json']))).toMatchObject([
      {
        description: mtglacier,
        name: 'dir/café.txt',
        modifiedAt: '2012-11-14T20:16:18.000Z',
        writer: 'mtglacier',
      },
      {
        name: 'a.zip',
        writer: 'fastglacier',
        isCompressed: true,
        original: { md5: md5('x'), sizeBytes: 9 },
      },
      { description: '', name: null, modifiedAt: null, writer: null },
      { type: 'inventory' },
    ]);
  });
});

describe('receipts', () => {
  test('--rebuild and --against show the name', async () => {
    const place = makePlace(1);
    const inventory = writeInventory(place, [listed(mtglacier)]);
    const against = await place.plain(['receipts', '--against', inventory]);
    expect(against.stdout).toMatch(/^unknown {2}.* {2}"dir\/café\.txt"\n$/);
    const [check] = jsonLines(await place.plain(['receipts', '--against', inventory, '--json']));
    expect(check).toMatchObject({ state: 'unknown', name: 'dir/café.txt' });
    await place.plain(['vaults', 'create', 'demo', '--local', place.vaultFolder]);
    const rebuilt = await place.run(['receipts', '--rebuild', inventory]);
    expect(rebuilt.stdout).toBe(`${listed('').ArchiveId}  "dir/café.txt"\n`);
    expect((await place.plain(['receipts'])).stdout).toContain('"dir/café.txt"');
  });
});

describe('treehash --inventory', () => {
  test('recognises a file by the MD5 of FastGlacier where the archive is compressed', async () => {
    const place = makePlace(1000);
    const content = readFileSync(place.file);
    const other = join(place.folder, 'other');
    writeFileSync(other, Buffer.alloc(1000));
    const v4 = listed(fastGlacier('dir/backup.tar', `1:0:${md5(content)}:1000`));
    const v3 = listed(fastGlacier('dir/old.tar', `0:1:${md5(content)}`), 2);
    const plain = listed(fastGlacier('dir/x', `0:0:${md5(content)}:1000`), 3);
    const inventory = writeInventory(place, [v4, v3, plain]);
    const words = ['treehash', '--inventory', inventory, place.file, other];
    const { code, stdout, stderr } = await place.plain(words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${place.file}: OK\n${other}: FAILED\n` });
    expect(stderr).toContain('by its MD5: the archive is compressed or encrypted');
    const [first] = jsonLines(await place.plain([...words, '--json']));
    expect(first).toMatchObject({
      ok: true,
      archiveIds: [v4.ArchiveId, v3.ArchiveId],
      found: [
        { archiveId: v4.ArchiveId, name: 'dir/backup.tar', by: 'md5' },
        { archiveId: v3.ArchiveId, name: 'dir/old.tar', by: 'md5' },
      ],
    });
  });
});

describe('retrieve NAME', () => {
  /** A vault that another tool filled: nothing here knows of it but its inventory. */
  async function foreignVault(...descriptions: string[]) {
    const place = await makeServedPlace(1000);
    const archiveIds: string[] = [];
    for (const description of descriptions) {
      const words = ['upload', place.file, '--again', '--description', description];
      archiveIds.push((await place.run(words)).stdout.trim());
      place.clock.pass(60_000);
    }
    rmSync(join(place.folder, 'home'), { recursive: true });
    expect((await place.run(['inventory'])).code).toBe(0);
    const out = join(place.folder, 'out');
    return { ...place, archiveIds, out };
  }

  test('finds the archive of the kept inventory that has the name', async () => {
    const { run, file, out, archiveIds } = await foreignVault(mtglacier, 'other.txt');
    const { code, stdout } = await run(['retrieve', 'dir/café.txt', '-o', out, '--json']);
    expect(code).toBe(0);
    expect(jsonLines({ stdout } as never).at(-1)).toMatchObject({
      type: 'retrieved',
      archiveId: archiveIds[0],
    });
    expect(sha256Of(out)).toBe(sha256Of(file));
  });

  test('takes the name as another system spells it, and the other reading', async () => {
    const { run, archiveIds } = await foreignVault(mtglacier, 'my%20file.pdf');
    for (const [index, name] of ['/dir/cafe\u0301.txt', 'my file.pdf'].entries()) {
      const plan = await run(['retrieve', name, '--dry-run', '--json']);
      expect(jsonLines(plan)).toMatchObject([{ archiveId: archiveIds[index] }]);
    }
  });

  test('gives the file the last part of the name, which cannot lead elsewhere', async () => {
    const { run } = await foreignVault('../../etc/passwd', '{"Path":"a/b\\u001b.txt"}');
    const fileOf = async (name: string) => jsonLines(await run(['retrieve', name, '-n', '--json']))[0]?.file;
    expect(await fileOf('../../etc/passwd')).toBe('passwd');
    expect(await fileOf('a/b\u001b.txt')).toBe('b_.txt');
  });

  test('that several archives have is exit 2, and lists them', async () => {
    const { run, archiveIds, out } = await foreignVault(mtglacier, mtglacier);
    const { code, stderr } = await run(['retrieve', 'dir/café.txt', '-o', out]);
    expect(code).toBe(2);
    expect(stderr).toContain('2 archives have the name dir/café.txt');
    for (const archiveId of archiveIds) expect(stderr).toMatch(new RegExp(`${archiveId} \\(\\d{4}-`));
  });

  test('that was deleted from here is found no more', async () => {
    const { run, plain, archiveIds } = await foreignVault(mtglacier, mtglacier);
    expect((await run(['receipts', '--rebuild', 'kept'])).code).toBe(0);
    const words = ['delete', '--yes', '--vault', 'demo', '--', String(archiveIds[0])];
    expect((await plain(words)).code).toBe(0);
    const plan = await run(['retrieve', 'dir/café.txt', '-n', '--json']);
    expect(jsonLines(plan)).toMatchObject([{ archiveId: archiveIds[1] }]);
  });

  test('that is a folder’s is exit 2; that is of no archive is exit 4', async () => {
    const { run } = await foreignVault(fastGlacier('dir/'));
    expect(await run(['retrieve', 'dir/'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('stands for the folder'),
    });
    expect((await run(['retrieve', 'dir/x'])).code).toBe(4);
  });

  test('says that the archive is not the file where a tool compressed it', async () => {
    const { run } = await foreignVault(fastGlacier('a.txt', `1:0:${md5('x')}:1`));
    const { stderr } = await run(['retrieve', 'a.txt', '-n']);
    expect(stderr).toContain('a.txt: the archive is compressed by fastglacier');
  });
});
