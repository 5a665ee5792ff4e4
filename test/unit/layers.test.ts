/** The rules between layers (`biome.json`): every import that they forbid is written once, and the linter must find it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../helpers/temp-folder.js';

const project = join(import.meta.dirname, '../..');
const biome = join(project, 'node_modules/.bin/biome');

const layers = readdirSync(join(project, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** What each layer may import of the others. `errors` stands for the files that lie in `src` itself. */
const mayImport: Record<string, readonly string[]> = {
  os: [],
  archive: ['os', 'errors'],
  treehash: ['os', 'errors'],
  glacier: ['os', 'errors'],
  names: ['errors'],
  session: ['os', 'errors', 'archive', 'treehash', 'glacier', 'names'],
  transfer: ['os', 'errors', 'archive', 'treehash', 'glacier', 'names', 'session'],
  retrieval: ['os', 'errors', 'archive', 'treehash', 'glacier', 'names', 'session', 'transfer'],
  'whole-vault': [
    'os',
    'errors',
    'archive',
    'treehash',
    'glacier',
    'names',
    'session',
    'transfer',
    'retrieval',
  ],
  cli: [
    'os',
    'errors',
    'archive',
    'treehash',
    'glacier',
    'names',
    'session',
    'transfer',
    'retrieval',
    'whole-vault',
  ],
  server: ['os'],
};

const packages = [
  'commander',
  'conf',
  'cli-progress',
  '@aws-sdk/client-glacier',
  '@smithy/core/config',
  '@smithy/signature-v4',
];

/** The only files that may import a package, or a layer that theirs may not. */
const exceptions: Record<string, readonly string[]> = {
  'glacier/sdk/sdk-client.ts': ['@aws-sdk/client-glacier', '@smithy/core/config'],
  'session/session-store.ts': ['conf'],
  'session/import-conf.ts': ['conf'],
  'server/requests/signature.ts': ['@smithy/signature-v4'],
  'cli/output/bar.ts': ['cli-progress'],
  'cli/open/connect-vault.ts': ['server'],
  'cli/commands/serve/serve.ts': ['server'],
};
const layerPackages: Record<string, readonly string[]> = {
  cli: ['commander'],
};

/** Every way to the time of the machine, and what only looks like one. */
const timers = [
  'setTimeout(act, 1);',
  'setInterval(act, 1);',
  'globalThis.setTimeout(act, 1);',
  'const nowMs = Date.now();',
  'const now = Date.now;',
  'const date = new Date();',
  'const monotonicMs = performance.now();',
  'const ns = process.hrtime.bigint();',
  "import { setTimeout as sleep } from 'node:timers/promises';",
  "import timers from 'node:timers';",
  "import { performance as watch } from 'node:perf_hooks';",
  "await import('node:timers/promises');",
];
const noTimers = [
  'const date = new Date(nowMs);',
  'setImmediate(act);',
  'clock.after(1, act);',
  'Date.parse(text);',
];
/** Files that read it by themselves: the clock, what measures this machine and sets nothing by it, and the vault. */
const ownTime = ['clock.ts', 'treehash/hash-file.ts', 'cli/output/foreground.ts'];

interface Proof {
  file: string;
  allowed: readonly string[];
}

const proofs: Proof[] = [
  ...layers.flatMap((layer) => {
    const allowed = [...(mayImport[layer] ?? []), ...(layerPackages[layer] ?? [])];
    // Rooms of the vault have no use for the package that reads signatures.
    const inRoom = layer === 'server' ? ['os'] : allowed;
    return [
      { file: `${layer}/proof.ts`, allowed },
      ...(layer === 'os' ? [] : [{ file: `${layer}/room/proof.ts`, allowed: inRoom }]),
      ...(layer === 'server' ? [{ file: `${layer}/room/room/proof.ts`, allowed: inRoom }] : []),
    ];
  }),
  ...Object.entries(exceptions).map(([file, more]) => {
    const layer = file.split('/')[0] as string;
    const own = file.endsWith('bar.ts') || more.includes('server') ? [] : (layerPackages[layer] ?? []);
    return { file, allowed: [...(mayImport[layer] ?? []), ...own, ...more] };
  }),
];

/** Everything that could be imported, as this file would write it. */
function importsOf(file: string): { name: string; source: string }[] {
  const up = '../'.repeat(file.split('/').length - 1);
  const layer = file.split('/')[0];
  return [
    ...layers.filter((other) => other !== layer).map((name) => ({ name, source: `${up}${name}/x.js` })),
    ...layers.filter((other) => other !== layer).map((name) => ({ name, source: `${up}${name}/room/x.js` })),
    ...['errors', 'clock', 'prices'].map((name) => ({ name: 'errors', source: `${up}${name}.js` })),
    ...packages.map((name) => ({ name, source: name })),
  ];
}

/** What the linter refuses, by file: the lines of its diagnostics. */
function refused(files: ReadonlyMap<string, readonly string[]>): Map<string, Set<number>> {
  const folder = tempFolder();
  const config = JSON.parse(readFileSync(join(project, 'biome.json'), 'utf8'));
  const { overrides, linter } = config;
  const rules = { suspicious: { noImportCycles: linter.rules.suspicious.noImportCycles } };
  const only = { linter: { rules: { preset: 'none', ...rules } }, formatter: { enabled: false }, overrides };
  writeFileSync(join(folder, 'biome.json'), JSON.stringify(only));
  cpSync(join(project, 'scripts/lint'), join(folder, 'scripts/lint'), { recursive: true });
  for (const [file, lines] of files) {
    mkdirSync(dirname(join(folder, 'src', file)), { recursive: true });
    writeFileSync(join(folder, 'src', file), `${lines.join('\n')}\n`);
  }
  const words = ['lint', '--max-diagnostics=none', '--reporter=github', 'src'];
  const found = new Map<string, Set<number>>();
  for (const line of report(words, folder).split('\n')) {
    const [, file = '', at = ''] = /file=src\/([^,]+),line=(\d+)/.exec(line) ?? [];
    if (file) found.set(file, (found.get(file) ?? new Set()).add(Number(at) - 1));
  }
  return found;
}

function report(words: string[], cwd: string): string {
  try {
    return execFileSync(biome, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

describe('the layers', () => {
  test('each have a rule', () => {
    expect(layers).toEqual(Object.keys(mayImport).sort());
  });

  test('import each what they may, and nothing else', () => {
    const written = new Map(
      proofs.map(({ file }) => [
        file,
        importsOf(file).map(({ source }) => `import type {} from '${source}';`),
      ]),
    );
    const found = refused(written);
    for (const { file, allowed } of proofs) {
      const expected = importsOf(file).map(({ name, source }) => [source, !allowed.includes(name)]);
      const seen = importsOf(file).map(({ source }, at) => [source, found.get(file)?.has(at) ?? false]);
      expect(seen, file).toEqual(expected);
    }
  });

  test('are loaded late by the same rules', () => {
    expect(
      refused(new Map([['cli/proof.ts', ["await import('../server/index.js');"]]])).get('cli/proof.ts'),
    ).toEqual(new Set([0]));
  });

  test('know no circle, not even of types', () => {
    const found = refused(
      new Map([
        ['cli/a.ts', ["import type { B } from './b.js';", 'export type A = B;']],
        ['cli/b.ts', ["import type { A } from './a.js';", 'export type B = A;']],
      ]),
    );
    expect([...found.keys()].sort()).toEqual(['cli/a.ts', 'cli/b.ts']);
  });

  test('take the time from the clock that is handed to them', () => {
    const files = ['proof.ts', ...layers.flatMap((layer) => [`${layer}/proof.ts`, `${layer}/room/proof.ts`])];
    const found = refused(new Map([...files, ...ownTime].map((file) => [file, [...timers, ...noTimers]])));
    const all = new Set(timers.keys());
    for (const file of files) {
      const lines = found.get(file) ?? new Set();
      expect([file, lines]).toEqual([file, file.startsWith('server/') ? new Set() : all]);
    }
    for (const file of ownTime) expect(found.get(file), file).toBeUndefined();
  });
});
