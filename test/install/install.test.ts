/**
 * The packed tarball as a user installs it: an empty folder, an empty home, no scripts of packages. It asks the
 * registry for packages and for newer Nodes, so it runs where GLACIER_UP_TEST_INSTALL is set: in continuous
 * integration, and by "npm run test:install".
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawTreeHashOf } from '../../src/treehash/tree-hash.js';
import { MiB, seededBytes, seededFile } from '../helpers/bytes.js';
import { runContainerfile } from '../helpers/container-image.js';
import { isInstalled } from '../helpers/installed.js';
import { canRun } from '../helpers/needs.js';
import { fetchNodes, installPackages } from '../helpers/registry.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const timeout = 600_000;

const supported = ['20', '22', '24', '26'];
/** The oldest major version that the registry's package "node" brings, and the last of those that are too old. */
const tooOld = ['4', '18', '20.18'];
const isThisOne = (major: string): boolean => process.version.startsWith(`v${major}.`);

describe.skipIf(!process.env.GLACIER_UP_TEST_INSTALL)('the packed tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'glacier-up-install-'));
  const home = join(folder, 'home');
  const app = join(folder, 'app');
  const env = {
    HOME: home,
    PATH: process.env.PATH ?? '',
    LC_ALL: 'C.UTF-8',
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
  };
  const run = (program: string, words: string[], cwd = app) =>
    execa(program, words, { cwd, env, extendEnv: false, stdin: 'ignore' });
  let tarball = '';

  const nodes = join(folder, 'nodes');
  let fetched: Promise<Map<string, string>> | undefined;
  /** The program of a version, fetched together with all others that are not this process's. */
  const nodeOf = async (version: string): Promise<string> => {
    if (isThisOne(version)) return process.execPath;
    const others = [...supported.filter((major) => !isThisOne(major)), ...tooOld];
    fetched ??= fetchNodes(nodes, env, others);
    return (await fetched).get(version) ?? '';
  };

  beforeAll(async () => {
    for (const path of [home, app, nodes]) mkdirSync(path);
    // Packed from a copy: packing builds, and other tests run what is built here.
    const copy = join(folder, 'copy');
    const left = ['node_modules', '.git', 'dist', 'build', 'test-results.json'].map((name) =>
      join(root, name),
    );
    cpSync(root, copy, { recursive: true, filter: (path) => !left.includes(path) });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    await run('npm', ['pack', '--pack-destination', folder], copy);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    tarball = join(folder, `glacier-up-${version}.tgz`);
    await run('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', tarball]);
  }, timeout);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds what users need and nothing else', async () => {
    const { stdout } = await run('tar', ['tzf', tarball]);
    const tops = new Set(stdout.split('\n').map((path) => path.split('/')[1]));
    expect([...tops].sort()).toEqual([
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'Containerfile',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'bench',
      'bin',
      'dist',
      'docs',
      'man',
      'package.json',
      'scripts',
    ]);
    expect(stdout).not.toMatch(/\.(ts|map|cache)$/m);
    expect(stdout.match(/scripts\/.+/g)?.sort()).toEqual([
      'scripts/make-code-cache.mjs',
      'scripts/record-code.cjs',
    ]);
  });

  test('holds every file that its pages lead to', () => {
    const top = join(app, 'node_modules/glacier-up');
    const pages = readdirSync(top, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    expect(pages).toContain('docs/many-machines/README.md');
    for (const page of pages) {
      const links = [...readFileSync(join(top, page), 'utf8').matchAll(/\]\((?!\w+:)([^)#]+)(?:#[^)]*)?\)/g)];
      const broken = links.filter(([, path = '']) => !existsSync(join(top, dirname(page), path)));
      expect(broken.map(([, path]) => `${page}: ${path}`)).toEqual([]);
    }
    for (const name of [
      'json.schema.json',
      'scheduled/crontab',
      'scheduled/glacier-up.timer',
      'embedded-vault.md',
    ])
      expect(existsSync(join(top, 'docs', name))).toBe(true);
  });

  test('brings no other package, and as many megabytes as the README says', async () => {
    const lock = JSON.parse(readFileSync(join(app, 'node_modules/.package-lock.json'), 'utf8'));
    expect(Object.keys(lock.packages)).toEqual(['node_modules/glacier-up']);
    const { stdout } = await run('du', ['-sm', '--apparent-size', 'node_modules']);
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(Number(/one package of (\d+) MB/.exec(readme)?.[1])).toBe(Number.parseInt(stdout, 10));
  });

  test('brings the licence of everything that is bundled in it', () => {
    const licenses = readFileSync(join(app, 'node_modules/glacier-up/dist/THIRD-PARTY-LICENSES'), 'utf8');
    const titles = licenses.match(/^\S+ \d+\.\d+\.\d+ \(.+\)$/gm) ?? [];
    const names = titles.map((title) => title.split(' ')[0]);
    const sbom = JSON.parse(readFileSync(join(app, 'node_modules/glacier-up/dist/sbom.cdx.json'), 'utf8'));
    expect(sbom.components.map(({ name }: { name: string }) => name).sort()).toEqual(
      [...new Set(names)].sort(),
    );
    expect(names).toEqual(
      expect.arrayContaining(['@aws-sdk/client-glacier', 'cli-progress', 'commander', 'conf']),
    );
    expect(licenses.match(/Permission (is hereby granted|to use)/g)?.length).toBeGreaterThan(5);
  });

  test(
    'brings a bill of materials as CycloneDX has them, without a time or a number made up when it was packed',
    async () => {
      const validator = join(folder, 'validator');
      mkdirSync(validator);
      const packages = [
        '@cyclonedx/cyclonedx-library@10',
        'ajv@8',
        'ajv-formats@3',
        'ajv-formats-draft2019@1',
      ];
      await installPackages(validator, ...packages);
      const sbom = join(app, 'node_modules/glacier-up/dist/sbom.cdx.json');
      const script = `
        const { Validation: { JsonStrictValidator }, Spec: { Version } } = require('@cyclonedx/cyclonedx-library');
        const text = require('node:fs').readFileSync(process.argv[1], 'utf8');
        new JsonStrictValidator(Version[\`v\${JSON.parse(text).specVersion.replace('.', 'dot')}\`])
          .validate(text)
          .then((error) => console.log(JSON.stringify(error)));`;
      const { stdout } = await run(process.execPath, ['-e', script, sbom], validator);
      expect(stdout).toBe('null');
      const { serialNumber, metadata } = JSON.parse(readFileSync(sbom, 'utf8'));
      expect([serialNumber, metadata.timestamp]).toEqual([undefined, undefined]);
      expect(metadata.component).toMatchObject({ name: 'glacier-up' });
    },
    timeout,
  );

  test('bundles nothing that an advisory is known of', async (context) => {
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [join(root, 'scripts/audit-bundled.mjs')],
      {
        cwd: root,
        reject: false,
      },
    );
    context.skip(exitCode === 3, stderr);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/, 0 advisories$/) });
  });

  test('is a package that publint finds nothing to say of', async () => {
    const { messages } = await publint({
      pkgDir: join(app, 'node_modules/glacier-up'),
      pack: false,
      strict: true,
    });
    expect(messages).toEqual([]);
  });

  test('runs no script at install', () => {
    const lock = JSON.parse(readFileSync(join(app, 'node_modules/.package-lock.json'), 'utf8'));
    expect(lock.packages['node_modules/glacier-up']).not.toHaveProperty('hasInstallScript');
  });

  describe('is installed for all by npm', () => {
    const prefix = join(folder, 'for-all');
    let said = '';
    beforeAll(async () => {
      const words = ['install', '-g', '--no-audit', '--no-fund', tarball, '--prefix', prefix];
      const { stdout, stderr } = await run('npm', words);
      said = stdout + stderr;
    }, timeout);

    test('without a word of warning', () => {
      expect(said).toContain('added 1 package');
      expect(said).not.toMatch(/warn/i);
    });

    test('and is a command then', async () => {
      const { stdout } = await run(join(prefix, 'bin/glacier-up'), ['--help']);
      expect(stdout).toContain('Usage: glacier-up');
    });

    test.skipIf(!isInstalled('man'))('and "man glacier-up-upload" works', async () => {
      const { stdout } = await run('man', ['-M', join(prefix, 'share/man'), 'glacier-up-upload']);
      expect(stdout).toContain('glacier-up-upload - upload files');
    });
  });

  test.skipIf(!canRun('the Containerfile', { programs: ['unshare', 'mount', 'chroot'], root: true }))(
    'makes an image by the steps of the Containerfile, which archives as a user without rights',
    async () => {
      const work = join(folder, 'image');
      mkdirSync(work);
      const { exitCode, stdout, stderr } = await runContainerfile(
        readFileSync(join(root, 'Containerfile'), 'utf8'),
        {
          context: folder,
          folder: work,
          commands: [
            '--version',
            'upload /etc/passwd --vault v --local /tmp/vault --state-dir /tmp/state --quiet',
          ],
        },
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      expect(stdout).toMatch(
        new RegExp(`added 1 package[^]*^${version.replaceAll('.', '\\.')}\n[\\w-]{138}$`, 'm'),
      );
    },
    timeout,
  );

  describe.each(supported)('on Node %s', (major) => {
    let node = '';
    const top = join(app, 'node_modules/glacier-up');
    const program = join(top, 'bin/glacier-up.js');
    const place = join(folder, `node-${major}`);
    const state = ['--state-dir', join(place, 'state')];
    const where = ['--vault', 'demo', '--local', join(place, 'vault'), ...state];
    const glacierUp = (words: string[]) => run(node, [program, ...words], place);

    beforeAll(async () => {
      mkdirSync(place);
      node = await nodeOf(major);
      expect((await run(node, ['--version'])).stdout).toMatch(new RegExp(`^v${major}\\.`));
    }, timeout);

    test('gets a code cache by the command that the README gives', async () => {
      const { stdout, stderr } = await run(node, [join(top, 'scripts/make-code-cache.mjs')], place);
      expect(stdout + stderr).toBe('');
      const script = `
        const { loadProgram } = require('${top}/dist/cli/code-cache.js');
        const tell = (path, { cachedDataRejected }) => console.error(path, cachedDataRejected);
        loadProgram('${top}/dist/cli/start.js', require, tell).start();`;
      writeFileSync(join(place, 'script.cjs'), script);
      const treehash = await run(node, [join(place, 'script.cjs'), 'treehash', program], place);
      const lines = treehash.stderr.split('\n');
      expect(lines.length).toBeGreaterThan(10);
      expect(lines.filter((line) => !line.endsWith('.js false'))).toEqual([]);
    });

    test('archives a file once, with a receipt, and says nothing that it should not', async () => {
      const file = join(place, 'backup.tar');
      seededFile(file, 3.5 * MiB);
      const first = await glacierUp(['upload', file, ...where, '--quiet', '--part-size', '1M']);
      expect(first.stdout).toMatch(/^[\w-]{138}$/);
      expect(first.stderr).toBe('');
      const again = await glacierUp(['upload', file, ...where, '--quiet']);
      expect(again.stdout).toBe(first.stdout);
      const receipts = await glacierUp(['receipts', '--json', ...state]);
      expect(JSON.parse(receipts.stdout)).toMatchObject({ archiveId: first.stdout, vault: 'demo' });
      const hash = await glacierUp(['treehash', file]);
      expect(hash.stdout).toBe(`${rawTreeHashOf(seededBytes(3.5 * MiB)).toString('hex')}  ${file}`);
      expect(hash.stderr).toBe('');
    });

    test('carries on what was killed, and list-parts shows what is there', async () => {
      const file = join(place, 'large.tar');
      seededFile(file, 6 * MiB);
      const upload = [program, 'upload', file, ...where, '--verbose', '--part-size', '1M'];
      const killed = execa(node, [...upload, '--concurrency', '1', '--limit-rate', '1M'], {
        cwd: place,
        env,
        extendEnv: false,
        reject: false,
      });
      for await (const line of killed.iterable({ from: 'stderr' })) {
        if (/part \S+ stored/.test(line)) killed.kill('SIGKILL');
      }
      expect((await killed).signal).toBe('SIGKILL');
      const parts = await glacierUp(['list-parts', file, '--json', ...state]);
      const counts = JSON.parse(parts.stdout.split('\n').at(-1) ?? '');
      expect(counts).toMatchObject({ type: 'parts' });
      expect(counts.matching).toBeGreaterThanOrEqual(1);
      const done = await glacierUp(['upload', file, ...where, '--json', '--part-size', '1M']);
      const archive = JSON.parse(done.stdout.split('\n').at(-1) ?? '');
      expect(archive.parts.kept).toBe(counts.matching);
      expect(archive.treeHash).toBe(rawTreeHashOf(seededBytes(6 * MiB)).toString('hex'));
    });

    test('has its man page beside it', () => {
      expect(existsSync(join(app, 'node_modules/glacier-up/man/glacier-up-upload.1'))).toBe(true);
    });
  });

  test.each(tooOld)(
    'says on Node %s which Node it needs',
    async (version) => {
      const node = await nodeOf(version);
      expect((await run(node, ['--version'])).stdout).toMatch(
        new RegExp(`^v${version.replace('.', '[.]')}[.]`),
      );
      const program = join(app, 'node_modules/glacier-up/bin/glacier-up.js');
      for (const word of ['--version', '--help', 'sessions']) {
        const { exitCode, stdout, stderr } = await execa(node, [program, word], {
          env,
          extendEnv: false,
          reject: false,
        });
        expect(exitCode).toBe(1);
        expect(stdout).toBe('');
        expect(stderr).toMatch(/^glacier-up: Node [\d.]+ is too old \(.*\)\nhint: install Node 20\.19.*$/);
      }
    },
    timeout,
  );
});
