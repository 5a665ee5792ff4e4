/**
 * Restoring a vault in a process that is killed, or of which a system call fails, or whose replies are lost; then the same
 * command until it exits 0. Nothing may be missing, asked for twice, left behind or reported wrongly.
 * GLACIER_UP_TEST_SWEEP=all tries every call.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readCheckedLine } from '../../src/server/store/append-log.js';
import { rawTreeHashOf } from '../../src/treehash/tree-hash.js';
import { type Machine, makeMachine, runUntilDone } from './helpers/machine.js';
import { assertNoMarkers, documentedExitCodes, storyOf } from './helpers/promise.js';
import { runHere, runHereUntilDone } from './helpers/run-here.js';
import { type ServedVault, serveHere } from './helpers/served-vault.js';
import { canTrace, deathsAllowed, type TraceOptions, trace, turnsThatTouch } from './helpers/strace.js';
import { countCases, inLanes, isWhole, sample } from './helpers/sweep.js';

/** Three that are held in memory, and one that is downloaded by ranges. */
const seeds = ['--seed', 'demo=3:100K', '--seed', 'demo=1:5M'];
const total = 4;

interface Scene {
  machine: Machine;
  vault: ServedVault;
  words: string[];
  out: string;
}

async function scene({
  more = [] as string[],
  faults = [] as string[],
  options = seeds,
} = {}): Promise<Scene> {
  const machine = makeMachine({ sizeBytes: 1000 });
  const vault = await serveHere({
    options: [...options, '--job-delay', '0', '--inventory-every', '0'],
    faults,
  });
  const out = join(machine.folder, 'vault-out');
  const words = ['restore', ...vault.words('demo'), '--to', out, '--wait', '--json', ...more];
  // What is asked for then is the inventory alone.
  expect((await runHere(machine, [...words, '--dry-run'])).exitCode).toBe(0);
  return { machine, vault, words, out };
}

/** The archives of all jobs that there ever were, one for each job. */
function jobsOf({ vault }: Scene): string[] {
  const lines = readFileSync(join(vault.folder, 'vaults/1/jobs.log'), 'latin1').split('\n');
  return lines.flatMap((line) => {
    const job = readCheckedLine<{ retrieval: { archiveId?: string } }>(line);
    return job?.retrieval.archiveId ?? [];
  });
}

function planFileOf({ machine }: Scene, name: string): string {
  const plans = join(machine.home, '.local/state/glacier-up/plans');
  const [folder = 'none'] = readdirSync(plans).filter((one) => !one.includes('.'));
  return join(plans, folder, name);
}

function linesOf(here: Scene, name: string): Record<string, unknown>[] {
  const file = planFileOf(here, name);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map((line) => JSON.parse(line));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Every archive is there, proved, asked for once, and reported; nothing else is. */
function assertRestored(here: Scene, archives = total): void {
  const story = storyOf(here.machine.outcomes);
  const items = linesOf(here, 'items.jsonl');
  expect(items, story).toHaveLength(archives);
  expect(filesIn(here.out), story).toEqual(items.map(({ path }) => path).sort());
  for (const { path, treeHash } of items) {
    const found = rawTreeHashOf(readFileSync(join(here.out, String(path)))).toString('hex');
    expect(found, `${path}\n${story}`).toBe(treeHash);
  }
  expect(jobsOf(here).sort(), `jobs\n${story}`).toEqual(items.map(({ archiveId }) => archiveId).sort());
  const report = linesOf(here, 'report.jsonl');
  expect(report, story).toEqual(items.map((item) => expect.objectContaining({ ...item, outcome: 'done' })));
  assertNoMarkers(here.machine, story);
}

const faults = { KILL: 'signal=KILL', ENOSPC: 'error=ENOSPC', EIO: 'error=EIO' };

/** Calls of the main thread, and of the one thread that writes and flushes files. */
const kinds: [TraceOptions['threads'], string[]][] = [
  ['main', ['write', 'writev', 'openat', 'fdatasync', 'link', 'unlink', 'mkdir', 'rename']],
  ['all', ['write', 'pwrite64', 'fsync', 'utimensat', 'ftruncate']],
];
const env = { UV_THREADPOOL_SIZE: '1' };

describe.skipIf(!canTrace)('restore, at every system call, failing or the last one (needs strace):', () => {
  const counted = countCases('calls of restore');
  afterAll(counted.print);

  test.each(kinds)(
    'nothing is missed, and nothing asked for twice, with calls of %s threads',
    async (threads, calls) => {
      const watched = await scene();
      const { calls: made } = await trace(watched.machine, watched.words, { calls, threads, env });
      assertRestored(watched);
      const attempts = calls.flatMap((call, index) => {
        const turns = turnsThatTouch(made, call, watched.machine.folder);
        if (turns.length === 0) return [];
        return (Object.keys(faults) as (keyof typeof faults)[]).flatMap((fault, at) => {
          if (isWhole) return turns.map((turn) => ({ call, turn, fault }));
          // Each call is killed at; a third of them fail, in one way or the other.
          if (fault !== 'KILL' && (index + at) % 3 !== 0) return [];
          return sample(turns, 1).map((turn) => ({ call, turn, fault }));
        });
      });
      expect(attempts.length).toBeGreaterThan(4);
      await inLanes(attempts, async ({ call, turn, fault }) => {
        const here = await scene();
        const inject = `${call}:${faults[fault]}:when=${turn}`;
        const traced = await trace(here.machine, here.words, { calls: [call], inject, threads, env });
        const { outcome, calls: injected } = traced;
        counted.add(outcome.signal === 'SIGKILL' || injected.some(({ isInjected }) => isInjected));
        const ends = [...documentedExitCodes, ...deathsAllowed(traced, fault, here.machine)];
        expect(ends, storyOf([outcome])).toContain(outcome.exitCode ?? outcome.signal);
        await runHereUntilDone(here.machine, here.words);
        assertRestored(here);
        await here.vault.kill();
      });
    },
    900_000,
  );
});

describe('restore', () => {
  test('killed again and again in the middle, misses no archive and asks for none twice', async () => {
    const here = await scene({ options: ['--seed', 'demo=300:20K'] });
    for (let kill = 0; kill < 3; kill += 1) {
      const before = linesOf(here, 'journal.jsonl').length;
      const running = here.machine.start([...here.words, '--max-rate', '80']);
      while (linesOf(here, 'journal.jsonl').length <= before) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await new Promise((resolve) => setTimeout(resolve, kill * 250));
      running.send('SIGKILL');
      expect(await running.ended).toMatchObject({ signal: 'SIGKILL' });
    }
    expect((await here.machine.run(here.words)).exitCode).toBe(0);
    assertRestored(here, 300);
  });

  test.each([
    ['lost once in a while', ['initiate-job#3:lose-reply', 'initiate-job#4:lose-reply']],
    [
      'cut, refused, or told too late',
      ['initiate-job#2:cut', 'initiate-job#3-4:late-error=ServiceUnavailableException'],
    ],
    ['throttled', ['initiate-job#3-6:error=ThrottlingException']],
  ])('asks for no archive twice when replies to InitiateJob are %s', async (_, rules) => {
    // The first job is that of the inventory.
    const here = await scene({ faults: rules, more: ['--retry-for', '20s'] });
    await runUntilDone(here.machine, here.words);
    assertRestored(here);
  });

  test('two at once: the second says who has the plan, or waits for it', async () => {
    const here = await scene({ options: ['--seed', 'demo=60:1K'] });
    const first = here.machine.start([...here.words, '--max-rate', '20']);
    while (linesOf(here, 'journal.jsonl').length === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const second = await here.machine.run(here.words);
    expect(second.exitCode).toBe(11);
    expect((await here.machine.run([...here.words, '--wait-lock', '1m'])).exitCode).toBe(0);
    expect((await first.ended).exitCode).toBe(0);
    assertRestored(here, 60);
  });
});
