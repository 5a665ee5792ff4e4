import { describe, expect, test } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { jsonLines, makePlace } from '../helpers/place.js';
import { makeServedPlace } from '../helpers/served-place.js';

describe('vaults', () => {
  const local = ({ vaultFolder }: { vaultFolder: string }): string[] => ['--local', vaultFolder];

  test('are made, described and listed, by name', async () => {
    const place = makePlace();
    const made = await place.plain(['vaults', 'create', 'photos', ...local(place)]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\/\d{12}\/vaults\/photos\n$/) });
    await place.plain(['vaults', 'create', 'books', ...local(place)]);
    const listed = await place.plain(['vaults', ...local(place)]);
    expect(listed.code).toBe(0);
    expect(listed.stdout.split('\n').map((line) => line.split('  ')[0])).toEqual(['books', 'photos', '']);
    const described = await place.plain(['vaults', 'describe', 'photos', '--json', ...local(place)]);
    expect(jsonLines(described)).toEqual([
      {
        type: 'vault',
        schema: 1,
        name: 'photos',
        arn: expect.stringMatching(/:vaults\/photos$/),
        createdAt: expect.any(String),
        inventoriedAt: null,
        archiveCount: 0,
        sizeBytes: 0,
      },
    ]);
  });

  test('are all listed, from every page of ten', async () => {
    const place = makePlace();
    const names = Array.from({ length: 23 }, (_, index) => `vault-${String(index).padStart(2, '0')}`);
    for (const name of names) await place.plain(['vaults', 'create', name, ...local(place)]);
    const listed = await place.plain(['vaults', 'list', '--json', ...local(place)]);
    expect(jsonLines(listed).map(({ name }) => name)).toEqual(names);
  });

  test('are told with what their last inventory counted', async () => {
    const place = await makeServedPlace(1000);
    const described = async () => (await place.plain(['vaults', 'describe', 'demo'])).stdout;
    expect(await described()).toMatch(/^demo {2}made 2026-03-01T12:00:00\S+ {2}no inventory yet\n$/);
    for (const counted of [
      / {2}1 archive, 33\.0 KiB, inventory of 2026-03-01\S+\n$/,
      / {2}2 archives, 66\.0 KiB, /,
    ]) {
      await place.run(['upload', place.file, '--again']);
      place.clock.pass(1000);
      expect(await described()).toMatch(counted);
    }
  });

  test('that are made are told with --json as they are described', async () => {
    const place = makePlace();
    const made = await place.plain(['vaults', 'create', 'photos', '--json', ...local(place)]);
    expect(jsonLines(made)).toMatchObject([{ type: 'vault', name: 'photos', archiveCount: 0 }]);
  });

  test('are deleted, of which text says and --json has an object', async () => {
    const place = makePlace();
    const remove = (words: string[]) =>
      place.plain(['vaults', 'delete', 'photos', '--confirm', 'photos', ...words, ...local(place)]);
    await place.plain(['vaults', 'create', 'photos', ...local(place)]);
    expect(await remove([])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'glacier-up: deleted vault photos\n',
    });
    expect(await place.plain(['vaults', ...local(place)])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'glacier-up: no vaults\n',
    });
    expect(jsonLines(await remove(['--json']))).toMatchObject([{ type: 'vault-deletion', vault: 'photos' }]);
  });

  test('with archives are not deleted, and it is said what the last inventory lists', async () => {
    const dayMs = 24 * 60 * 60 * 1000;
    const place = await makeServedPlace(1000, { inventoryEveryMs: dayMs });
    const refusal = async () => {
      const { code, stderr } = await place.plain(['vaults', 'delete', 'demo', '--confirm', 'demo', '--json']);
      const { type, message } = JSON.parse(stderr) as Record<string, string>;
      return { code, type, message };
    };
    const archiveId = (await place.run(['upload', place.file])).stdout.trim();
    expect(await refusal()).toMatchObject({
      code: 5,
      message:
        'vault demo cannot be deleted yet: it has no inventory yet, and something was written or deleted since',
    });
    place.clock.pass(2 * dayMs);
    expect(await refusal()).toMatchObject({
      code: 1,
      message: expect.stringMatching(/its last inventory, of 2026-\S+, lists 1 archive$/),
    });
    await place.plain(['delete', '--vault', 'demo', '--yes', '--', archiveId]);
    place.clock.pass(2 * dayMs);
    const described = jsonLines(await place.plain(['vaults', 'describe', 'demo', '--json']));
    expect(described).toMatchObject([{ archiveCount: 0 }]);
    await place.run(['upload', place.file]);
    expect(await refusal()).toMatchObject({
      code: 5,
      message: expect.stringMatching(
        /yet: its last inventory is of 2026-\S+, and something was written or deleted since$/,
      ),
    });
  });

  test('that are there already can be made again', async () => {
    const place = makePlace();
    const words = ['vaults', 'create', 'photos', ...local(place)];
    const first = await place.plain(words);
    expect(await place.plain(words)).toMatchObject({ code: 0, stdout: first.stdout });
  });

  test('that are not there are described with exit 8, and not made by asking', async () => {
    const place = makePlace();
    for (const words of [['vaults', 'describe', 'nowhere'], ['vaults']]) {
      const asked = await place.plain([...words, ...local(place)]);
      expect(asked).toMatchObject({ code: 8, stdout: '' });
      expect(asked.stderr).toContain('there is no embedded vault in');
    }
    await place.plain(['vaults', 'create', 'photos', ...local(place)]);
    expect(await place.plain(['vaults', 'describe', 'nowhere', ...local(place)])).toMatchObject({ code: 8 });
    const listed = await place.plain(['vaults', ...local(place)]);
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^photos {2}[^\n]*\n$/) });
  });

  test.each([
    [['destroy', 'photos'], 'destroy is nothing that can be done with vaults'],
    [['create'], 'create takes the name of one vault'],
    [['describe', 'a', 'b'], 'describe takes the name of one vault'],
    [['list', 'a'], 'list takes no name'],
    [['create', 'día'], 'This is no vault name'],
    [['create', '..'], 'taken for a path'],
  ])('%j is wrong usage', async (words, message) => {
    const { folder, vaultFolder } = makePlace();
    const { code, stderr } = await runCli(['vaults', ...words, '--local', vaultFolder], { folder });
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
