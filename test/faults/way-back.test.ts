/**
 * `delete`, `inventory`, `reconcile` and `receipts --rebuild` killed at any call that touches state, network or output, or with that call
 * failing, or losing a reply; then run again until they exit 0. What each promises must then be true, once. GLACIER_UP_TEST_SWEEP=all tries every call.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Machine, makeMachine, type Outcome } from './helpers/machine.js';
import { documentedExitCodes, receiptsOf, sessionsLeft, storyOf } from './helpers/promise.js';
import { runHere, runHereUntilDone } from './helpers/run-here.js';
import { readVault, type ServedVault, type ServeOptions, serveHere } from './helpers/served-vault.js';
import { canTrace, deathsAllowed, trace, turnsThatTouch } from './helpers/strace.js';
import { callFaults, countCases, faultsAt, inLanes, isWhole, sample } from './helpers/sweep.js';

const sizeBytes = 1000;
const atOnce = ['--job-delay', '0', '--inventory-every', '0'];

interface Scene {
  machine: Machine;
  vault: ServedVault;
  archiveId: string;
  /** Starts the vault again with other faults. */
  again: (faults: readonly string[]) => Promise<ServedVault>;
}

/** A machine with one archive in a vault whose jobs end at once. */
async function archived(faults: readonly string[] = []): Promise<Scene> {
  const machine = makeMachine({ sizeBytes });
  const { vault, again } = await restartable({ options: atOnce });
  await vault.createVault('demo');
  const archiveId = (await runHere(machine, ['upload', machine.file, ...vault.words('demo')])).stdout.trim();
  return { machine, vault: faults.length > 0 ? await again(faults) : vault, archiveId, again };
}

/** The same, and the inventory is half downloaded. */
async function brokenOff(faults: readonly string[] = []): Promise<Scene> {
  const scene = await archived(['job-output:cut-reply']);
  const words = ['inventory', ...scene.vault.words('demo'), '--retry-for', '0'];
  expect((await runHere(scene.machine, words)).exitCode).toBe(5);
  await scene.vault.kill();
  return { ...scene, vault: await scene.again(faults) };
}

/** The same, and the inventory is here, and the receipts are lost. */
async function withoutReceipts(): Promise<Scene> {
  const scene = await archived();
  expect((await runHere(scene.machine, ['inventory', ...scene.vault.words('demo')])).exitCode).toBe(0);
  rmSync(scene.machine.receiptFile);
  return scene;
}

/** An archive that is in the vault, and of which the machine knows nothing but that Complete was sent. */
async function unknown(faults: readonly string[] = []): Promise<Scene> {
  const machine = makeMachine({ sizeBytes });
  const { vault, again } = await restartable({ options: atOnce, faults: ['complete:lose-reply'] });
  await vault.createVault('demo');
  const words = ['upload', machine.file, ...vault.words('demo'), '--retry-for', '0'];
  expect((await runHere(machine, words)).exitCode).toBe(5);
  await vault.kill();
  // The service forgets an upload in a day, whether it became an archive or not.
  const vaults = join(vault.folder, 'vaults');
  for (const number of readdirSync(vaults)) {
    const uploads = join(vaults, number, 'uploads');
    for (const name of readdirSync(uploads)) rmSync(join(uploads, name), { recursive: true });
  }
  const later = await again(faults);
  const { exitCode, stderr } = await runHere(machine, words);
  expect(exitCode, stderr).toBe(6);
  const archiveId = readVault(vault.folder, 'demo').archives[0]?.archiveId ?? '';
  return { machine, vault: later, archiveId, again };
}

/** A vault that can be started again with other faults, at the same address. */
async function restartable(options: ServeOptions) {
  const vault = await serveHere(options);
  return {
    vault,
    again: async (faults: readonly string[]): Promise<ServedVault> => {
      await vault.kill();
      return serveHere({ options: atOnce, faults, folder: vault.folder, port: new URL(vault.url).port });
    },
  };
}

interface Command {
  scene: (faults?: readonly string[]) => Promise<Scene>;
  words: (scene: Scene) => string[];
  /** The operations that it sends. */
  operations: string[];
  assertDone: (scene: Scene, last: Outcome) => void;
}

const inventory: Pick<Command, 'words' | 'assertDone'> = {
  words: ({ vault }) => ['inventory', '--wait', '--json', ...vault.words('demo')],
  assertDone: ({ machine, archiveId }, { stdout }) => {
    expect(stdout).toContain(archiveId);
    const kept = join(machine.home, '.local/share/glacier-up/inventories');
    const names = readdirSync(kept).filter((name) => !name.includes('.tmp'));
    expect(names).toEqual([expect.stringMatching(/\.json$/)]);
    expect(readFileSync(join(kept, names[0] ?? ''), 'utf8')).toContain(archiveId);
  },
};

const commands: Record<string, Command> = {
  delete: {
    scene: archived,
    words: ({ vault, archiveId }) => ['delete', '--yes', ...vault.words('demo'), '--', archiveId],
    operations: ['delete-archive'],
    assertDone: ({ machine, vault, archiveId }) => {
      expect(readVault(vault.folder, 'demo').archives).toEqual([]);
      expect(receiptsOf(machine).filter((receipt) => receipt.archiveId === archiveId)).toHaveLength(2);
      expect(receiptsOf(machine).filter(({ deletedAt }) => deletedAt !== undefined)).toHaveLength(1);
    },
  },
  empty: {
    scene: archived,
    words: ({ vault }) => ['empty', '--wait', '--accept-fee', '--confirm', 'demo', ...vault.words('demo')],
    operations: ['initiate-job', 'list-jobs', 'job-output', 'delete-archive'],
    assertDone: ({ machine, vault, archiveId }) => {
      expect(readVault(vault.folder, 'demo').archives).toEqual([]);
      const deleted = receiptsOf(machine).filter(({ deletedAt }) => deletedAt !== undefined);
      // The receipts know it before the journal of the plan does: one that is killed between notes it once more.
      expect(new Set(deleted.map((receipt) => receipt.archiveId))).toEqual(new Set([archiveId]));
      const plans = join(machine.home, '.local/state/glacier-up/plans');
      const folders = readdirSync(plans).filter((name) => !name.includes('.'));
      const report = readFileSync(join(plans, folders[0] ?? '', 'report.jsonl'), 'utf8')
        .trim()
        .split('\n');
      expect(report.map((line) => JSON.parse(line))).toMatchObject([{ archiveId, outcome: 'done' }]);
    },
  },
  inventory: { ...inventory, scene: archived, operations: ['initiate-job', 'list-jobs', 'job-output'] },
  'inventory, resumed': { ...inventory, scene: brokenOff, operations: ['list-jobs', 'job-output'] },
  'receipts --rebuild': {
    scene: withoutReceipts,
    words: ({ vault }) => ['receipts', '--rebuild', 'kept', ...vault.words('demo')],
    operations: [],
    assertDone: ({ machine, archiveId }) => {
      expect(receiptsOf(machine)).toMatchObject([{ archiveId, treeHash: machine.treeHash }]);
    },
  },
  reconcile: {
    scene: unknown,
    words: ({ machine, vault }) => ['reconcile', machine.file, ...vault.words('demo')],
    operations: ['initiate-job', 'list-jobs', 'job-output'],
    assertDone: ({ machine, archiveId }) => {
      expect(receiptsOf(machine)).toMatchObject([{ archiveId, treeHash: machine.treeHash }]);
      expect(sessionsLeft(machine)).toEqual([]);
    },
  },
};

/** Those that change what stands on the disk, and what is written to the vault or to the user. */
const kinds = ['openat', 'write', 'writev', 'pwrite64', 'fsync', 'rename', 'link', 'unlink', 'mkdir'];

describe.skipIf(!canTrace)('a call that kills or fails', () => {
  const counted = countCases('calls of the way back');
  afterAll(counted.print);

  /** The calls of a run without faults that a sweep has to try. */
  async function watch({ scene, words }: Command): Promise<{ call: string; turn: number }[]> {
    const watched = await scene();
    const { calls } = await trace(watched.machine, words(watched), { calls: kinds, threads: 'main' });
    return kinds.flatMap((call) => {
      const turns = turnsThatTouch(calls, call, watched.machine.folder);
      if (turns.length === 0) return [];
      const chosen = isWhole ? turns : sample(turns, 1);
      return chosen.map((turn) => ({ call, turn }));
    });
  }
  const watches = new Map<string, ReturnType<typeof watch>>();
  /** Watched once for all faults. */
  function attemptsOn(name: string): ReturnType<typeof watch> {
    const known = watches.get(name) ?? watch(commands[name] as Command);
    watches.set(name, known);
    return known;
  }

  const cases = Object.keys(commands).flatMap((name, index) =>
    faultsAt(index).map((fault) => [name, fault] as const),
  );
  test.each(cases)(
    'leaves nothing to %s that running it again does not mend: %s',
    async (name, fault) => {
      const command = commands[name] as Command;
      const attempts = await attemptsOn(name);
      expect(attempts.length).toBeGreaterThanOrEqual(5);
      const fired = new Set<string>();
      await inLanes(attempts, async ({ call, turn }) => {
        const scene = await command.scene();
        const { machine } = scene;
        const words = command.words(scene);
        const inject = `${call}:${callFaults[fault]}:when=${turn}`;
        const traced = await trace(machine, words, { calls: [call], inject, threads: 'main' });
        const { outcome, calls: made } = traced;
        const hasFired = outcome.signal === 'SIGKILL' || made.some(({ isInjected }) => isInjected);
        counted.add(hasFired);
        if (hasFired) fired.add(call);
        const ends = [...documentedExitCodes, ...deathsAllowed(traced, fault, machine)];
        expect(ends, storyOf([outcome])).toContain(outcome.exitCode ?? outcome.signal);
        const last = await runHereUntilDone(machine, words);
        command.assertDone(scene, last);
      });
      expect([...fired].sort()).toEqual([...new Set(attempts.map(({ call }) => call))].sort());
    },
    600_000,
  );
});

describe('without the reply', () => {
  const cases = Object.keys(commands).flatMap((name) =>
    (commands[name] as Command).operations.map((operation) => [name, operation] as const),
  );
  test.each(cases)('%s is done all the same when that to its first %s is lost', async (name, operation) => {
    const command = commands[name] as Command;
    const scene = await command.scene([`${operation}#1:lose-reply`]);
    const last = await runHereUntilDone(scene.machine, command.words(scene));
    command.assertDone(scene, last);
  });
});
