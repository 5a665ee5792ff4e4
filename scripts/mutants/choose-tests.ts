/** Which tests are run against a mutant: those that reach it, the cheapest first, as far as a budget of time goes. */
import type { Reach } from './coverage.js';
import { type Mutant, mutantKey } from './mutant.js';

/** Tests of one file, and what they take with the start of the file. */
export interface ChosenTests {
  testFile: string;
  names: string[];
  costMs: number;
}

/** What a test file takes beside its tests, about. */
const fileStartMs = 2_000;

/** What is reached as a file is loaded may be seen by each of its tests. */
function reachingTests(reach: Reach, keys: ReadonlySet<string>): string[] {
  const numbers = new Set<number>();
  reach.keys.forEach((key, number) => {
    if (keys.has(key)) numbers.add(number);
  });
  if (numbers.size === 0) return [];
  const reaches = (name: string) => (reach.reached[name] ?? []).some((number) => numbers.has(number));
  const passing = Object.keys(reach.tests);
  const byThemselves = passing.filter(reaches);
  return byThemselves.length === 0 && reaches('') ? passing : byThemselves;
}

/** By file of the program, the keys that some test file knows. */
export type KnownKeys = ReadonlyMap<string, ReadonlySet<string>>;

/** A key begins with the path of its file. */
export function knownKeys(reaches: readonly Reach[]): KnownKeys {
  const known = new Map<string, Set<string>>();
  for (const key of reaches.flatMap(({ keys }) => keys)) {
    const file = key.slice(0, key.indexOf(' '));
    known.set(file, (known.get(file) ?? new Set()).add(key));
  }
  return known;
}

/**
 * @param budgetMs what the chosen tests may take together; at least one test is chosen where one reaches the mutant
 * @param tried what has been run against it already
 * @returns the files, cheapest first; none when no test reaches the mutant
 */
export function chooseTests(
  reaches: readonly Reach[],
  known: KnownKeys,
  mutant: Mutant,
  budgetMs: number,
  tried: readonly ChosenTests[] = [],
): ChosenTests[] {
  const key = mutantKey(mutant);
  const ofFile = known.get(mutant.file) ?? new Set();
  // What has been written since the test files were run may be reached by whatever reaches its file.
  const keys = ofFile.has(key) || ofFile.size === 0 ? new Set([key]) : ofFile;
  const triedNames = new Map(tried.map(({ testFile, names }) => [testFile, new Set(names)]));
  const candidates = reaches
    .map((reach) => {
      const names = reachingTests(reach, keys).filter((name) => !triedNames.get(reach.testFile)?.has(name));
      const msOf = (name: string) => reach.tests[name] ?? 0;
      names.sort((a, b) => msOf(a) - msOf(b));
      return { reach, names, msOf };
    })
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => a.msOf(a.names[0] ?? '') - b.msOf(b.names[0] ?? ''));
  const chosen: ChosenTests[] = [];
  let leftMs = budgetMs;
  for (const { reach, names, msOf } of candidates) {
    const ofThisFile: ChosenTests = { testFile: reach.testFile, names: [], costMs: fileStartMs };
    for (const name of names) {
      if (ofThisFile.costMs + msOf(name) > leftMs && chosen.length + ofThisFile.names.length > 0) break;
      ofThisFile.names.push(name);
      ofThisFile.costMs += msOf(name);
    }
    if (ofThisFile.names.length === 0) continue;
    chosen.push(ofThisFile);
    leftMs -= ofThisFile.costMs;
  }
  return chosen;
}
