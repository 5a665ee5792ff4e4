/** Files that are named in a list, or stand below a folder. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLines } from '../helpers/place.js';
import { makeServedPlace, type ServedPlace } from '../helpers/served-place.js';
import { smallDisk } from '../helpers/small-disk.js';

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);

/** A tree of small files; each holds its own name. */
async function withTree(paths: readonly string[]): Promise<ServedPlace & { tree: string }> {
  const place = await makeServedPlace(1000);
  const tree = join(place.folder, 'tree');
  for (const path of paths) {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    writeFileSync(join(tree, path), path);
  }
  return { ...place, tree };
}

/** What stdout names, below the tree. */
function namesBelow(tree: string, stdout: string): string[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(line.indexOf('  ') + 2).replace(`${tree}/`, ''));
}

describe('--recursive', () => {
  test('archives every file below the folder, in the order of the names', async () => {
    const { run, tree, archives } = await withTree(['b', 'a/z', 'a/b/c', 'a-1', 'c']);
    const { code, stdout, stderr } = await run(['upload', '-r', tree]);
    expect(code).toBe(0);
    expect(namesBelow(tree, stdout)).toEqual(['a/b/c', 'a/z', 'a-1', 'b', 'c']);
    expect(archives()).toHaveLength(5);
    expect(lastLine(stderr)).toMatch(/^glacier-up: 5 files: 5 archived; 13 bytes in \d+s$/);
    const again = await run(['upload', '-r', tree]);
    expect(again.stdout).toBe(stdout);
    expect(lastLine(again.stderr)).toMatch(/: 5 files: 5 archived already; 0 bytes in/);
  });

  test('skips an empty file with a note, and counts it', async () => {
    const { run, tree } = await withTree(['a', 'b']);
    writeFileSync(join(tree, 'empty'), '');
    const { code, stderr } = await run(['upload', '-r', tree]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/empty: skipped, it is empty/);
    expect(lastLine(stderr)).toMatch(/: 3 files: 2 archived, 1 skipped;/);
    expect(jsonLines(await run(['upload', '-r', tree, '--json'])).at(-1)).toMatchObject({
      type: 'summary',
      total: 3,
      archivedAlready: 2,
      skipped: 1,
    });
  });

  test('stays on the file system of the folder with --one-file-system, and goes beyond it without', async ({
    skip,
  }) => {
    const { run, tree } = await withTree(['a', 'disk/hidden', 'z']);
    const disk = smallDisk(1, join(tree, 'disk')) ?? skip('no right to mount');
    writeFileSync(join(disk, 'b'), 'on another file system');
    const words = ['upload', '-r', tree, '--one-file-system'];
    const staying = await run(words);
    expect(staying.code, staying.stderr).toBe(0);
    expect(namesBelow(tree, staying.stdout)).toEqual(['a', 'z']);
    expect(namesBelow(tree, (await run(words.slice(0, 3))).stdout)).toEqual(['a', 'disk/b', 'z']);
    // The folder that is named may itself be a mount.
    expect(namesBelow(tree, (await run(['upload', '-r', disk, '--one-file-system'])).stdout)).toEqual([
      'disk/b',
    ]);
  });

  test('but an empty file that is named is a failure', async () => {
    const { run, tree } = await withTree(['a']);
    writeFileSync(join(tree, 'empty'), '');
    expect((await run(['upload', '-r', join(tree, 'empty'), join(tree, 'a')])).code).toBe(3);
  });

  test('does not follow symbolic links, and leaves out what is no regular file', async () => {
    const { run, tree, folder } = await withTree(['a']);
    mkdirSync(join(folder, 'outside'));
    writeFileSync(join(folder, 'outside/secret'), 'secret');
    symlinkSync(join(folder, 'outside'), join(tree, 'folder'));
    symlinkSync(join(folder, 'outside/secret'), join(tree, 'file'));
    symlinkSync('.', join(tree, 'circle'));
    const { code, stdout } = await run(['upload', '-r', tree]);
    expect(code).toBe(0);
    expect(namesBelow(tree, stdout)).toEqual(['a']);
  });

  test.each([
    ['*.tmp', ['a/keep', 'cache/x', 'keep']],
    ['cache', ['a/b.tmp', 'a/keep', 'c.tmp', 'keep']],
    ['cache/', ['a/b.tmp', 'a/keep', 'c.tmp', 'keep']],
    ['keep/', ['a/b.tmp', 'a/keep', 'c.tmp', 'cache/x', 'keep']],
    ['/keep', ['a/b.tmp', 'a/keep', 'c.tmp', 'cache/x']],
    ['a/*', ['c.tmp', 'cache/x', 'keep']],
    ['**/*.tmp', ['a/keep', 'cache/x', 'keep']],
    ['[ab]', ['c.tmp', 'cache/x', 'keep']],
    ['?.tmp', ['a/keep', 'cache/x', 'keep']],
  ])('--exclude %s', async (glob, names) => {
    const { run, tree } = await withTree(['a/b.tmp', 'a/keep', 'c.tmp', 'cache/x', 'keep']);
    const { stdout } = await run(['upload', '-r', tree, '--exclude', glob]);
    expect(namesBelow(tree, stdout)).toEqual(names);
  });

  test('--exclude may be given several times', async () => {
    const { run, tree } = await withTree(['a', 'b', 'c']);
    const { stdout } = await run(['upload', '-r', tree, '--exclude', 'a', '--exclude', 'c']);
    expect(namesBelow(tree, stdout)).toEqual(['b']);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that cannot be read is a failure of its own', async () => {
    const { run, tree } = await withTree(['a', 'locked/b', 'z']);
    chmodSync(join(tree, 'locked'), 0);
    const { code, stdout, stderr } = await run(['upload', '-r', tree]);
    chmodSync(join(tree, 'locked'), 0o700);
    expect(code).toBe(3);
    expect(stderr).toMatch(/locked: the folder cannot be read/);
    expect(namesBelow(tree, stdout)).toEqual(['a', 'z']);
  });

  test('without it, a folder is refused', async () => {
    const { run, tree } = await withTree(['a']);
    expect((await run(['upload', tree])).code).toBe(3);
  });
});

describe('--files-from', () => {
  test('takes one name a line, after those of the command line', async () => {
    const { run, tree, folder } = await withTree(['a', 'b', 'c']);
    const list = join(folder, 'list');
    writeFileSync(list, `${join(tree, 'c')}\n\n${join(tree, 'a')}`);
    const { code, stdout } = await run(['upload', join(tree, 'b'), '--files-from', list]);
    expect(code).toBe(0);
    expect(namesBelow(tree, stdout)).toEqual(['b', 'c', 'a']);
  });

  test('with --null takes names that have newlines, from standard input', async () => {
    const { run, tree } = await withTree(['a\nb', 'c']);
    const { code, stdout } = await run(['upload', '--files-from', '-', '-0'], {
      stdin: `${join(tree, 'a\nb')}\0${join(tree, 'c')}\0`,
    });
    expect(code).toBe(0);
    expect(namesBelow(tree, stdout)).toEqual(['a\\nb', 'c']);
  });

  test('of a list that names one file prints its name, too', async () => {
    const { run, tree } = await withTree(['a']);
    const { stdout } = await run(['upload', '--files-from', '-'], { stdin: `${join(tree, 'a')}\n` });
    expect(namesBelow(tree, stdout)).toEqual(['a']);
  });

  test('stops reading when the run ends early, and says so', async () => {
    const { run, tree, serve } = await withTree(['a', 'b', 'c']);
    await serve({ faults: ['initiate:error=AccessDeniedException'] });
    const stdin = ['a', 'b', 'c'].map((name) => `${join(tree, name)}\n`).join('');
    const { code, stderr } = await run(['upload', '--files-from', '-'], { stdin });
    expect(code).toBe(7);
    expect(lastLine(stderr)).toMatch(/: 1 file: 1 failed; the rest of the list was not read;/);
  });

  test('a list that cannot be read is a wrong use', async () => {
    const { run, folder } = await withTree(['a']);
    const { code, stderr } = await run(['upload', '--files-from', join(folder, 'missing')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/missing cannot be read: no such file/);
  });

  test.each([
    [['upload'], /no file is named/],
    [['upload', 'a', '--exclude', 'b'], /--exclude goes with --recursive/],
    [['upload', 'a', '-r', '--exclude', '[a'], /It is no pattern/],
    [['upload', 'a', '-r', '--exclude', '/'], /It is no pattern/],
    [['upload', 'a', '--null'], /--null goes with --files-from/],
    [['upload', 'a', '-r', '--begin'], /--recursive does not go with --begin/],
    [['upload', '-', '-r'], /--recursive does not go with standard input/],
    [['upload', 'a', '-r', '--description', 'x'], /--description is the same for all/],
  ])('%j is refused', async (words, message) => {
    const { run } = await withTree(['a']);
    const { code, stderr } = await run(words);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe.skipIf(process.platform === 'darwin')('a name that is not UTF-8', () => {
  test.each(['--recursive', '--files-from'])(
    'is archived by %s, with an escape in its description',
    async (way) => {
      const { run, tree, archives, receipts } = await withTree(['a']);
      const name = Buffer.concat([Buffer.from(`${tree}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]);
      const other = Buffer.concat([Buffer.from(`${tree}/caf`), Buffer.from([0xe8]), Buffer.from('.txt')]);
      writeFileSync(name, 'one');
      writeFileSync(other, 'other');
      const stdin = Buffer.concat([name, Buffer.from('\n'), other, Buffer.from('\n')]);
      const words = way === '--recursive' ? ['upload', '-r', tree] : ['upload', '--files-from', '-'];
      const { code, stdout } = await run(words, { stdin });
      expect(code).toBe(0);
      expect(stdout).toContain('caf\\udce9.txt');
      expect(archives()).toHaveLength(way === '--recursive' ? 3 : 2);
      const descriptions = receipts().map(({ description }) => description);
      expect(descriptions).toContain(`{"Path":"${tree.slice(1)}/caf\\udce9.txt"}`);
      const again = await run(words, { stdin });
      expect(again.stdout).toBe(stdout);
      expect(receipts()).toHaveLength(archives().length);
    },
  );
});

describe('--dry-run of several files', () => {
  test('adds up files, bytes, requests and cost, and says what packing would cost', async () => {
    const { run, tree, archives } = await withTree(['a', 'b', 'c/d']);
    const { code, stdout, stderr } = await run(['upload', '-r', tree, '-n']);
    expect(code).toBe(0);
    expect(lastLine(stdout)).toMatch(
      /^\(dry run\) 3 files to send: 5 bytes, 9 requests; uploading less than 0.01 USD/,
    );
    expect(stderr).toMatch(/packed into one archive .* they would be 3 requests/);
    const lines = jsonLines(await run(['upload', '-r', tree, '-n', '--json']));
    expect(lines.at(-2)).toMatchObject({
      type: 'plan-sum',
      files: 3,
      sizeBytes: 5,
      requests: 9,
      estimate: { uploading: 0.00045 },
      packed: { requests: 3, uploading: 0.00015 },
    });
    expect(lines.at(-1)).toMatchObject({ type: 'summary', toSend: 3 });
    expect(archives()).toEqual([]);
  });
});

test('the receipts of a tree hold the content of its files', async () => {
  const { run, tree, receipts } = await withTree(['a', 'b/c']);
  await run(['upload', '-r', tree]);
  const paths = receipts().map(({ path }) => String(path));
  expect(paths.sort()).toEqual([join(tree, 'a'), join(tree, 'b/c')]);
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['a', 'b/c']);
});
