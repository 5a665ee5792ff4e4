/**
 * Which test reaches which mutant: each test file is run once without a mutant, and what it reaches is kept in
 * `build/mutants/`. Mutants are named there by their keys, so it stays of use while `src` changes; a test file that
 * changes is run again.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MutatedCopy } from './copy.js';
import { mutantKey } from './mutant.js';
import { runVitest } from './run-vitest.js';

/** What one test file reaches. */
export interface Reach {
  testFile: string;
  /** SHA-256 of the test file, in hex. */
  hash: string;
  /** Those that pass without a mutant: name → how long. */
  tests: Record<string, number>;
  /** Keys of mutants, to which the numbers in `reached` point. */
  keys: string[];
  /** By name of a test; under the empty name what is reached as the file is loaded. */
  reached: Record<string, number[]>;
}

interface JsonReport {
  testResults: {
    startTime: number;
    endTime: number;
    assertionResults: { fullName: string; status: string; duration?: number }[];
  }[];
}

/** A test file that hangs even without a mutant is of no use for them. */
const limitMs = 600_000;

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

function fileOf(checkout: string, testFile: string): string {
  return join(checkout, 'build/mutants', `${testFile.replaceAll('/', '~')}.json`);
}

/** @returns what was kept of the test file, also of an earlier version of it, or `undefined` */
export function readReach(checkout: string, testFile: string): Reach | undefined {
  const file = fileOf(checkout, testFile);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** Whether what was kept is of the test file as it is now. */
export function isFresh(checkout: string, testFile: string): boolean {
  return readReach(checkout, testFile)?.hash === hashOf(join(checkout, testFile));
}

/** Lines are IDs of mutants, and in quotes the names of the tests that begin; an empty name when a test has ended. */
function parseReached(text: string, keyOf: ReadonlyMap<string, string>): Pick<Reach, 'keys' | 'reached'> {
  const numbers = new Map<string, number>();
  const reached = new Map<string, Set<number>>();
  let test = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('"')) {
      test = JSON.parse(line);
      continue;
    }
    const key = keyOf.get(line);
    if (key === undefined) continue;
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    const ofTest = reached.get(test) ?? new Set();
    reached.set(test, ofTest.add(number));
  }
  return {
    keys: [...numbers.keys()],
    reached: Object.fromEntries([...reached].map(([name, ofTest]) => [name, [...ofTest]])),
  };
}

/** Name of each test that passed → how many milliseconds it took. */
function passedTests(reportFile: string): Record<string, number> {
  const { testResults }: JsonReport = JSON.parse(readFileSync(reportFile, 'utf8'));
  const passed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed')
    .map(({ fullName, duration = 0 }) => [fullName.trim(), Math.ceil(duration)] as const);
  return Object.fromEntries(passed);
}

/** Runs a test file in the copy and keeps what it reaches. @throws Error when it cannot be run at all */
export async function recordReach(checkout: string, copy: MutatedCopy, testFile: string): Promise<Reach> {
  const reachedFile = join(copy.folder, 'reached');
  const reportFile = join(copy.folder, 'report.json');
  copy.activate(undefined);
  writeFileSync(reachedFile, '');
  rmSync(reportFile, { force: true });
  const words = [testFile, '--reporter=json', `--outputFile=${reportFile}`, '--testTimeout=60000'];
  const { exitCode, output } = await runVitest(copy.folder, words, limitMs);
  if (exitCode !== undefined && !existsSync(reportFile))
    throw new Error(`${testFile} does not run\n${output}`);
  const tests = exitCode === undefined ? {} : passedTests(reportFile);
  const keyOf = new Map(copy.mutants.map((mutant) => [mutant.id, mutantKey(mutant)]));
  const reach: Reach = {
    testFile,
    hash: hashOf(join(checkout, testFile)),
    tests,
    ...parseReached(readFileSync(reachedFile, 'utf8'), keyOf),
  };
  rmSync(reachedFile);
  mkdirSync(join(checkout, 'build/mutants'), { recursive: true });
  writeFileSync(fileOf(checkout, testFile), JSON.stringify(reach));
  return reach;
}
