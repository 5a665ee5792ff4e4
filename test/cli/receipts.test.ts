import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MiB, seededFile } from '../helpers/bytes.js';
import { listedArchives, writeInventory } from '../helpers/inventory.js';
import { jsonLines, makePlace, type Place } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

const dayMs = 24 * 60 * 60 * 1000;

/** A place with one archive, and the inventory of a time later. */
async function archived(laterMs: number): Promise<{ place: Place; archiveId: string; takenMs: number }> {
  const place = makePlace();
  const { stdout } = await place.run(['upload', place.file]);
  return { place, archiveId: stdout.trim(), takenMs: Date.now() + laterMs };
}

const stranger = {
  ArchiveId: '-stranger',
  ArchiveDescription: 'from elsewhere',
  CreationDate: '2020-01-01T00:00:00Z',
  Size: 5,
  SHA256TreeHash: 'a'.repeat(64),
};

describe('receipts --against an inventory', () => {
  test('confirms the archives that it has, and names those that have no receipt', async () => {
    const { place, archiveId, takenMs } = await archived(2 * dayMs);
    const inventory = writeInventory(place, [...listedArchives(place), stranger], { takenMs });
    const { code, stdout, stderr } = await place.plain(['receipts', '--against', inventory]);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split('  ').slice(0, 2).join(' '))).toEqual([
      `confirmed ${archiveId}`,
      'unknown -stranger',
      '',
    ]);
    expect(stderr).toContain('1 confirmed, 1 unknown here');
  });

  test('is alarmed by an archive that is missing though it is older than the inventory by more than a day', async () => {
    const { place, archiveId, takenMs } = await archived(2 * dayMs);
    const inventory = writeInventory(place, [], { takenMs });
    const { code, stdout, stderr } = await place.plain(['receipts', '--against', inventory]);
    expect(code).toBe(1);
    expect(stdout).toContain(`missing  ${archiveId}`);
    expect(stderr).toContain('1 archive is missing in the vault');
  });

  test('does not expect an archive that the inventory need not have yet', async () => {
    const { place, archiveId, takenMs } = await archived(dayMs / 2);
    const inventory = writeInventory(place, [], { takenMs });
    const { code, stdout } = await place.plain(['receipts', '--against', inventory]);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`young  ${archiveId}`),
    });
  });

  test('is alarmed by an archive that is there with another tree hash', async () => {
    const { place, takenMs } = await archived(2 * dayMs);
    const changed = listedArchives(place).map((archive) => ({ ...archive, SHA256TreeHash: 'b'.repeat(64) }));
    const inventory = writeInventory(place, changed, { takenMs });
    const { code, stdout } = await place.plain(['receipts', '--against', inventory]);
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringMatching(/^different {2}/) });
  });

  test('judges by the newest archive in it when it is CSV, which has no date', async () => {
    const { place, archiveId } = await archived(0);
    const inventory = join(place.folder, 'inventory.csv');
    const tomorrow = new Date(Date.now() + 2 * dayMs).toISOString();
    const lines = [
      'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash',
      `other,"a \\"b\\", c",${tomorrow},5,${'a'.repeat(64)}`,
    ];
    writeFileSync(inventory, lines.join('\n'));
    const words = ['receipts', '--against', inventory];
    expect(await place.plain(words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('does not tell of which vault'),
    });
    const { code, stdout } = await place.plain([...words, '--vault', 'demo', '--json']);
    expect(code).toBe(1);
    expect(jsonLines({ stdout } as never)).toMatchObject([
      { type: 'receipt-check', state: 'unknown', description: 'a "b", c' },
      { type: 'receipt-check', state: 'missing', archiveId },
      { type: 'against', missing: 1, unknown: 1, takenAt: null },
    ]);
  });

  test('does not hold receipts of another vault against it', async () => {
    const { place, takenMs } = await archived(2 * dayMs);
    const inventory = writeInventory(place, [], { takenMs, vault: 'other' });
    const { code, stdout } = await place.plain(['receipts', '--against', inventory]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const named = await place.plain(['receipts', '--against', inventory, '--vault', 'demo']);
    expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining('of vault other, not of demo') });
  });

  test('takes a receipt for replaced when another archive of the same content and file is there', async () => {
    const { place, archiveId, takenMs } = await archived(2 * dayMs);
    const again = (await place.run(['upload', place.file, '--again'])).stdout.trim();
    const [first, second] = listedArchives(place);
    if (!first || !second) throw new Error('there are two receipts');
    const words = ['receipts', '--json', '--against'];
    const { code, stdout } = await place.plain([...words, writeInventory(place, [second], { takenMs })]);
    expect(code).toBe(0);
    expect(jsonLines({ stdout } as never)).toMatchObject([
      { state: 'confirmed', archiveId: again },
      { state: 'replaced', archiveId },
      { type: 'against', confirmed: 1, missing: 0, replaced: 1 },
    ]);
    const text = await place.plain(['receipts', '--against', writeInventory(place, [second], { takenMs })]);
    expect(text.stderr).toContain('1 confirmed, 1 replaced');
    // Two that are missing do not stand in for each other.
    const none = await place.plain([...words, writeInventory(place, [], { takenMs })]);
    expect(none.code).toBe(1);
    expect(jsonLines(none).at(-1)).toMatchObject({ missing: 2, replaced: 0 });
    // Nor does one that is not believed any more.
    await place.plain(['receipts', '--forget', again]);
    const forgotten = await place.plain([...words, writeInventory(place, [second], { takenMs })]);
    expect(jsonLines(forgotten).at(-1)).toMatchObject({ missing: 1, replaced: 0 });
  });

  test('takes no receipt for replaced by other content of the file, or by the same content of another file', async () => {
    const { place, archiveId, takenMs } = await archived(2 * dayMs);
    const twin = join(place.folder, 'twin.tar');
    writeFileSync(twin, readFileSync(place.file));
    await place.run(['upload', twin, '--again']);
    seededFile(place.file, 3.5 * MiB, 2);
    await place.run(['upload', place.file]);
    const listed = listedArchives(place).filter(({ ArchiveId }) => ArchiveId !== archiveId);
    const { code, stdout } = await place.plain([
      'receipts',
      '--against',
      writeInventory(place, listed, { takenMs }),
    ]);
    expect({ code, stdout }).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`missing  ${archiveId}`),
    });
  });

  test('says which vaults of one name there are, and goes by the options that tell them apart', async () => {
    const { place, archiveId, takenMs } = await archived(2 * dayMs);
    const other = join(place.folder, 'other vault');
    await place.plain(['upload', place.file, '--vault', 'demo', '--local', other]);
    const inventory = writeInventory(place, listedArchives(place).slice(0, 1), { takenMs });
    const words = ['receipts', '--against', inventory, '--vault', 'demo'];
    const several = await place.plain(words);
    expect(several).toMatchObject({ code: 2, stdout: '' });
    expect(several.stderr).toContain('there are receipts of several vaults named demo');
    expect(several.stderr).toContain('--local');
    const one = await place.plain([...words, '--local', place.vaultFolder]);
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^confirmed [^\n]*\n$/) });
    const two = await place.plain([...words, '--local', other]);
    expect(two).toMatchObject({ code: 1, stdout: expect.stringMatching(/^confirmed [\s\S]*^missing /m) });
    const listed = await place.plain(['receipts', '--local', place.vaultFolder]);
    expect(listed.stdout).toMatch(new RegExp(`^${archiveId} [^\\n]*\\n$`));
    const nowhere = await place.plain([...words, '--local', join(place.folder, 'typo')]);
    expect(nowhere).toMatchObject({ code: 8 });
    expect(await place.plain([...words, '--local', other, '--region', 'eu-west-1'])).toMatchObject({
      code: 2,
    });
  });

  test('goes by region and account where the inventory is CSV, which names neither', async () => {
    const place = await makeServedPlace(1000);
    for (const region of ['eu-west-1', 'us-east-1']) {
      await place.run(['upload', place.file, '--region', region]);
    }
    const [first] = place.receipts();
    const csv = join(place.folder, 'inventory.csv');
    const late = new Date(place.clock.now() + 9 * dayMs).toISOString();
    writeFileSync(
      csv,
      [
        'ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash',
        `${first?.archiveId},x,${first?.completedAt},1000,${first?.treeHash}`,
        `other,x,${late},5,${'a'.repeat(64)}`,
      ].join('\n'),
    );
    const words = ['receipts', '--vault', 'demo', '--against', csv];
    const several = await place.plain(words);
    expect(several).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/region eu-west-1.*region us-east-1/),
    });
    expect(await place.plain([...words, '--region', 'eu-west-1'])).toMatchObject({ code: 0 });
    const missing = await place.plain([...words, '--region', 'us-east-1']);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('1 missing') });
    const ofNobody = await place.plain([...words, '--account-id', '999999999999']);
    expect(ofNobody).toMatchObject({ code: 0, stderr: expect.not.stringContaining('missing') });
    const env = { GLACIER_UP_REGION: 'us-east-1' };
    const listed = await place.plain(['receipts'], { env });
    expect(listed.stdout.trim().split('\n')).toHaveLength(1);
    expect(listed.stderr).toContain(
      '1 receipt of other vaults is not shown, since GLACIER_UP_REGION is us-east-1',
    );
  });

  test.each([
    ['a file that is none', 'text', 1, 'this is no inventory of a vault'],
    ['a missing file', null, 3, 'no such file'],
  ])('refuses %s', async (_, content, exitCode, message) => {
    const place = makePlace();
    const inventory = join(place.folder, 'inventory');
    if (content !== null) writeFileSync(inventory, content);
    const { code, stderr } = await place.plain(['receipts', '--against', inventory]);
    expect({ code, stderr }).toMatchObject({ code: exitCode, stderr: expect.stringContaining(message) });
  });
});

describe('receipts rebuilt from an inventory', () => {
  /** The machine that archived is lost; its vault and an inventory are left. */
  async function lostMachine(): Promise<{ place: Place; archiveId: string; inventory: string }> {
    const { place, archiveId, takenMs } = await archived(2 * dayMs);
    const inventory = writeInventory(place, listedArchives(place), { takenMs });
    rmSync(join(place.folder, 'home'), { recursive: true });
    return { place, archiveId, inventory };
  }

  test('tell every archive, once however often it is done', async () => {
    const { place, archiveId, inventory } = await lostMachine();
    const first = await place.run(['receipts', '--rebuild', inventory]);
    expect(first).toMatchObject({ code: 0, stdout: `${archiveId}  "${place.description}"\n` });
    const second = await place.run(['receipts', '--rebuild', inventory]);
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toContain('0 receipts written, 1 archive had one already');
    expect(jsonLines(await place.plain(['receipts', '--json']))).toMatchObject([
      { type: 'archive', archiveId, file: null, uploadId: null, partSizeBytes: null, parts: null },
    ]);
  });

  test('keep upload from making a second archive of the same content', async () => {
    const { place, archiveId, inventory } = await lostMachine();
    await place.run(['receipts', '--rebuild', inventory]);
    const { code, stdout, stderr } = await place.run(['upload', place.file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${archiveId}\n` });
    expect(stderr).toContain('has this very content already');
    expect(place.archives()).toHaveLength(1);
  });

  test('become those of the file that upload met: it is not hashed again, and a copy of it is the same archive', async () => {
    const { place, archiveId, inventory } = await lostMachine();
    await place.run(['receipts', '--rebuild', inventory]);
    await place.run(['upload', place.file]);
    expect(jsonLines(await place.plain(['receipts', place.file, '--json']))).toMatchObject([{ archiveId }]);
    const again = await place.run(['upload', place.file]);
    expect(again.stderr).not.toContain('has this very content already');
    expect(again).toMatchObject({ code: 0, stdout: `${archiveId}\n` });
    const twin = join(place.folder, 'twin.tar');
    writeFileSync(twin, readFileSync(place.file));
    expect(await place.run(['upload', twin])).toMatchObject({ code: 0, stdout: `${archiveId}\n` });
    expect(place.archives()).toHaveLength(1);
  });

  test('do not keep upload from archiving other content, or the same with --again', async () => {
    const { place, archiveId, inventory } = await lostMachine();
    await place.run(['receipts', '--rebuild', inventory]);
    const again = await place.run(['upload', place.file, '--again']);
    expect(again.stdout.trim()).not.toBe(archiveId);
    seededFile(place.file, 3.5 * MiB, 2);
    expect((await place.run(['upload', place.file])).code).toBe(0);
    expect(place.archives()).toHaveLength(3);
  });

  test('are those of an upload started again, and are not taken for a session without an upload ID', async () => {
    const { place, inventory } = await lostMachine();
    await place.run(['receipts', '--rebuild', inventory]);
    seededFile(place.file, 3.5 * MiB, 2);
    await place.interrupted(['upload', place.file, '--part-size', '1M'], 1);
    const { stderr } = await place.plain(['abort', place.file, '--yes']);
    expect(stderr).not.toContain('completed');
    expect(stderr).toContain('dropped');
  });

  test('are refused for another vault than that of the inventory', async () => {
    const { place, inventory } = await lostMachine();
    const words = ['receipts', '--rebuild', inventory, '--vault', 'other', '--local', place.vaultFolder];
    expect(await place.plain(words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the inventory of vault demo, not of other'),
    });
    expect(place.receipts()).toEqual([]);
  });

  test('are confirmed by the inventory that they come from', async () => {
    const { place, inventory } = await lostMachine();
    await place.run(['receipts', '--rebuild', inventory]);
    const { code, stdout } = await place.plain(['receipts', '--against', inventory]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^confirmed {2}/) });
  });
});
