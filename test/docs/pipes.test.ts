/** What docs/pipes.md says of programs that do not write the same bytes twice, tried on these programs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.js';

const isGnuTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU') ?? false;

/** Runs a command twice in a folder with a sparse file that is read in between. @returns whether the bytes are the same */
function isSameTwice(command: string): boolean {
  const folder = tempFolder();
  const file = join(folder, 'image');
  writeFileSync(file, 'boot');
  truncateSync(file, 10 * 1024 ** 2);
  const sums = [1, 2].map((second) => {
    utimesSync(file, 1_700_000_000 + second, 1_600_000_000);
    const bytes = execFileSync('sh', ['-c', command], { cwd: folder, maxBuffer: 64 * 1024 ** 2 });
    return createHash('sha256').update(bytes).digest('hex');
  });
  return sums[0] === sums[1];
}

const noTimes = '--pax-option=delete=atime,delete=ctime';

describe.runIf(isGnuTar)('tar', () => {
  test.each([
    'tar c image',
    `tar c --format=pax ${noTimes} image`,
    'tar c --sparse image',
    `tar c --sparse --sparse-version=0.0 --format=pax ${noTimes} image`,
    'tar c --sort=name .',
  ])('writes the same bytes with %s', (command) => {
    expect(isSameTwice(command)).toBe(true);
  });

  test.each(['tar c --format=pax image', `tar c --sparse --format=pax ${noTimes} image`])(
    'writes other bytes with %s',
    (command) => {
      expect(isSameTwice(command)).toBe(false);
    },
  );
});

test('gzip writes the same bytes with -n', () => {
  expect(isSameTwice('gzip -nc image')).toBe(true);
});
