/** The program as a process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.js';

const bin = fileURLToPath(new URL('../../bin/glacier-up.js', import.meta.url));

describe('a process whose work comes to no end', () => {
  test('is no success, though Node has nothing left to do', async () => {
    const folder = tempFolder();
    const hook = join(folder, 'hook.cjs');
    writeFileSync(hook, "require('node:fs/promises').readFile = () => new Promise(() => {});");
    const { exitCode, stdout, stderr } = await execa(bin, ['treehash', '--check', hook], {
      env: { HOME: folder, NODE_OPTIONS: `--require ${hook}` },
      extendEnv: true,
      reject: false,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('ended before its work did');
  });
});
