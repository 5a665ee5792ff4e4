import { describe, expect, test } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { jsonLines, makePlace } from '../helpers/place.js';

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
