/** Vaults filled with archives that are computed: they behave like any other, and take no room. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startVaultServer, type VaultServerOptions } from '../../src/server/index.js';
import { describeJob, inventoryOf, outputOf, startJob } from './helpers/jobs.js';
import { startServerProcess } from './helpers/process.js';
import { ask, MIB, newFolder, startTestVault, TestVault, treeHash } from './helpers/vault.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW_MS = Date.UTC(2026, 0, 1);

interface Listed {
  readonly ArchiveId: string;
  readonly ArchiveDescription: string;
  readonly CreationDate: string;
  readonly Size: number;
  readonly SHA256TreeHash: string;
}

/** A server on a new folder, whose vault `v` has what the seeds say. */
async function seeded(options: Omit<VaultServerOptions, 'dir'>, dir?: string): Promise<TestVault> {
  const all = { now: () => NOW_MS, ...options };
  const folder = dir ?? (await newFolder());
  const vault = new TestVault(folder, await startVaultServer({ dir: folder, ...all }), all);
  onTestFinished(() => vault.server.close());
  return vault;
}

async function inventory(vault: TestVault, parameters = {}): Promise<Listed[]> {
  const jobId = await startJob(vault, { Type: 'inventory-retrieval', ...parameters });
  return (await inventoryOf(vault, jobId)).json.ArchiveList;
}

const remove = (vault: TestVault, archiveId: string) =>
  vault.ask('DELETE', `/-/vaults/v/archives/${archiveId}`);

describe('a seeded vault', () => {
  test('has an inventory at once, with as many archives as were asked for, of their size and age', async () => {
    const vault = await seeded({ seeds: ['v=1000:4K:200d-100d'] });
    const { json } = await vault.ask('GET', '/-/vaults/v');
    expect(json).toMatchObject({
      CreationDate: new Date(NOW_MS - 200 * DAY_MS).toISOString(),
      LastInventoryDate: new Date(NOW_MS).toISOString(),
      NumberOfArchives: 1000,
      SizeInBytes: 1000 * (4096 + 32_768),
    });
    const listed = await inventory(vault);
    expect(listed).toHaveLength(1000);
    expect(new Set(listed.map(({ ArchiveId }) => ArchiveId)).size).toBe(1000);
    expect(new Set(listed.map(({ SHA256TreeHash }) => SHA256TreeHash)).size).toBe(1000);
    for (const { ArchiveId, Size } of listed) {
      expect(ArchiveId).toMatch(/^[A-Za-z0-9_-]{138}$/);
      expect(Size).toBe(4096);
    }
    const made = listed.map(({ CreationDate }) => Date.parse(CreationDate));
    expect([made[0], made.at(-1)]).toEqual([NOW_MS - 200 * DAY_MS, NOW_MS - 100 * DAY_MS]);
    expect(made).toEqual([...made].sort((a, b) => a - b));
  });

  test.each([1, 137, 138, 5000, MIB, MIB + 1, 3 * MIB - 5, 4 * MIB])(
    'gives archives of %s bytes back, with the tree hash that the inventory lists',
    async (sizeBytes) => {
      const vault = await seeded({ seeds: [`v=3:${sizeBytes}`] });
      for (const { ArchiveId, ArchiveDescription, Size, SHA256TreeHash } of await inventory(vault)) {
        const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId });
        expect((await describeJob(vault, jobId)).json).toMatchObject({
          ArchiveId,
          ArchiveSHA256TreeHash: SHA256TreeHash,
          SHA256TreeHash,
          ArchiveSizeInBytes: sizeBytes,
          StatusCode: 'Succeeded',
        });
        const { bytes, headers } = await outputOf(vault, jobId);
        expect([bytes.length, Size]).toEqual([sizeBytes, sizeBytes]);
        expect(treeHash(bytes)).toBe(SHA256TreeHash);
        expect(headers['x-amz-sha256-tree-hash']).toBe(SHA256TreeHash);
        expect(headers['x-amz-archive-description']).toBe(ArchiveDescription);
      }
    },
  );

  test('gives ranges of an archive, with the tree hash where they are nodes of the tree', async () => {
    const vault = await seeded({ seeds: ['v=1:5000000'] });
    const [listed] = await inventory(vault);
    const ArchiveId = listed?.ArchiveId;
    const whole = (await outputOf(vault, await startJob(vault, { Type: 'archive-retrieval', ArchiveId })))
      .bytes;
    expect(whole.subarray(MIB - 138, MIB).toString()).toBe(ArchiveId);
    expect(whole.subarray(MIB, 2 * MIB).equals(whole.subarray(2 * MIB, 3 * MIB))).toBe(false);
    const RetrievalByteRange = `${2 * MIB}-${4 * MIB - 1}`;
    const jobId = await startJob(vault, { Type: 'archive-retrieval', ArchiveId, RetrievalByteRange });
    const part = await outputOf(vault, jobId, `bytes=${MIB}-${2 * MIB - 1}`);
    const expected = whole.subarray(3 * MIB, 4 * MIB);
    expect(part.bytes.equals(expected)).toBe(true);
    expect(part.headers['x-amz-sha256-tree-hash']).toBe(treeHash(expected));
    const odd = await outputOf(vault, jobId, `bytes=${MIB - 7}-${MIB + 9}`);
    expect(odd.bytes.equals(whole.subarray(3 * MIB - 7, 3 * MIB + 10))).toBe(true);
    expect(odd.headers).not.toHaveProperty('x-amz-sha256-tree-hash');
  });

  test('has the same archives after a restart, also when the seed is asked for again', async () => {
    const vault = await seeded({ seeds: ['v=50:2K'] });
    const first = await inventory(vault);
    await vault.restart();
    expect(await inventory(vault)).toEqual(first);
    await vault.restart({ seeds: [] });
    expect(await inventory(vault)).toEqual(first);
    await vault.restart({ seeds: ['v=50:2K', 'v=50:2K', 'v=7:3K'] });
    const more = await inventory(vault);
    expect(more.slice(0, 50)).toEqual(first);
    expect(more.slice(50).map(({ Size }) => Size)).toEqual(Array(7).fill(3072));
  });

  test('takes no room: seeds, deletions and jobs are a few files', async () => {
    const vault = await seeded({ seeds: ['v=1000000:1G'] });
    const jobId = await startJob(vault, { Type: 'inventory-retrieval' });
    expect((await describeJob(vault, jobId)).json.InventorySizeInBytes).toBeGreaterThan(300_000_000);
    let sizeBytes = 0;
    for (const name of await readdir(vault.dir, { recursive: true })) {
      sizeBytes += (await readFile(join(vault.dir, name)).catch(() => Buffer.alloc(0))).length;
    }
    expect(sizeBytes).toBeLessThan(10_000);
  });

  test('forgets a deleted archive for good, but not what an earlier inventory or job holds', async () => {
    const vault = await seeded({ seeds: ['v=10:300'] });
    const before = await inventory(vault);
    const [first, second] = before.map(({ ArchiveId }) => ArchiveId);
    const early = await startJob(vault, { Type: 'archive-retrieval', ArchiveId: first });
    expect((await remove(vault, String(first))).status).toBe(204);
    expect((await remove(vault, String(first))).status).toBe(204);
    expect((await remove(vault, String(second))).status).toBe(204);
    expect(await inventory(vault)).toEqual(before);
    await vault.restart();
    await vault.restart({ inventoryEveryMs: 0 });
    expect(await inventory(vault)).toEqual(before.slice(2));
    expect((await vault.ask('GET', '/-/vaults/v')).json.NumberOfArchives).toBe(8);
    const output = await outputOf(vault, early);
    expect([output.status, treeHash(output.bytes)]).toEqual([200, before[0]?.SHA256TreeHash]);
    const body = Buffer.from(JSON.stringify({ Type: 'archive-retrieval', ArchiveId: first }));
    expect((await vault.ask('POST', '/-/vaults/v/jobs', { body })).status).toBe(404);
  });

  test('that is emptied can be deleted', async () => {
    const vault = await seeded({ seeds: ['v=100'], inventoryEveryMs: 0 });
    const listed = await inventory(vault);
    expect((await vault.ask('DELETE', '/-/vaults/v')).status).toBe(400);
    const replies = await Promise.all(listed.map(({ ArchiveId }) => remove(vault, ArchiveId)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([204]));
    expect((await vault.ask('DELETE', '/-/vaults/v')).status).toBe(204);
  });

  test('keeps deletions that were acknowledged through kill -9', async () => {
    const dir = await newFolder();
    const before = await seeded({ seeds: ['v=200'] }, dir);
    const listed = await inventory(before);
    await before.server.close();
    const { url, kill } = await startServerProcess(dir);
    const gone = listed.slice(0, 60);
    await Promise.all(gone.map(({ ArchiveId }) => ask(url, 'DELETE', `/-/vaults/v/archives/${ArchiveId}`)));
    await kill();
    const vault = await seeded({ inventoryEveryMs: 0 }, dir);
    const left = (await inventory(vault)).map(({ ArchiveId }) => ArchiveId);
    expect(left).toEqual(listed.slice(60).map(({ ArchiveId }) => ArchiveId));
  });

  test('describes its archives by the lines that it is given, in turn', async () => {
    const seedDescriptions = ['plain', '', '{"Path":"a \\"b\\""}', 'a, b'];
    const vault = await seeded({ seeds: ['v=6'], seedDescriptions });
    const described = (await inventory(vault)).map(({ ArchiveDescription }) => ArchiveDescription);
    expect(described).toEqual([...seedDescriptions, 'plain', '']);
    const csv = await startJob(vault, { Type: 'inventory-retrieval', Format: 'CSV' });
    const { text } = await inventoryOf(vault, csv);
    const fields = text.split('\n').map((line) => line.slice(139, line.search(/,\d{4}-\d\d-/) + 1));
    expect(fields.slice(1, 5)).toEqual(['plain,', ',', '"{\\"Path\\":\\"a \\\\"b\\\\"\\"}",', '"a, b",']);
    expect((await describeJob(vault, csv)).json.InventorySizeInBytes).toBe(text.length);
  });

  test('lists uploaded archives beside the seeded ones, page by page', async () => {
    const vault = await startTestVault({ inventoryEveryMs: 0 });
    const uploaded = [await vault.upload(Buffer.from('a')), await vault.upload(Buffer.from('b'))];
    await vault.restart({ seeds: ['v=5:1', 'v=4:2'] });
    const whole = await inventory(vault);
    expect(whole.map(({ ArchiveId }) => ArchiveId).slice(0, 2)).toEqual(uploaded);
    expect(whole).toHaveLength(11);
    for (const limit of [1, 2, 3, 6, 11, 12]) {
      const pages: Listed[] = [];
      let Marker: string | undefined;
      do {
        const jobId = await startJob(vault, {
          Type: 'inventory-retrieval',
          InventoryRetrievalParameters: { Limit: String(limit), ...(Marker ? { Marker } : {}) },
        });
        const page = (await inventoryOf(vault, jobId)).json.ArchiveList;
        expect(page.length).toBeLessThanOrEqual(limit);
        pages.push(...page);
        Marker = (await describeJob(vault, jobId)).json.InventoryRetrievalParameters.Marker ?? undefined;
      } while (Marker);
      expect(pages).toEqual(whole);
    }
  });

  test('selects by date: made at StartDate or later, and before EndDate', async () => {
    const vault = await seeded({ seeds: ['v=11:1:10d-0'] });
    const whole = await inventory(vault);
    const at = (i: number) => whole[i]?.CreationDate;
    const some = await inventory(vault, {
      InventoryRetrievalParameters: { StartDate: at(3), EndDate: at(6) },
    });
    expect(some).toEqual(whole.slice(3, 6));
  });

  test('gives any range of an inventory of many archives as it is in the whole', async () => {
    const vault = await seeded({ seeds: ['v=20000:1'], seedDescriptions: ['x', '', '"'.repeat(300), 'y,z'] });
    for (const Format of ['JSON', 'CSV']) {
      const jobId = await startJob(vault, { Type: 'inventory-retrieval', Format });
      const { bytes: whole } = await outputOf(vault, jobId);
      expect((await describeJob(vault, jobId)).json.InventorySizeInBytes).toBe(whole.length);
      for (const [first, last] of [
        [0, 0],
        [90, 500],
        [whole.length - 3, whole.length - 1],
        [1_000_000, 3_000_000],
        [whole.length >> 1, whole.length - 1],
      ] as const) {
        const { bytes } = await outputOf(vault, jobId, `bytes=${first}-${last}`);
        expect(bytes.equals(whole.subarray(first, last + 1))).toBe(true);
      }
    }
  });

  test('does not give an archive of another vault, and says so', async () => {
    const vault = await seeded({ seeds: ['v=2', 'w=2'] });
    const [listed] = await inventory(vault);
    const { status, json } = await vault.ask('DELETE', `/-/vaults/w/archives/${listed?.ArchiveId}`);
    expect([status, json.message]).toEqual([400, expect.stringContaining('Invalid vault name: ')]);
  });
});

describe('a seed', () => {
  test.each([
    ['v', 'it must read VAULT=N'],
    ['v=0', 'N must be from 1'],
    ['v=1:0', 'SIZE must be from 1'],
    ['v=1:257G', 'SIZE must be from 1 to 256G'],
    ['v=1:1K:1d-2d', 'OLDEST must not be less'],
    ['a/b=1', 'not a vault name'],
  ])('%s is refused', async (seed, message) => {
    const dir = await newFolder();
    await expect(startVaultServer({ dir, seeds: [seed] })).rejects.toMatchObject({
      code: 'bad-seed',
      message: expect.stringContaining(message),
    });
    expect(await readdir(dir)).toEqual([]);
  });

  test('is refused with a description that no archive can have', async () => {
    const dir = await newFolder();
    await expect(
      startVaultServer({ dir, seeds: ['v=1'], seedDescriptions: ['a', 'é'] }),
    ).rejects.toMatchObject({ code: 'bad-seed', message: expect.stringContaining('line 2') });
  });
});
