/*
 * The sweep over system calls. A five-part upload by the shipped program, during which the n-th call of a kind kills it
 * or fails; then the same command, plainly, until it exits 0; then the promise is checked. n goes from the first call
 * that touches the state, the archive, the network or an output to the first n that is never reached: what goes before
 * is Node's own start, and dying there is not having been started.
 *
 * strace counts calls by thread. Against a server in a process of its own, the main thread alone is followed: everything
 * that matters happens there (the first test sees to it), so each case is one fault. The exceptions are opening and
 * flushing the archive, and starting threads: `openat` and `fdatasync` are swept through all threads. With --local the vault runs in
 * threads of the same process: there the n-th call of every thread fails.
 *
 * GLACIER_UP_TEST_SWEEP=all tries every n; the ordinary run takes a few of each kind.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ask } from '../server/helpers/vault.js';
import { type Machine, makeMachine } from './helpers/machine.js';
import { assertPromise, storyOf } from './helpers/promise.js';
import { runHereUntilDone } from './helpers/run-here.js';
import { serveHere } from './helpers/served-vault.js';
import {
  canTrace,
  deathsAllowed,
  type TraceOptions,
  touches,
  trace,
  turnsThatTouch,
} from './helpers/strace.js';
import {
  type CallFault,
  callFaults,
  countCases,
  faultsAt,
  inLanes,
  isWhole,
  sample,
} from './helpers/sweep.js';

type Where =
  | 'main thread, vault in another process'
  | 'all threads, vault in another process'
  | 'all threads, --local';

const kinds: Record<Where, string[]> = {
  'main thread, vault in another process': [
    'openat',
    'write',
    'writev',
    'pwrite64',
    'fsync',
    'rename',
    'link',
    'unlink',
    'mkdir',
  ],
  'all threads, vault in another process': ['openat', 'fdatasync'],
  'all threads, --local': [
    'openat',
    'write',
    'writev',
    'pwrite64',
    'pwritev',
    'fsync',
    'fdatasync',
    'rename',
    'link',
    'unlink',
    'mkdir',
    'ftruncate',
  ],
};
/** Calls that would matter, and that the program does not make. */
const neverMade = [
  'sendto',
  'sendmsg',
  'sendmmsg',
  'sendfile',
  'renameat',
  'renameat2',
  'linkat',
  'unlinkat',
  'rmdir',
];
/** One thread for file operations, so that their n-th is the same one in each run. */
const env = { UV_THREADPOOL_SIZE: '1' };

interface Bench {
  where: Where;
  /** The command line for a machine, its vault made. */
  ready(machine: Machine, name: string): Promise<{ words: string[]; vaultFolder: string; vault: string }>;
  /** Gives the room on the disk back. */
  forget(vault: string, archiveId: string): Promise<void>;
}

// A fault of the embedded vault's comes to the client as a 500, which only the next run gets over.
const upload = (machine: Machine): string[] => [
  'upload',
  machine.file,
  '--part-size',
  '1M',
  '--retry-for',
  '2s',
];

const benches = new Map<Where, Promise<Bench>>();

/** One server for all cases that need one, each case with a vault of its own. */
function benchFor(where: Where): Promise<Bench> {
  const known = benches.get(where);
  if (known) return known;
  const made = where === 'all threads, --local' ? localBench(where) : servedBench(where);
  benches.set(where, made);
  return made;
}

async function localBench(where: Where): Promise<Bench> {
  return {
    where,
    ready: async (machine) => {
      const vaultFolder = join(machine.folder, 'vault');
      return {
        words: [...upload(machine), '--vault', 'demo', '--local', vaultFolder],
        vaultFolder,
        vault: 'demo',
      };
    },
    forget: async () => {},
  };
}

const cleanUps: (() => Promise<void>)[] = [];

async function servedBench(where: Where): Promise<Bench> {
  const server = await serveHere({ atEnd: (cleanUp) => cleanUps.push(cleanUp) });
  return {
    where,
    ready: async (machine, name) => {
      await server.createVault(name);
      return { words: [...upload(machine), ...server.words(name)], vaultFolder: server.folder, vault: name };
    },
    forget: async (vault, archiveId) => {
      await ask(server.url, 'DELETE', `/-/vaults/${vault}/archives/${archiveId}`);
    },
  };
}

const threadsOf = (where: Where): TraceOptions['threads'] => (where.startsWith('main') ? 'main' : 'all');

/** A run without faults, and what it does. */
async function observe(here: Bench, calls: readonly string[], threads: TraceOptions['threads']) {
  const machine = makeMachine();
  const { words, ...promised } = await here.ready(machine, `observed-${threads}-${calls.length}`);
  const traced = await trace(machine, words, { calls, threads, env });
  assertPromise(machine, promised);
  return { folder: machine.folder, file: machine.file, env: machine.env, calls: traced.calls };
}

const observations = new Map<Where, ReturnType<typeof observe>>();

/** The turns of a call that a sweep has to try. */
async function turnsOf(here: Bench, call: string): Promise<number[]> {
  const { where } = here;
  const seen = observations.get(where) ?? observe(here, kinds[where], threadsOf(where));
  observations.set(where, seen);
  const { calls, folder } = await seen;
  return turnsThatTouch(calls, call, folder);
}

/** One case. @returns whether the fault fired */
async function tryCase(here: Bench, call: string, fault: CallFault, n: number): Promise<boolean> {
  const machine = makeMachine();
  const { words, ...promised } = await here.ready(machine, `${call}-${fault}-${n}`);
  const traced = await trace(machine, words, {
    calls: [call],
    inject: `${call}:${callFaults[fault]}:when=${n}`,
    threads: threadsOf(here.where),
    env,
  });
  const { outcome, calls } = traced;
  const hasFired =
    fault === 'KILL' ? outcome.signal === 'SIGKILL' : calls.some(({ isInjected }) => isInjected);
  if (outcome.exitCode !== 0) await runHereUntilDone(machine, words);
  try {
    const { archiveId } = assertPromise(machine, {
      ...promised,
      mayDieBy: deathsAllowed(traced, fault, machine),
    });
    await here.forget(promised.vault, archiveId);
  } catch (error) {
    const hit = calls.filter(({ isInjected }) => isInjected).map(({ name, text }) => `${name}(${text}`);
    throw new Error(`${call}:${fault}:when=${n}\n${hit.join('\n')}\n${storyOf(machine.outcomes)}`, {
      cause: error,
    });
  }
  rmSync(machine.folder, { recursive: true, force: true });
  return hasFired;
}

describe.skipIf(!canTrace)('every system call, failing or the last one (needs strace):', () => {
  const counted = countCases('system calls');
  afterAll(async () => {
    counted.print();
    for (const cleanUp of cleanUps) await cleanUp();
  });

  test('against a server, state and network are in the hands of the main thread alone', async () => {
    const here = await benchFor('main thread, vault in another process');
    const every = [...new Set([...Object.values(kinds).flat(), ...neverMade])];
    const { folder, file, env, calls } = await observe(here, every, 'all');
    const main = calls[0]?.thread;
    const outside = calls.filter((call) => touches(call, folder));
    const elsewhere = outside.filter(({ thread }) => thread !== main);
    const pathIn = (text: string) => (/"([^"]*)"/.exec(text) ?? /<([^>]*)>/.exec(text))?.[1];
    const made = elsewhere.map(({ name, text }) => `${name} ${pathIn(text)}`);
    // The archive, and the AWS configuration that the SDK looks for.
    const { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE } = env;
    const opened = [file, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE].map((path) => `openat ${path}`);
    expect([...new Set(made)].sort()).toEqual([`fdatasync ${file}`, ...opened].sort());
    const onMain = outside.filter(({ thread }) => thread === main).map(({ name }) => name);
    expect([...new Set(onMain)].sort()).toEqual([...kinds[here.where]].sort());
  });

  for (const where of Object.keys(kinds) as Where[]) {
    for (const [index, call] of kinds[where].entries()) {
      test.each(faultsAt(index))(
        `${where}: ${call} × %s`,
        async (fault) => {
          const here = await benchFor(where);
          const turns = await turnsOf(here, call);
          expect(turns).not.toEqual([]);
          const fired: number[] = [];
          const attempt = async (n: number): Promise<boolean> => {
            const hasFired = await tryCase(here, call, fault, n);
            counted.add(hasFired);
            if (hasFired) fired.push(n);
            return hasFired;
          };
          await inLanes(isWhole ? turns : sample(turns, where.startsWith('main') ? 2 : 1), attempt);
          // Runs differ a little: go on to the first turn that is never reached.
          if (isWhole) for (let n = (turns.at(-1) ?? 0) + 1; await attempt(n); n += 1);
          expect(fired.length).toBeGreaterThan(0);
        },
        600_000,
      );
    }
  }
});
