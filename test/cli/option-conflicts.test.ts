/** Options that have no effect with what else is given are refused before anything is asked or written. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePlace } from '../helpers/place.js';

describe('an option without effect', () => {
  test.each([
    [
      ['upload', 'FILE', '--spool-dir', '/nonexistent'],
      '--spool-dir goes with standard input, which is named -',
    ],
    [['upload', 'FILE', '--expected-size', '1G'], '--expected-size goes with standard input'],
    [['upload', 'FILE', '--force'], '--force goes with --start-over'],
    [['upload', 'FILE', '--prices', 'FILE'], '--prices goes with --dry-run'],
    [['upload', 'FILE', '--null'], '--null goes with --files-from'],
    [['upload', 'FILE', '--one-file-system'], '--one-file-system goes with --recursive'],
    [['upload', '-', '--name', 'x', '--verify'], '--verify does not go with standard input'],
    [['upload', '-', '--name', 'x', '--replace-parts'], '--replace-parts does not go with standard input'],
    [['upload', 'FILE', '--begin', '--concurrency', '2'], '--concurrency does not go with --begin'],
    [['upload', 'FILE', '--begin', '--verify'], '--verify does not go with --begin'],
    [['complete', 'FILE', '--size', '1M'], '--size goes with --tree-hash'],
    [['inventory', '--file', 'FILE', '--retry-for', '5m'], '--retry-for does not go with --file'],
    [['inventory', '--request', '--max-age', '2d'], '--request does not go with --max-age'],
    [['receipts', '--max-age', '2d'], '--max-age goes with --against or --rebuild'],
    [['receipts', '--retry-for', '5m'], '--retry-for goes with --rebuild or --import'],
    [['receipts', '--against', 'kept', '--rebuild', 'kept'], '--against does not go with --rebuild'],
    [['reconcile', '--wait', '--file', 'FILE'], '--wait does not go with --file'],
    [['retrieve', 'FILE', '--prices', 'FILE'], '--prices goes with --dry-run'],
    [['vaults', 'list', '--confirm', 'demo'], '--confirm goes with delete'],
    [['empty', '--null'], '--null goes with --files-from'],
    [['serve', '--dir', 'FILE', '--seed-descriptions', 'FILE'], '--seed-descriptions goes with --seed'],
    [['treehash', 'FILE', '--strict'], '--strict goes with --check'],
    [['treehash', 'FILE', '--status'], '--status goes with --check, --receipts or --inventory'],
    [['treehash', 'FILE', '--tag', '--parts', '1M'], '--tag does not go with --parts'],
  ])('%j is refused', async (words, message) => {
    const { plain, file, folder } = makePlace();
    const { code, stdout, stderr } = await plain(words.map((word) => (word === 'FILE' ? file : word)));
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\nhint: .*\n$/);
    expect(existsSync(join(folder, 'home'))).toBe(false);
  });

  test('that comes from the environment is left alone', async () => {
    const { run, file } = makePlace();
    const env = { GLACIER_UP_SPOOL_DIR: '/nonexistent', GLACIER_UP_NAME: 'x' };
    expect(await run(['upload', file], { env })).toMatchObject({ code: 0 });
  });
});

test('a tree hash is refused beside the file that has one', async () => {
  const { run, file, interrupted } = makePlace();
  await interrupted(['upload', file, '--part-size', '1M'], 1);
  const refused = await run(['complete', file, '--tree-hash', 'ab'.repeat(32), '--size', '1M']);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('of an upload without its file'),
  });
});

test('--begin on the command line wins over the shard of the environment', async () => {
  const { run, file } = makePlace();
  const env = { GLACIER_UP_SHARD: '0/2', GLACIER_UP_UPLOAD_ID: 'abc' };
  const { code, stdout, stderr } = await run(['upload', file, '--begin'], { env });
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^[\w-]{92}\n$/);
});
