import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Script } from 'node:vm';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { codeCachePath, loadProgram, sealCache } from '../../../src/cli/code-cache.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const requireOfNode = createRequire(import.meta.url);

/** Files of a program in a folder of their own. @returns the path of the first */
function program(files: Record<string, string>): string {
  const folder = join(tempFolder(), 'cli');
  mkdirSync(folder);
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source);
  return join(folder, Object.keys(files)[0] as string);
}

/** What the programs here export. */
interface Exports {
  run(): unknown;
  [name: string]: unknown;
}

/** Loads it, and says of each file's cache: it fitted, V8 refused it, or it was not shown to V8. */
function load(path: string) {
  const scripts: Script[] = [];
  const exported = loadProgram(path, requireOfNode, (_, script) => scripts.push(script)) as Exports;
  const words = { false: 'fitted', true: 'refused', undefined: 'none' };
  return { exported, caches: scripts.map(({ cachedDataRejected: is }) => words[`${is as boolean}`]) };
}

/** Lays a cache beside a file, as the build does, with all functions that its `run` calls. */
function writeCache(path: string): void {
  const scripts: { script: Script; source: Buffer }[] = [];
  const { run } = loadProgram(path, requireOfNode, (_, script, source) =>
    scripts.push({ script, source }),
  ) as Exports;
  run();
  const [{ script, source }] = scripts as [(typeof scripts)[number]];
  writeFileSync(codeCachePath(path), sealCache(script.createCachedData(), source));
}

const answering = (answer: number): string => `exports.run = () => ${answer};`;

describe('the files of the program', () => {
  test('are loaded once each, also where they need each other', () => {
    const path = program({
      'a.js': `exports.b = require('./b.js'); exports.again = require('./b.js'); exports.name = 'a';`,
      'b.js': `const a = require('./a.js'); exports.nameOfA = () => a.name;`,
    });
    const { exported } = load(path);
    expect(exported.again).toBe(exported.b);
    expect((exported.b as { nameOfA(): string }).nameOfA()).toBe('a');
  });

  test('know where they are, and get the modules of Node from Node', () => {
    const path = program({
      'a.js': `module.exports = [__filename, __dirname, require('node:path')];`,
    });
    expect(load(path).exported).toEqual([path, join(path, '..'), requireOfNode('node:path')]);
  });

  test.each(['without', 'with'])(
    'tell of an error by their place in the program, wherever they were built, %s a cache',
    async (how) => {
      const built = program({ 'a.js': `\nexports.run = () => {\n  return new Error().stack;\n};` });
      if (how === 'with') writeCache(built);
      const path = join(tempFolder(), 'cli', 'a.js');
      cpSync(dirname(built), dirname(path), { recursive: true });
      const { exported, caches } = load(path);
      expect(caches).toEqual([how === 'with' ? 'fitted' : 'none']);
      expect(exported.run()).toContain('(glacier-up/cli/a.js:3:10)');
    },
  );

  test('are loaded again when they could not be', () => {
    const path = program({
      'a.js': `exports.run = () => require('./late.js').answer;`,
    });
    const { exported } = load(path);
    expect(() => exported.run()).toThrow('ENOENT');
    writeFileSync(join(dirname(path), 'late.js'), 'exports.answer = 42;');
    expect(exported.run()).toBe(42);
  });
});

describe('a code cache', () => {
  test('is used with the file that it was made of', () => {
    const path = program({ 'a.js': answering(42) });
    expect(load(path).caches).toEqual(['none']);
    writeCache(path);
    const { exported, caches } = load(path);
    expect({ answer: exported.run(), caches }).toEqual({ answer: 42, caches: ['fitted'] });
  });

  test('is not used with another source of the same length', () => {
    const path = program({ 'a.js': answering(42) });
    writeCache(path);
    writeFileSync(path, answering(43));
    const { exported, caches } = load(path);
    expect({ answer: exported.run(), caches }).toEqual({ answer: 43, caches: ['none'] });
  });

  test('is not used when it was cut off anywhere', () => {
    const path = program({ 'a.js': answering(42) });
    writeCache(path);
    const whole = readFileSync(codeCachePath(path)).length;
    for (let length = whole - 1; length >= 0; length -= 1) {
      truncateSync(codeCachePath(path), length);
      expect(load(path).caches).toEqual(['none']);
    }
  });

  test('is not used with a wrong bit anywhere', () => {
    const path = program({ 'a.js': answering(42) });
    writeCache(path);
    const cache = readFileSync(codeCachePath(path));
    for (let at = 0; at < cache.length; at += 1) {
      const damaged = Buffer.from(cache);
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
      writeFileSync(codeCachePath(path), damaged);
      expect(load(path).caches).toEqual(['none']);
    }
  });

  test.each(['arch', 'platform', 'versions', 'config'] as const)(
    'is not used by a Node of another %s',
    async (property) => {
      const path = program({ 'a.js': answering(42) });
      writeCache(path);
      const folder = tempFolder();
      const hook = join(folder, 'hook.cjs');
      writeFileSync(
        hook,
        `const now = process.${property};
         const value = typeof now === 'string' ? 'other' : { ...now, other: 'yes' };
         Object.defineProperty(process, '${property}', { value });`,
      );
      const loader = fileURLToPath(new URL('../../../dist/cli/code-cache.js', import.meta.url));
      const script = `
        const { loadProgram } = require('${loader}');
        const { run } = loadProgram('${path}', require, (_, script) => console.log(script.cachedDataRejected));
        console.log(run());`;
      const answerOf = async (...words: string[]) =>
        (await execa(process.execPath, [...words, '-e', script])).stdout;
      expect(await answerOf()).toBe('false\n42');
      expect(await answerOf('--require', hook)).toBe('undefined\n42');
    },
  );
});

describe('what was built', () => {
  const dist = fileURLToPath(new URL('../../../dist/cli', import.meta.url));

  test('has a code cache that fits for each file that the everyday commands load', async () => {
    const folder = tempFolder();
    const script = join(folder, 'script.cjs');
    writeFileSync(
      script,
      `const { loadProgram } = require('${dist}/code-cache.js');
       const tell = (path, { cachedDataRejected }) => console.error(path, cachedDataRejected);
       loadProgram('${dist}/start.js', require, tell).start();`,
    );
    writeFileSync(join(folder, 'file'), 'x');
    const run = (...words: string[]) =>
      execa(process.execPath, [script, ...words, join(folder, 'file')], {
        env: { HOME: folder },
        extendEnv: false,
      });
    const runs = [
      await run('treehash'),
      await run('upload', '--local', join(folder, 'vault'), '--vault', 'demo'),
    ];
    for (const { stderr } of runs) {
      const lines = stderr.split('\n').filter((line) => line.startsWith(dist));
      expect(lines.length).toBeGreaterThan(10);
      expect(lines.filter((line) => !line.endsWith('false'))).toEqual([]);
    }
  });

  test('needs no `import()`, which a script with a code cache cannot do', () => {
    const sources = readdirSync(dist).filter((name) => name.endsWith('.js'));
    const withImport = sources.filter((name) =>
      /(?<![\w.#])import\(/.test(
        readFileSync(join(dist, name), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, ''),
      ),
    );
    expect(sources.length).toBeGreaterThan(50);
    expect(withImport).toEqual([]);
  });
});
