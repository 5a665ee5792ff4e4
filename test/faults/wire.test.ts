/*
 * The sweep over the wire. A five-part upload is eight requests: DescribeVault, Initiate, five parts, Complete; one carried on
 * asks for the list of parts, too. For each n and each fault: the n-th request meets the fault, the shipped program
 * runs until it exits 0, and the promise is checked. Once the run gets over the fault by itself, once it gives up at
 * the first failure (--retry-for 0) and the next run meets what is left.
 *
 * GLACIER_UP_TEST_SWEEP=all tries every n; the ordinary run takes a part within a run, and Initiate and Complete across two.
 */
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { makeMachine } from './helpers/machine.js';
import { assertPromise, storyOf } from './helpers/promise.js';
import { runHereUntilDone } from './helpers/run-here.js';
import { serveHere } from './helpers/served-vault.js';
import { countCases, inLanes, isWhole, sample } from './helpers/sweep.js';

const faults = [
  'cut',
  'cut@300K',
  'delay=500ms',
  'error=ServiceUnavailableException',
  'error=ThrottlingException',
  'error=RequestTimeoutException',
  'status=520',
  'html=200',
  'html=503',
  'lose-reply',
  'late-error=ServiceUnavailableException',
  'cut-reply',
  'truncate-reply',
  'black-hole',
];

const patience = {
  'over which the same run gets': ['--retry-for', '5m'],
  'that ends the run, for the next one': ['--retry-for', '0'],
};

/** Of an upload that nothing disturbs. */
const requests = 8;

const upload = (file: string): string[] => ['upload', file, '--part-size', '1M', '--read-timeout', '1s'];

describe('for each end of a request:', () => {
  const counted = countCases('requests');
  afterAll(counted.print);

  test('an upload of five parts is eight requests', async () => {
    for (const [rule, exitCode] of [
      [`*#${requests + 1}-:error=AccessDeniedException`, 0],
      [`*#${requests}-:error=AccessDeniedException`, 7],
    ] as const) {
      const machine = makeMachine();
      // Making the vault is a request, too.
      const server = await serveHere();
      await server.createVault('demo');
      await server.kill();
      const carriedOn = await serveHere({ folder: server.folder, faults: [rule] });
      const outcome = await machine.run([...upload(machine.file), ...carriedOn.words('demo')]);
      expect(outcome.exitCode, outcome.stderr).toBe(exitCode);
    }
  });

  for (const [how, options] of Object.entries(patience)) {
    test.each(faults)(
      `a fault ${how}: %s`,
      async (fault) => {
        const all = Array.from({ length: requests }, (_, index) => index + 1);
        const sampled = sample(all, how.startsWith('that ends') ? 2 : 1);
        await inLanes(isWhole ? all : sampled, async (n) => {
          const machine = makeMachine();
          // Making the vault is the first request.
          const server = await serveHere({ faults: [`*#${n + 1}:${fault}`] });
          await server.createVault('demo');
          const words = [...upload(machine.file), ...options, ...server.words('demo')];
          const { exitCode } = await machine.run(words);
          if (exitCode !== 0) await runHereUntilDone(machine, words);
          try {
            assertPromise(machine, { vaultFolder: server.folder, vault: 'demo' });
          } catch (error) {
            throw new Error(`*#${n}:${fault}\n${storyOf(machine.outcomes)}`, { cause: error });
          }
          counted.add(true);
          await server.kill();
          rmSync(machine.folder, { recursive: true, force: true });
        });
      },
      600_000,
    );
  }
});
