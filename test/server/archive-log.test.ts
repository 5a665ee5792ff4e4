/** The archives of a vault as lines of one file: read by the hundred thousand, carried over from files, and never lost unsaid. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startVaultServer } from '../../src/server/index.js';
import { readCheckedLine } from '../../src/server/store/append-log.js';
import { inventoryOf, startJob } from './helpers/jobs.js';
import { startServerProcess } from './helpers/process.js';
import { MIB, sampleBytes, startTestVault, type TestVault } from './helpers/vault.js';

const inVault = (vault: TestVault, ...names: string[]): string => join(vault.dir, 'vaults', '1', ...names);
const linesOf = async (path: string): Promise<string[]> =>
  (await readFile(path, 'latin1')).split('\n').slice(0, -1);

async function filled(sizes: readonly number[]): Promise<{ vault: TestVault; archiveIds: string[] }> {
  const vault = await startTestVault({ inventoryEveryMs: 0 });
  const archiveIds: string[] = [];
  for (const size of sizes) archiveIds.push(await vault.upload(sampleBytes(size)));
  return { vault, archiveIds };
}

const remove = (vault: TestVault, archiveId: string | undefined) =>
  vault.ask('DELETE', `/-/vaults/v/archives/${archiveId}`);

/** As an inventory lists them. */
async function listed(vault: TestVault): Promise<string[]> {
  const jobId = await startJob(vault, { Type: 'inventory-retrieval' });
  const { json } = await inventoryOf(vault, jobId);
  return json.ArchiveList.map((archive: { ArchiveId: string }) => archive.ArchiveId);
}

/** Makes the folder one of format 2, as an earlier version left it. */
async function asFormat2(vault: TestVault): Promise<void> {
  await vault.server.close();
  const log = inVault(vault, 'archives.log');
  for (const line of await linesOf(log)) {
    const { number, ...record } = readCheckedLine<{ number: number }>(line) ?? { number: 0 };
    await writeFile(inVault(vault, 'archives', `${number}.json`), JSON.stringify(record, null, 2));
  }
  await rm(log);
  const identity = join(vault.dir, 'vault-folder.json');
  await writeFile(identity, (await readFile(identity, 'utf8')).replace('"format": 3', '"format": 2'));
}

const canTrace = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0;

/** Turns one bit of a file. */
async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const starting = (vault: TestVault) => startVaultServer({ dir: vault.dir });
const unusable = (message: RegExp) => ({
  code: 'folder-unusable',
  message: expect.stringMatching(message),
});

describe('archives.log', () => {
  test('has a line for each archive, which a restart reads, and deletions shorten it now and then', async () => {
    const { vault, archiveIds } = await filled([10, 20, 30]);
    expect(await linesOf(inVault(vault, 'archives.log'))).toHaveLength(3);
    expect((await readdir(inVault(vault, 'archives'))).sort()).toEqual([
      '1.archive',
      '2.archive',
      '3.archive',
    ]);
    await remove(vault, archiveIds[0]);
    await vault.restart();
    expect(await listed(vault)).toEqual(archiveIds.slice(1));
    expect(await linesOf(inVault(vault, 'archives.log'))).toHaveLength(3);
    await remove(vault, archiveIds[2]);
    await vault.restart();
    expect(await linesOf(inVault(vault, 'archives.log'))).toHaveLength(1);
    const another = await vault.upload(sampleBytes(40));
    await vault.restart();
    expect(await listed(vault)).toEqual([archiveIds[1], another]);
  });

  test('takes over the archives of a folder of format 2, also when it was interrupted', async () => {
    const { vault, archiveIds } = await filled([10, 20, 30]);
    await asFormat2(vault);
    const removed = await readFile(inVault(vault, 'archives', '1.json'), 'utf8');
    // A deletion that a crash cut short.
    await rm(inVault(vault, 'archives', '2.archive'));
    await vault.restart();
    expect(await listed(vault)).toEqual([archiveIds[0], archiveIds[2]]);
    expect((await readdir(inVault(vault, 'archives'))).sort()).toEqual(['1.archive', '3.archive']);
    expect(await readFile(join(vault.dir, 'vault-folder.json'), 'utf8')).toContain('"format": 3');
    // A crash between the log and the removal of what is in it now.
    await vault.server.close();
    await writeFile(inVault(vault, 'archives', '1.json'), removed);
    await vault.restart();
    const another = await vault.upload(sampleBytes(40));
    await vault.restart();
    expect(await listed(vault)).toEqual([archiveIds[0], archiveIds[2], another]);
    expect((await readdir(inVault(vault, 'archives'))).sort()).toEqual([
      '1.archive',
      '3.archive',
      '4.archive',
    ]);
  });

  test.each([
    ['in the middle', 1],
    ['at the end', 2],
  ])('with a line damaged %s is refused by its number, until the file is restored', async (_where, index) => {
    const { vault, archiveIds } = await filled([10, 20, 30]);
    await vault.server.close();
    const log = inVault(vault, 'archives.log');
    const lines = await linesOf(log);
    const before = lines.slice(0, index).join('\n').length;
    await flipBit(log, before + 100);
    const line = `line ${index + 1} of .*/vaults/1/archives\\.log is damaged; restore the file from a backup`;
    await expect(starting(vault)).rejects.toMatchObject(unusable(new RegExp(line)));
    await flipBit(log, before + 100);
    await vault.restart();
    expect(await listed(vault)).toEqual(archiveIds);
  });

  test.each([
    [
      'without the line of an archive',
      (text: string) =>
        text
          .split('\n')
          .filter((_, index) => index !== 1)
          .join('\n'),
      2,
    ],
    ['whose last line lost its end', (text: string) => text.slice(0, -1), 3],
  ])('%s is refused, until the archive is moved away', async (_what, damaged, number) => {
    const { vault, archiveIds } = await filled([10, 20, 30]);
    await vault.server.close();
    const log = inVault(vault, 'archives.log');
    await writeFile(log, damaged(await readFile(log, 'latin1')));
    const message = new RegExp(
      `archives\\.log has no line of ${number}\\.archive; .* move .*/${number}\\.archive away`,
    );
    await expect(starting(vault)).rejects.toMatchObject(unusable(message));
    await rm(inVault(vault, 'archives', `${number}.archive`));
    await vault.restart();
    expect(await listed(vault)).toEqual(archiveIds.filter((_, index) => index !== number - 1));
  });

  test('goes on after lines that a power cut left as zeros', async () => {
    const { vault, archiveIds } = await filled([10, 20]);
    await vault.server.close();
    const log = inVault(vault, 'archives.log');
    const bytes = await readFile(log);
    await writeFile(log, Buffer.concat([bytes, Buffer.alloc(300), Buffer.from('f"}\n')]));
    await vault.restart();
    const another = await vault.upload(sampleBytes(40));
    await vault.restart();
    expect(await listed(vault)).toEqual([...archiveIds, another]);
    expect(await linesOf(log)).toHaveLength(3);
  });
});

// GLACIER_UP_TEST_SWEEP=all tries every n; the ordinary run takes samples.
const kills = Object.entries({ fsync: 6, rename: 4, unlink: 6 }).flatMap(([call, count]) =>
  Array.from({ length: count }, (_, index) => [call, index + 1] as const),
);
const tried =
  process.env.GLACIER_UP_TEST_SWEEP === 'all' ? kills : kills.filter((_, index) => index % 4 === 3);

describe.skipIf(!canTrace)(
  'a folder of format 2 whose first start is killed (needs strace) has every archive:',
  () => {
    test.each(tried)('%s %i', async (call, n) => {
      const { vault, archiveIds } = await filled([10, 20, 30]);
      await asFormat2(vault);
      const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${n}`];
      const prefix = ['strace', '-D', '-f', '-qq', '-o', '/dev/null', ...inject];
      const killed = await startServerProcess(vault.dir, prefix).catch(() => undefined);
      await killed?.kill();
      await vault.restart();
      expect(await listed(vault)).toEqual(archiveIds);
      expect((await readdir(inVault(vault, 'archives'))).sort()).toEqual([
        '1.archive',
        '2.archive',
        '3.archive',
      ]);
    });
  },
);

test.each(['jobs.log', 'parts.log'])(
  'a damaged line of %s is told by its number, never passed over',
  async (name) => {
    const { vault } = await filled([10]);
    const uploadId = await vault.initiate();
    for (const first of [0, MIB]) await vault.part(uploadId, sampleBytes(MIB), first);
    for (let n = 0; n < 2; n += 1) await startJob(vault, { Type: 'inventory-retrieval' });
    await vault.server.close();
    const log = name === 'jobs.log' ? inVault(vault, name) : inVault(vault, 'uploads', '2', name);
    const { length } = (await linesOf(log))[0] as string;
    for (const [at, number] of [
      [20, 1],
      [length + 40, 2],
    ] as const) {
      await flipBit(log, at);
      await expect(starting(vault)).rejects.toMatchObject(
        unusable(new RegExp(`line ${number} of .*${name}`)),
      );
      await flipBit(log, at);
    }
    await vault.restart();
  },
);
