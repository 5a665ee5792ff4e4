/**
 * `npm run test:mutants`: changes one thing of the program at a time and runs the tests that reach it; a change that no
 * test notices has survived. See test/mutants/README.md.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chooseTests, knownKeys } from './choose-tests.js';
import { type MutatedCopy, makeMutatedCopy } from './copy.js';
import { isFresh, type Reach, readReach, recordReach } from './coverage.js';
import { describeMutant, type Mutant } from './mutant.js';
import { openOutcomes } from './outcomes.js';
import { type Reasons, readReasons } from './reasons.js';
import { roomOf, rooms } from './rooms.js';
import { endAllOf } from './run-vitest.js';
import { sampleOf } from './sample.js';
import { type Outcome, tryMutant } from './try-mutant.js';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const say = (text: string) => process.stdout.write(`${text}\n`);

const { values: options } = parseArgs({
  options: {
    /** Name of a room, or the beginning of a path in src/; several times for several. Default: all rooms. */
    room: { type: 'string', multiple: true },
    /** Only test files whose paths begin so; several times for several. Default: all. */
    tests: { type: 'string', multiple: true, default: ['test/'] },
    sample: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    /** Prints what is killed, too. */
    verbose: { type: 'boolean', default: false },
    /** Takes mutants that an earlier run has seen killed for killed. */
    'survivors-only': { type: 'boolean', default: false },
    /** Only runs the test files that have changed, to learn what they reach. */
    'only-reach': { type: 'boolean', default: false },
    /** Takes what is known of the test files as it is. */
    'keep-reach': { type: 'boolean', default: false },
  },
});

/** They install or start other programs, or take minutes, or test no mutant. */
const leftOut = /install\/|batch-systems|containers|awscli|way-back|no-links|system-calls|layers|screens/;

/** Test files, from the top of the project; the fast ones first. */
function testFiles(): string[] {
  const names = readdirSync(join(checkout, 'test'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.test.ts') && !leftOut.test(name))
    .map((name) => `test/${name}`)
    .filter((path) => options.tests.some((beginning) => path.startsWith(beginning)))
    .sort((a, b) => Number(b.startsWith('test/unit/')) - Number(a.startsWith('test/unit/')));
}

const outcomes = openOutcomes(checkout);

async function learnReach(copy: MutatedCopy): Promise<void> {
  for (const testFile of testFiles()) {
    if (isFresh(checkout, testFile)) continue;
    const { tests, keys } = await recordReach(checkout, copy, testFile);
    say(`${testFile}: ${Object.keys(tests).length} tests reach ${keys.length} mutants`);
  }
}

interface Chosen {
  name: string;
  targetShare: number;
  mutants: Mutant[];
}

/** A word that is no room is the beginning of a path. */
function chosenRooms(all: readonly Mutant[]): Chosen[] {
  const words = options.room ?? rooms.map(({ name }) => name);
  return words.map((word) => {
    const room = rooms.find(({ name }) => name === word);
    const mutants = all.filter(({ file }) =>
      room === undefined ? file.startsWith(word) : roomOf(file) === word,
    );
    if (mutants.length === 0) throw new Error(`no room and no file: ${word}`);
    const targetShare = (room ?? rooms.find(({ name }) => name === roomOf(mutants[0]?.file ?? '')))
      ?.targetShare;
    return {
      name: word,
      targetShare: targetShare ?? 0,
      mutants: sampleOf(mutants, Number(options.sample), Number(options.seed)),
    };
  });
}

/** @returns whether the room reaches its target */
async function tryRoom(
  copy: MutatedCopy,
  reaches: readonly Reach[],
  reasons: Reasons,
  { name, targetShare, mutants }: Chosen,
): Promise<boolean> {
  const known = knownKeys(reaches);
  const counts: Record<Outcome['is'] | 'reasoned', number> = {
    killed: 0,
    timeout: 0,
    survived: 0,
    unreached: 0,
    reasoned: 0,
  };
  for (const mutant of mutants) {
    if (reasons.of(mutant) !== undefined) {
      counts.reasoned += 1;
      continue;
    }
    if (options['survivors-only'] && outcomes.isKilled(mutant)) {
      counts.killed += 1;
      continue;
    }
    const outcome = await tryMutant(copy, reaches, known, mutant);
    outcomes.note(mutant, outcome);
    counts[outcome.is] += 1;
    const seconds = (outcome.tookMs / 1000).toFixed(0);
    if (outcome.is === 'killed' && !options.verbose) continue;
    const tests = outcome.is === 'survived' ? `, ${outcome.testCount} tests` : '';
    say(`${outcome.is} (${seconds} s${tests}) ${describeMutant(mutant)}`);
  }
  const killed = counts.killed + counts.timeout;
  const counted = killed + counts.survived + counts.unreached;
  const share = counted === 0 ? 1 : killed / counted;
  const isReached = share >= targetShare;
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  say(
    `${name}: ${percent(share)} killed (${killed} of ${counted}, ${counts.timeout} by time; ` +
      `${counts.reasoned} with a reason; sample ${options.sample}, seed ${options.seed}), ` +
      `target ${percent(targetShare)}${isReached ? '' : ': missed'}`,
  );
  return isReached;
}

/** Otherwise every mutant would count as killed. */
async function assertPassesWithout(copy: MutatedCopy, reaches: readonly Reach[], mutants: readonly Mutant[]) {
  const known = knownKeys(reaches);
  const mutant = mutants.find((candidate) => chooseTests(reaches, known, candidate, 10_000).length > 0);
  if (mutant === undefined) return;
  const unnamed: MutatedCopy = { ...copy, activate: () => copy.activate(undefined) };
  const outcome = await tryMutant(unnamed, reaches, known, mutant, [10_000]);
  if (outcome.is !== 'survived') throw new Error('the tests fail without a mutant');
}

const copy = await makeMutatedCopy(checkout);
const stop = () => {
  endAllOf(copy.folder);
  copy.remove();
  process.exit(130);
};
process.once('SIGINT', stop).once('SIGTERM', stop);
try {
  const reasons = readReasons(checkout, copy.mutants);
  for (const { file, lineText } of reasons.stale) say(`reason without a mutant: ${file}: ${lineText}`);
  if (!options['keep-reach']) await learnReach(copy);
  if (!options['only-reach']) {
    const reaches = testFiles().flatMap((testFile) => readReach(checkout, testFile) ?? []);
    const chosen = chosenRooms(copy.mutants);
    await assertPassesWithout(
      copy,
      reaches,
      chosen.flatMap(({ mutants }) => mutants),
    );
    for (const room of chosen) {
      if (!(await tryRoom(copy, reaches, reasons, room))) process.exitCode = 1;
    }
  }
} finally {
  copy.remove();
}
