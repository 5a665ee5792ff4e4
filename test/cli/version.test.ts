import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const bin = fileURLToPath(new URL('bin/glacier-up.js', root));
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };

// The shipped program answers without loading itself; with more words on the line the command tree does.
test.each([['--version'], ['-V'], ['--version --no-color']])('%s prints the version alone', async (line) => {
  const { stdout, stderr } = await execa(bin, line.split(' '));
  expect(stdout).toBe(manifest.version);
  expect(stderr).toBe('');
});
