/*
 * The sweeps with many files in one run: small ones of which several are under way at the same time, two of them with the
 * same content. The n-th system call kills the shipped program or fails, or the n-th request meets a fault; then the same
 * command runs until it exits 0. Each content is in the vault exactly once then, each file has its line on standard output, in
 * the order of the operands, and no session and no part is left.
 *
 * Here what the n-th call is differs from run to run, since files overtake each other: so n goes up in steps, and the state
 * that a kill leaves is another one each time. GLACIER_UP_TEST_SWEEP=all takes more steps.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { seededFile } from '../helpers/bytes.js';
import { type Machine, makeMachine } from './helpers/machine.js';
import { receiptsOf, sessionsLeft, storyOf } from './helpers/promise.js';
import { runHereUntilDone } from './helpers/run-here.js';
import { readVault, serveHere } from './helpers/served-vault.js';
import { canTrace, deathsAllowed, trace } from './helpers/strace.js';
import { callFaults, countCases, faultsAt, inLanes, isWhole } from './helpers/sweep.js';

const count = 12;

interface Files {
  machine: Machine;
  files: string[];
  /** SHA-256 of each different content. */
  contents: string[];
}

/** Eleven contents in twelve files: the last file is a copy of the first. */
function makeFiles(): Files {
  const machine = makeMachine({ sizeBytes: 1000 });
  const folder = join(machine.folder, 'cwd');
  const files = Array.from({ length: count }, (_, index) => join(folder, `small-${index}`));
  const contents = files.slice(0, -1).map((file, index) =>
    createHash('sha256')
      .update(seededFile(file, 1000 + index * 1000, index + 1))
      .digest('hex'),
  );
  copyFileSync(files[0] ?? '', files.at(-1) ?? '');
  return { machine, files, contents };
}

function assertEachOnce({ machine, files, contents }: Files, vaultFolder: string, vault: string): void {
  const story = storyOf(machine.outcomes);
  const { archives, openUploads } = readVault(vaultFolder, vault);
  expect(archives.map(({ sha256 }) => sha256).sort(), `archives\n${story}`).toEqual([...contents].sort());
  for (const { partLines } of openUploads) expect(partLines, `parts left behind\n${story}`).toBe(0);
  const receipts = receiptsOf(machine).filter(({ uploadId }) => uploadId !== undefined);
  expect(receipts.map(({ archiveId }) => archiveId).sort(), `receipts\n${story}`).toEqual(
    archives.map(({ archiveId }) => archiveId).sort(),
  );
  const lines = (machine.outcomes.at(-1)?.stdout ?? '').split('\n').filter(Boolean);
  const idOf = new Map(archives.map(({ sha256, archiveId }) => [sha256, archiveId]));
  const expected = files.map((file, index) => `${idOf.get(contents[index] ?? contents[0] ?? '')}  ${file}`);
  expect(lines, story).toEqual(expected);
  expect(sessionsLeft(machine), `sessions left\n${story}`).toEqual([]);
}

const calls = ['openat', 'write', 'writev', 'fsync', 'rename', 'link', 'unlink'];
/** Before the first of these turns is Node's own start. */
const firstTurn: Record<string, number> = { openat: 60, write: 8, writev: 1 };
const turns = (call: string): number[] =>
  Array.from({ length: isWhole ? 24 : 2 }, (_, step) => (firstTurn[call] ?? 1) + step * (isWhole ? 3 : 7));

describe.skipIf(!canTrace)('many files, when any system call fails or is the last (needs strace):', () => {
  const counted = countCases('many files, system calls');
  afterAll(counted.print);

  for (const [index, call] of calls.entries()) {
    test.each(faultsAt(index))(
      `${call} × %s`,
      async (fault) => {
        const server = await serveHere();
        await inLanes(turns(call), async (n) => {
          const made = makeFiles();
          const { machine, files } = made;
          const vault = `v-${n}`;
          await server.createVault(vault);
          const words = ['upload', ...files, '--retry-for', '2s', ...server.words(vault)];
          const inject = `${call}:${callFaults[fault]}:when=${n}`;
          const traced = await trace(machine, words, { calls: [call], inject, threads: 'main' });
          const { outcome } = traced;
          if (outcome.exitCode === null) {
            expect(deathsAllowed(traced, fault, machine)).toContain(outcome.signal);
          }
          counted.add(outcome.exitCode !== 0);
          if (outcome.exitCode !== 0) await runHereUntilDone(machine, words);
          try {
            assertEachOnce(made, server.folder, vault);
          } catch (error) {
            throw new Error(`${inject}\n${storyOf(machine.outcomes)}`, { cause: error });
          }
          rmSync(machine.folder, { recursive: true, force: true });
        });
      },
      600_000,
    );
  }
});

describe('many files, when any request fails:', () => {
  const counted = countCases('many files, requests');
  afterAll(counted.print);
  /** DescribeVault, and three for each of eleven contents. */
  const requests = 1 + 3 * (count - 1);

  test.each([
    'cut',
    'error=ServiceUnavailableException',
    'error=ThrottlingException',
    'lose-reply',
    'truncate-reply',
    'black-hole',
  ])(
    'a fault that ends the run, for the next one: %s',
    async (fault) => {
      const step = isWhole ? 1 : 11;
      const ns = Array.from({ length: Math.ceil(requests / step) }, (_, index) => 1 + index * step);
      await inLanes(ns, async (n) => {
        const made = makeFiles();
        // Making the vault is the first request.
        const server = await serveHere({ faults: [`*#${n + 1}:${fault}`] });
        await server.createVault('demo');
        const patience = ['--read-timeout', '1s', '--retry-for', '0'];
        const words = ['upload', ...made.files, ...patience, ...server.words('demo')];
        const { exitCode } = await made.machine.run(words);
        if (exitCode !== 0) await runHereUntilDone(made.machine, words);
        try {
          assertEachOnce(made, server.folder, 'demo');
        } catch (error) {
          throw new Error(`*#${n}:${fault}\n${storyOf(made.machine.outcomes)}`, { cause: error });
        }
        counted.add(true);
        await server.kill();
        rmSync(made.machine.folder, { recursive: true, force: true });
      });
    },
    600_000,
  );
});
