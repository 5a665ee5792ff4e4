/** `npm run test:mutants`: which mutants are taken, and which tests meet them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseTests, knownKeys } from '../../../scripts/mutants/choose-tests.js';
import type { Reach } from '../../../scripts/mutants/coverage.js';
import { instrument } from '../../../scripts/mutants/instrument.js';
import { type Mutant, mutantKey } from '../../../scripts/mutants/mutant.js';
import { readReasons } from '../../../scripts/mutants/reasons.js';
import { roomOf } from '../../../scripts/mutants/rooms.js';
import { sampleOf } from '../../../scripts/mutants/sample.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const code = `export function larger(a: number, b: number): boolean {
  return a > b;
}
`;
const mutantsOf = async (text: string) => (await instrument([{ path: 'src/larger.ts', text }])).mutants;
const keysOf = (mutants: readonly Mutant[]) => mutants.map(mutantKey).sort();

describe('a mutant', () => {
  test('says where it is, and what takes the place of what', async () => {
    const found = (await mutantsOf(code)).find(({ to }) => to === 'a >= b');
    expect(found).toMatchObject({
      file: 'src/larger.ts',
      line: 2,
      operator: 'EqualityOperator',
      lineText: 'return a > b;',
      from: 'a > b',
      occurrence: 1,
    });
  });

  test('keeps its key when its line moves, and loses it when the line changes', async () => {
    const keys = keysOf(await mutantsOf(code));
    expect(keysOf(await mutantsOf(`// A comment.\n\n${code}`))).toEqual(keys);
    const changed = keysOf(await mutantsOf(code.replace('b;', 'b + 1;')));
    expect(changed).not.toEqual(keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('of two lines that read the same has a key of its own', async () => {
    const keys = keysOf(await mutantsOf(code + code.replace('larger', 'larger2')));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('may survive for a reason, which is found again; a reason that fits nothing is named', async () => {
    const mutants = await mutantsOf(code);
    const folder = tempFolder();
    mkdirSync(join(folder, 'test/mutants'), { recursive: true });
    const entry = { file: 'src/larger.ts', lineText: 'return a > b;', from: 'a > b', to: 'a >= b' };
    const entries = [
      { ...entry, reason: 'they are never equal' },
      { ...entry, to: 'a', reason: 'of an earlier line' },
    ];
    writeFileSync(join(folder, 'test/mutants/reasons.json'), JSON.stringify(entries));
    const reasons = readReasons(folder, mutants);
    const withReason = mutants.filter((mutant) => reasons.of(mutant) !== undefined);
    expect(withReason.map(({ to }) => to)).toEqual(['a >= b']);
    expect(reasons.stale).toEqual([entries[1]]);
  });
});

test('a sample is the same for the same seed, and hardly changes with the rest', async () => {
  const functions = Array.from({ length: 20 }, (_, index) => code.replaceAll('a', `a${index}`));
  const mutants = await mutantsOf(functions.join(''));
  const sample = sampleOf(mutants, 10, 1);
  expect(sample).toHaveLength(10);
  expect(sampleOf([...mutants].reverse(), 10, 1)).toEqual(sample);
  expect(sampleOf(mutants, 10, 2)).not.toEqual(sample);
  const others = mutants.filter((mutant) => mutant !== sample[0]);
  expect(sampleOf(others, 9, 1)).toEqual(sample.slice(1));
});

test('a file is in the first room that its path begins with; what only prints is in none', () => {
  expect(roomOf('src/session/receipts/lines.ts')).toBe('receipts');
  expect(roomOf('src/session/session.ts')).toBe('session');
  expect(roomOf('src/errors.ts')).toBe('top');
  expect(roomOf('src/cli/help/layout.ts')).toBe(undefined);
  expect(roomOf('bin/glacier-up.js')).toBe(undefined);
});

describe('the tests that meet a mutant', () => {
  const mutant: Mutant = {
    id: '1',
    file: 'src/larger.ts',
    line: 2,
    operator: '',
    lineText: '',
    from: 'a > b',
    to: 'a >= b',
    occurrence: 1,
  };
  const other = { ...mutant, to: 'a < b' };
  const reachOf = (testFile: string, tests: Reach['tests'], reached: Reach['reached']): Reach => ({
    testFile,
    hash: '',
    tests,
    keys: [mutantKey(mutant), mutantKey(other)],
    reached,
  });
  const chosenOf = (reaches: Reach[], budgetMs = 60_000, tried = [] as ReturnType<typeof chooseTests>) =>
    chooseTests(reaches, knownKeys(reaches), mutant, budgetMs, tried).map(({ testFile, names }) => [
      testFile,
      ...names,
    ]);

  test('are those that reach it, the cheapest first', () => {
    const slow = reachOf('slow.test.ts', { a: 900, b: 800, c: 1 }, { a: [0], b: [0, 1], c: [1] });
    const fast = reachOf('fast.test.ts', { d: 5 }, { d: [0] });
    expect(chosenOf([slow, fast])).toEqual([
      ['fast.test.ts', 'd'],
      ['slow.test.ts', 'b', 'a'],
    ]);
  });

  test('are as many as the time allows, and one at least; others when these were tried', () => {
    const reaches = [reachOf('x.test.ts', { a: 5000, b: 6000 }, { a: [0], b: [0] })];
    expect(chosenOf(reaches, 8000)).toEqual([['x.test.ts', 'a']]);
    expect(chosenOf(reaches, 10)).toEqual([['x.test.ts', 'a']]);
    const tried = [{ testFile: 'x.test.ts', names: ['a'], costMs: 0 }];
    expect(chosenOf(reaches, 60_000, tried)).toEqual([['x.test.ts', 'b']]);
  });

  test('are all of a file that reaches it as it is loaded, and none that fail without it', () => {
    const loading = reachOf('x.test.ts', { a: 1 }, { '': [0], fails: [0] });
    expect(chosenOf([loading])).toEqual([['x.test.ts', 'a']]);
  });

  test('are those that reach its file when it is new', () => {
    const reaches = [reachOf('x.test.ts', { a: 1 }, { a: [1] })];
    const known = knownKeys(reaches);
    const fresh = { ...mutant, to: 'true' };
    expect(chooseTests(reaches, known, fresh, 60_000).map(({ names }) => names)).toEqual([['a']]);
    expect(chooseTests(reaches, known, { ...fresh, file: 'src/other.ts' }, 60_000)).toEqual([]);
  });
});
