/** The job files of docs/many-machines on a real Slurm and a real Grid Engine, each of one node on loopback. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type GridEngine, gridEnginePrograms, startGridEngine } from '../helpers/grid-engine.js';
import {
  type Cluster,
  cluster,
  expectOneArchive,
  jobFile,
  shardProcesses,
  until,
} from '../helpers/many-machines.js';
import { canRun } from '../helpers/needs.js';
import { type Slurm, slurmPrograms, startSlurm } from '../helpers/slurm.js';

// A scheduler looks for work every few seconds, and each task starts Node.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 });

/** The nth block of commands in a section of the page, for the file and folder of this test. */
function recipe(section: string, block: number, at: Cluster): string {
  const page = readFileSync(jobFile('README.md'), 'utf8');
  const text = page.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? '';
  const blocks = text.match(/(?:^ {4}.*\n)+/gm) ?? [];
  const commands = blocks[block];
  if (commands === undefined) throw new Error(`the page has no block ${block} of ${section}`);
  return commands.replaceAll('/data/big.tar', at.file).replaceAll(/\S+\.sh\b/g, (name) => jobFile(name));
}

/** Runs commands in the folder of the test, and returns the job IDs that they leave in `array` and `last`. */
async function submit(at: Cluster, commands: string, env: Record<string, string>) {
  const script = `cd '${at.folder}'\n${commands}\necho "$UPLOAD_ID $array $last"`;
  const { status, stdout, stderr } = await at.run(['sh', '-euc', script], env);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const [uploadId = '', array = '', last = ''] = stdout.trim().split('\n').at(-1)?.split(' ') ?? [];
  return { uploadId, array, last };
}

const outputs = (at: Cluster, name: RegExp): string =>
  readdirSync(at.folder)
    .filter((each) => name.test(each))
    .map((each) => readFileSync(join(at.folder, each), 'utf8'))
    .join('');

/** Kills the one shard that waits for an answer which never comes. */
async function killTheLastShard(at: Cluster): Promise<void> {
  await until(() => at.contents().openUploads[0]?.partLines === 19 && shardProcesses(at.file).length === 1);
  process.kill(shardProcesses(at.file)[0] ?? 0, 'SIGKILL');
}

/** The one shard that has not said in these outputs that it is stored. */
function unsentShard(at: Cluster, name: RegExp): string {
  const stored = [...outputs(at, name).matchAll(/shard (\d)\/8: its \d+ parts are stored/g)].map(
    ([, index]) => index,
  );
  const [shard = '', ...others] = [...'01234567'].filter((index) => !stored.includes(index));
  expect(others).toEqual([]);
  return shard;
}

describe.skipIf(!canRun('Slurm', { programs: slurmPrograms, root: true }))('on a real Slurm', () => {
  let slurm: Slurm;
  beforeAll(async () => {
    slurm = await startSlurm();
  });
  afterAll(() => slurm?.stop());

  test('an array of eight of which one is killed ends; its task is repaired, and the archive completed', async () => {
    const at = await cluster({ faults: ['upload-part#5:black-hole'] });
    const env = { ...slurm.env, GLACIER_UP_READ_TIMEOUT: '1h' };
    const first = await submit(at, recipe('Slurm', 0, at), env);
    await killTheLastShard(at);
    const tasks = await slurm.ended(first.array);
    expect(tasks.map(({ state }) => state).sort()).toEqual([...Array(7).fill('COMPLETED'), 'FAILED']);
    expect(await slurm.ended(first.last)).toMatchObject([{ state: 'FAILED', exitCode: 1 }]);
    expect(outputs(at, /complete/)).toContain('1 of 20 parts');
    const again = recipe('Slurm', 1, at).replace('--array=3,5', `--array=${unsentShard(at, /^slurm-/)}`);
    const second = await submit(at, again, {
      ...env,
      UPLOAD_ID: first.uploadId,
      FILE: at.file,
      VAULT: 'photos',
    });
    expect(await slurm.ended(second.last)).toMatchObject([{ state: 'COMPLETED', exitCode: 0 }]);
    expectOneArchive(
      at,
      outputs(at, new RegExp(`complete-${second.last}\\.out`))
        .trim()
        .split('\n')
        .at(-1) ?? '',
    );
  });

  /** Submits a job that sends with `--shard SHARD`, and returns how each of its tasks ended. */
  async function sendWith(at: Cluster, shard: string, options: string[], before = '') {
    const uploadId = await at.begin();
    const script = join(at.folder, 'job.sh');
    const words = `glacier-up upload '${at.file}' --upload-id=${uploadId} --shard ${shard}`;
    writeFileSync(script, `#!/bin/sh\n${before}exec ${words}\n`);
    const log = ['--output', join(at.folder, 'log-%A-%a')];
    const { stdout } = await at.run(['sbatch', '--parsable', ...log, ...options, script], slurm.env);
    return { uploadId, script, tasks: await slurm.ended(stdout.trim()) };
  }

  test('--shard auto goes by an array without gaps, from any first number', async () => {
    const at = await cluster();
    const { uploadId, tasks } = await sendWith(at, 'auto', ['--array=5-8']);
    expect(tasks.map(({ state }) => state)).toEqual(Array(4).fill('COMPLETED'));
    const { status, stdout } = await at.run(['glacier-up', 'complete', at.file, `--upload-id=${uploadId}`]);
    expect(status).toBe(0);
    expectOneArchive(at, stdout.trim());
  });

  test.each([
    ['stepped', '0-14:2', 'from 0 to 14'],
    ['partial', '3,5', 'from 3 to 5'],
  ])('--shard auto refuses a %s array', async (_, numbers, text) => {
    const at = await cluster();
    const { tasks } = await sendWith(at, 'auto', [`--array=${numbers}`]);
    expect(new Set(tasks.map(({ exitCode }) => exitCode))).toEqual(new Set([2]));
    expect(outputs(at, /^log-/)).toContain(`numbered ${text}: the numbers have gaps`);
    expect(at.contents().openUploads).toMatchObject([{ partLines: 0 }]);
  });

  test('--shard auto refuses the number that a plain job inherited from the task that submitted it', async () => {
    const at = await cluster();
    const submitAgain = `[ "$PLAIN" ] || PLAIN=yes exec sbatch --output '${at.folder}/plain' "$SCRIPT"\n`;
    const options = ['--array=2', `--export=ALL,SCRIPT=${join(at.folder, 'job.sh')}`];
    // Another task of the array has its job ID: that of a plain job cannot be told by comparing the two.
    const { tasks } = await sendWith(at, 'auto/4', options, submitAgain);
    expect(tasks).toMatchObject([{ state: 'COMPLETED' }]);
    const plain = join(at.folder, 'plain');
    await until(
      () => readdirSync(at.folder).includes('plain') && readFileSync(plain, 'utf8').includes('hint'),
    );
    expect(readFileSync(plain, 'utf8')).toMatch(
      /Slurm job \d+ is not task 2 of an array; it inherited SLURM_ARRAY_TASK_ID/,
    );
    expect(at.contents().openUploads).toMatchObject([{ partLines: 0 }]);
  });
});

describe.skipIf(!canRun('Grid Engine', { programs: gridEnginePrograms, root: true }))(
  'on a real Grid Engine',
  () => {
    let engine: GridEngine;
    beforeAll(async () => {
      engine = await startGridEngine();
    });
    afterAll(() => engine?.stop());

    test('an array of eight of which one is killed ends; its task is repaired, and the archive completed', async () => {
      const at = await cluster({ faults: ['upload-part#5:black-hole'] });
      // Grid Engine sets HOME to that of the user database.
      const stateDir = join(at.folder, 'state');
      const env = { ...engine.env, GLACIER_UP_READ_TIMEOUT: '1h', GLACIER_UP_STATE_DIR: stateDir };
      const first = await submit(at, recipe('Grid Engine', 0, at), env);
      await killTheLastShard(at);
      await engine.idle();
      expect(await engine.exitCodes(first.array, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 137]);
      expect(await engine.exitCodes(first.last, 1)).toEqual([1]);
      // Tasks count from 1: the eighth is shard 0/8.
      const task = unsentShard(at, /^glacier-up\.o/).replace('0', '8');
      const again = recipe('Grid Engine', 1, at).replace('-t 3', `-t ${task}`);
      const second = await submit(at, again, {
        ...env,
        UPLOAD_ID: first.uploadId,
        FILE: at.file,
        VAULT: 'photos',
      });
      await engine.idle();
      expect(await engine.exitCodes(second.last, 1)).toEqual([0]);
      expectOneArchive(at, outputs(at, new RegExp(`^glacier-up-complete\\.o${second.last}$`)).trim());
    });

    test('--shard auto takes "undefined", the number of a job that is not an array, for no number', async () => {
      const at = await cluster();
      const uploadId = await at.begin();
      const words = ['glacier-up', 'upload', at.file, `--upload-id=${uploadId}`, '--shard', 'auto/4'];
      const { stdout } = await at.run(
        ['qsub', '-terse', '-V', '-b', 'y', '-j', 'y', '-o', join(at.folder, 'plain'), ...words],
        engine.env,
      );
      await engine.idle();
      expect(await engine.exitCodes(stdout.trim(), 1)).toEqual([2]);
      expect(readFileSync(join(at.folder, 'plain'), 'utf8')).toContain('--shard auto finds no job array');
    });
  },
);
