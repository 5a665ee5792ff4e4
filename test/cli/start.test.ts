/** The program as a process. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
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

describe('a process that has ended', () => {
  test.each(['pipe', 'socket'])('has told all of its errors, also to a slow reader of a %s', async (kind) => {
    const names = Array.from({ length: 4000 }, (_, index) => `/nowhere/a/name/${'x'.repeat(40)}/${index}`);
    const words = [bin, 'treehash', ...names];
    const piped = ['-c', '"$@" 2>&1 >/dev/null | { sleep 1; cat; }', '--', ...words];
    const [command = '', ...rest] = kind === 'pipe' ? ['bash', ...piped] : words;
    const child = spawn(command, rest, {
      stdio: ['ignore', kind === 'pipe' ? 'pipe' : 'ignore', kind === 'pipe' ? 'inherit' : 'pipe'],
      env: { ...process.env, HOME: tempFolder() },
    });
    const reader = (kind === 'pipe' ? child.stdout : child.stderr) as Readable;
    if (kind === 'socket') await delay(1000);
    const told = (await text(reader)).split('\n').filter((line) => line.includes('/nowhere/a/name'));
    expect(told).toHaveLength(names.length);
  });
});

describe('a Node that is too old', () => {
  const runOn = async (version: string, words: string[]) => {
    const folder = tempFolder();
    const hook = join(folder, 'hook.cjs');
    const versions = `{ ...process.versions, node: '${version}' }`;
    writeFileSync(hook, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
    const env = { HOME: folder, NODE_OPTIONS: `--require ${hook}` };
    return execa(bin, words, { env, reject: false });
  };

  test.each(['12.22.12', '16.20.2', '18.20.8', '20.18.3'])(
    '%s is named, with the one that is needed',
    async (version) => {
      const { exitCode, stdout, stderr } = await runOn(version, ['upload', 'x']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toContain(`glacier-up: Node ${version} is too old (${process.execPath})`);
      expect(stderr).toContain('hint: install Node 20.19, 22.3 or newer');
    },
  );

  test('is an object of its own with --json', async () => {
    const { stderr } = await runOn('16.20.2', ['upload', 'x', '--json']);
    expect(JSON.parse(stderr)).toMatchObject({ type: 'error', schema: 1, code: 'failed', exitCode: 1 });
  });

  test.each(['20.19.0', '22.3.0', '24.1.0'])('is not %s', async (version) => {
    expect(await runOn(version, ['--version'])).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
