import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileTime } from '../../../src/os/file-time.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const eraMs = Date.parse('1965-01-01T00:00:00Z');

test.each([
  ['every millisecond of a second', Array.from({ length: 1000 }, (_, ms) => 1_795_833_036_000 + ms)],
  ['every 41st day since 1965', Array.from({ length: 1000 }, (_, day) => eraMs + day * 41 * 86_400_123)],
])('a file gets the time it is given to the millisecond: %s', (_, times) => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  const read = times.map((ms) => {
    utimesSync(file, fileTime(ms), fileTime(ms));
    return Number(statSync(file, { bigint: true }).mtimeNs / 1_000_000n);
  });
  expect(read).toEqual(times);
});
