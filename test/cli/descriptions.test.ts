/** What an archive is described as: by its path, or as --description says. */
import { mkdirSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { seededFile } from '../helpers/bytes.js';
import { jsonLines, makePlace, type Place } from '../helpers/place.js';

function fileIn(place: Place, name: string, seed = 1): string {
  const file = join(place.folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  seededFile(file, 1000, seed);
  return file;
}

const described = (place: Place): unknown[] => place.receipts().map(({ description }) => description);
/** What a path from the root looks like in a description. */
const unrooted = (file: string): string => file.replace(/^\//, '');

describe('without --description an archive is described by its path,', () => {
  test('so that files of one name can be told apart', async () => {
    const place = makePlace();
    const files = ['host1/backup.tar', 'host2/backup.tar'].map((name, seed) => fileIn(place, name, seed + 1));
    expect((await place.run(['upload', ...files])).code).toBe(0);
    expect(described(place)).toEqual(files.map(unrooted));
  });

  test.each([
    ['as it was named in the working folder', 'package.json', 'package.json'],
    ['without ./', './package.json', 'package.json'],
    ['with .. resolved', 'src/../package.json', 'package.json'],
    [
      'from the root where .. leads out of the working folder',
      `../${basename(process.cwd())}/package.json`,
      unrooted(join(process.cwd(), 'package.json')),
    ],
  ])('%s', async (_, name, description) => {
    const place = makePlace();
    expect((await place.run(['upload', name])).code).toBe(0);
    expect(described(place)).toEqual([description]);
  });

  test('with JSON escapes where it is not printable ASCII, and shown as it is in our lists', async () => {
    const place = makePlace();
    const file = fileIn(place, 'Bücher/día.tar');
    expect((await place.run(['upload', file])).code).toBe(0);
    const path = unrooted(file).replace('ü', '\\u00fc').replace('í', '\\u00ed');
    expect(described(place)).toEqual([`{"Path":"${path}"}`]);
    const env = { GLACIER_UP_JOB_DELAY: '0', GLACIER_UP_INVENTORY_EVERY: '0' };
    const { stdout } = await place.run(['inventory', '--wait'], { env });
    expect(stdout).toContain(`  ${unrooted(file)}\n`);
    const json = await place.run(['inventory', '--wait', '--json'], { env });
    expect(jsonLines(json)).toContainEqual(
      expect.objectContaining({ type: 'inventoried-archive', description: `{"Path":"${path}"}` }),
    );
  });

  test('and refused before anything is sent when it is too long, while the other files are archived', async () => {
    const place = makePlace();
    const long = fileIn(place, `${'a'.repeat(250)}/`.repeat(4) + 'b'.repeat(100));
    const { code, stderr } = await place.run(['upload', long, place.file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Glacier would not take the description of this file: it has 1\d\d\d characters/);
    expect(stderr).toContain("--description '{name}'");
    expect(place.archives()).toHaveLength(1);
    expect(place.sessions()).toEqual([]);
    expect((await place.run(['upload', long, '--description', '{name}'])).code).toBe(0);
    expect(described(place)[1]).toBe('b'.repeat(100));
  });
});

describe('--description', () => {
  test('takes the path, the name, the time and the host, and goes with several files then', async () => {
    const place = makePlace();
    const files = ['x/a.tar', 'y/b.tar'].map((name, seed) => fileIn(place, name, seed + 1));
    for (const file of files) utimesSync(file, 1_700_000_000.5, 1_700_000_000.5);
    const template = '{host}: {path} ({name}) of {mtime}';
    expect((await place.run(['upload', ...files, '--description', template])).code).toBe(0);
    expect(described(place)).toEqual(
      files.map((file) => `${hostname()}: ${unrooted(file)} (${basename(file)}) of 2023-11-14T22:13:20Z`),
    );
  });

  test.each([
    ['a text', 'nightly'],
    ['the host, which is the same for all', 'of {host}'],
    ['an escaped placeholder', '{{path}}'],
  ])('that is %s does not go with several files', async (_, description) => {
    const place = makePlace();
    const { code, stderr } = await place.run([
      'upload',
      place.file,
      place.file,
      '--description',
      description,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('put {path} into it');
    expect(place.archives).toThrow(/ENOENT/);
  });

  test.each([
    ['{{path}} and {{x}}', '{path} and {x}'],
    ['{"Path":"{name}"}', '{"Path":"día.tar"}'.replace('í', '\\u00ed')],
    ['{ path } {} }{ {1} {"a":{"b":1}}', '{ path } {} }{ {1} {"a":{"b":1}}'],
    ['{name}', '{"Path":"día.tar"}'.replace('í', '\\u00ed')],
    ['of {name}', 'of d\\u00eda.tar'],
  ])('%s is stored as %s', async (template, description) => {
    const place = makePlace();
    const file = fileIn(place, 'día.tar');
    expect((await place.run(['upload', file, '--description', template])).code).toBe(0);
    expect(described(place)).toEqual([description]);
  });

  test.each(['my%20file.pdf', 'caf%C3%A9.txt', 'mt2 eyJtdGltZSI6IjAifQ'])(
    'of the name %s cannot be taken for another name',
    async (name) => {
      const place = makePlace();
      expect((await place.run(['upload', fileIn(place, name), '--description', '{name}'])).code).toBe(0);
      expect(described(place)).toEqual([`{"Path":"${name}"}`]);
      const listed = await place.run(['inventory', '--wait', '--json']);
      expect(jsonLines(listed)).toMatchObject([{ name, writer: 'glacier-up' }, {}]);
    },
  );

  test.each([
    ['an unknown placeholder', '{date}', '{date} is none of {path}, {name}, {mtime}, {host}'],
    ['one that is every object’s', '{constructor}', '{constructor} is none of'],
    ['other than ASCII beside a placeholder', 'día {name}', 'is not printable ASCII'],
  ])('with %s is refused before anything is sent', async (_, description, message) => {
    const place = makePlace();
    const { code, stderr } = await place.run(['upload', place.file, '--description', description]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(place.archives).toThrow(/ENOENT/);
  });

  test('with {mtime} is refused for a pipe before its producer runs', async () => {
    const place = makePlace();
    const words = ['upload', '-', '--name', 'x.tar', '--exec', 'echo run >&2', '--description', '{mtime}'];
    const { code, stderr } = await place.run(words);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('has no {mtime}') });
    expect((await place.run([...words.slice(0, -1), '{path} of {host}', '--exec', 'echo x'])).code).toBe(0);
    expect(described(place)).toEqual([`x.tar of ${hostname()}`]);
  });
});

describe('an unfinished upload keeps the description that it began with', () => {
  test('under another one every night, and says so', async () => {
    const place = makePlace();
    const dated = (date: string): string[] => [
      'upload',
      place.file,
      '--part-size',
      '1M',
      '--description',
      date,
    ];
    await place.interrupted(dated('2026-11-24'), 1);
    const { code, stderr } = await place.run(dated('2026-11-25'));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('the unfinished upload keeps its description "2026-11-24"');
    expect(described(place)).toEqual(['2026-11-24']);
    expect(place.archives()).toHaveLength(1);
  });

  test('without a word when none is given', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, '--part-size', '1M', '--description', 'mine'], 1);
    const { code, stderr } = await place.run(['upload', place.file]);
    expect(code).toBe(0);
    expect(stderr).not.toContain('description');
    expect(described(place)).toEqual(['mine']);
  });

  test('which a dry run shows', async () => {
    const place = makePlace();
    await place.interrupted(['upload', place.file, '--part-size', '1M', '--description', 'mine'], 1);
    const { stdout } = await place.run(['upload', place.file, '-n', '--description', 'other']);
    expect(stdout).toContain('description "mine"');
  });

  test('from a pipe too', async () => {
    const place = makePlace();
    const words = (date: string): string[] => [
      ...['upload', '-', '--name', 'x', '--part-size', '1M', '--exec', `cat ${place.file}`],
      ...['--description', date],
    ];
    await place.interrupted(words('2026-11-24'), 1);
    const { code, stderr } = await place.run(words('2026-11-25'));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('keeps its description "2026-11-24"');
    expect(described(place)).toEqual(['2026-11-24']);
  });
});
