/*
 * Many machines on one archive, each of which may fail. An upload of five parts by two shards is fourteen requests:
 * Initiate; the list, three parts and the list; the list, two parts and the list; the list and Complete. For each n and
 * each fault: the n-th request meets the fault, every step is run until it exits 0, and the promise is checked. And a
 * shard is killed at the n-th call by which it sends anything, and run again.
 *
 * GLACIER_UP_TEST_SWEEP=all tries every n; the ordinary run takes a few.
 */
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { type Machine, makeMachine, type Outcome, runUntilDone } from './helpers/machine.js';
import { assertPromise, storyOf } from './helpers/promise.js';
import { runHere, runHereUntilDone } from './helpers/run-here.js';
import { type ServedVault, serveHere } from './helpers/served-vault.js';
import { canTrace, trace, turnsThatTouch } from './helpers/strace.js';
import { countCases, inLanes, isWhole, sample } from './helpers/sweep.js';

const faults = ['cut', 'error=ServiceUnavailableException', 'lose-reply', 'cut-reply', 'black-hole'];
const requests = 14;

/** The commands of an upload by two shards, each of which may be run again until it exits 0. */
function steps(machine: Machine, server: ServedVault, options: readonly string[] = []) {
  const file = machine.file;
  const where = [...server.words('demo'), ...options];
  return {
    begin: ['upload', file, '--begin', '--part-size', '1M', ...where],
    shard: (uploadId: string, index: number) => [
      'upload',
      file,
      `--upload-id=${uploadId}`,
      '--shard',
      `${index}/2`,
      ...where,
    ],
    complete: (uploadId: string) => ['complete', file, `--upload-id=${uploadId}`, ...where],
  };
}

async function sendAll(machine: Machine, server: ServedVault, options: readonly string[]): Promise<Outcome> {
  const { begin, shard, complete } = steps(machine, server, options);
  const uploadId = (await runUntilDone(machine, begin)).stdout.trim();
  await runUntilDone(machine, shard(uploadId, 0));
  await runUntilDone(machine, shard(uploadId, 1));
  return runUntilDone(machine, complete(uploadId));
}

describe('for each end of a request of an upload by two shards:', () => {
  const counted = countCases('requests of shards');
  afterAll(counted.print);

  test('there are fourteen of them', async () => {
    for (const [rule, exitCode] of [
      [`*#${requests + 2}-:error=AccessDeniedException`, 0],
      [`*#${requests + 1}-:error=AccessDeniedException`, 7],
    ] as const) {
      const machine = makeMachine();
      // Making the vault is the first request.
      const server = await serveHere({ faults: [rule] });
      await server.createVault('demo');
      const { begin, shard, complete } = steps(machine, server);
      const uploadId = (await runHere(machine, begin)).stdout.trim();
      for (const index of [0, 1]) await runHere(machine, shard(uploadId, index));
      const outcome = await runHere(machine, complete(uploadId));
      expect(outcome.exitCode, outcome.stderr).toBe(exitCode);
    }
  });

  test.each(faults)(
    '%s',
    async (fault) => {
      const all = Array.from({ length: requests }, (_, index) => index + 1);
      await inLanes(isWhole ? all : sample(all, 1), async (n) => {
        const machine = makeMachine();
        const server = await serveHere({ faults: [`*#${n + 1}:${fault}`] });
        await server.createVault('demo');
        await sendAll(machine, server, ['--retry-for', '0', '--read-timeout', '1s']);
        try {
          assertPromise(machine, { vaultFolder: server.folder, vault: 'demo' });
        } catch (error) {
          throw new Error(`*#${n + 1}:${fault}\n${storyOf(machine.outcomes)}`, { cause: error });
        }
        counted.add(true);
        await server.kill();
        rmSync(machine.folder, { recursive: true, force: true });
      });
    },
    600_000,
  );
});

describe.skipIf(!canTrace)('a shard that is killed (needs strace)', () => {
  const counted = countCases('shards killed');
  afterAll(counted.print);

  test.each(['write', 'writev'])(
    'at any %s is run again, and the archive is whole',
    async (call) => {
      const server = await serveHere();
      await server.createVault('demo');
      const observed = makeMachine();
      const known = steps(observed, server);
      const observedId = (await runHere(observed, known.begin)).stdout.trim();
      const { calls, outcome } = await trace(observed, known.shard(observedId, 0), {
        calls: [call],
        threads: 'main',
      });
      expect(outcome.exitCode, outcome.stderr).toBe(0);
      const turns = turnsThatTouch(calls, call, observed.folder);
      expect(turns.length).toBeGreaterThan(0);
      await inLanes(isWhole ? turns : sample(turns, 1), async (n) => {
        const machine = makeMachine();
        const vault = `killed-${call}-${n}`;
        await server.createVault(vault);
        const at = { ...server, words: () => server.words(vault) };
        const { begin, shard, complete } = steps(machine, at);
        const uploadId = (await runHere(machine, begin)).stdout.trim();
        const inject = `${call}:signal=KILL:when=${n}`;
        const killed = await trace(machine, shard(uploadId, 0), { calls: [call], inject, threads: 'main' });
        counted.add(killed.outcome.exitCode !== 0);
        await runHereUntilDone(machine, shard(uploadId, 0));
        await runHere(machine, shard(uploadId, 1));
        await runHere(machine, complete(uploadId));
        assertPromise(machine, { vaultFolder: server.folder, vault, mayDieBy: ['SIGKILL'] });
        rmSync(machine.folder, { recursive: true, force: true });
      });
    },
    600_000,
  );
});
