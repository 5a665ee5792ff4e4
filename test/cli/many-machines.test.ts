/** The job files of docs/many-machines, run as they stand: the schedulers' part is played, but for GNU parallel's. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { serve } from '../faults/helpers/served-vault.js';
import { runAws } from '../helpers/aws-cli.js';
import {
  cluster,
  type Ended,
  expectOneArchive,
  jobFile,
  shardProcesses,
  until,
} from '../helpers/many-machines.js';
import { tempFolder } from '../helpers/temp-folder.js';

// Each shard starts Node.
vi.setConfig({ testTimeout: 300_000 });

describe('the script for GNU parallel', () => {
  const script = jobFile('gnu-parallel.sh');

  test('makes one archive by eight processes on one home, one of them killed and run again', async () => {
    const at = await cluster({ faults: ['upload-part#5:black-hole'] });
    const { ended } = at.start([script, at.file, 'photos'], { GLACIER_UP_READ_TIMEOUT: '1h' });
    // One part is never answered: its process is the last one, and waits for as long as it is let.
    await until(() => at.contents().openUploads[0]?.partLines === 19 && shardProcesses(at.file).length === 1);
    const [victim = 0] = shardProcesses(at.file);
    process.kill(victim, 'SIGKILL');
    const { status, stdout, stderr } = await ended;
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expectOneArchive(at, stdout.trim());
    expect(at.receiptIds()).toEqual([stdout.trim()]);
    expect(existsSync(`${at.file}.upload-id`)).toBe(false);
    expect(readdirSync(join(at.folder, 'home/.local/state/glacier-up/sessions'))).toEqual([]);
    const shards = at.starts().filter((words) => words.includes('--shard'));
    expect(shards).toHaveLength(9);
    expect(at.starts().filter((words) => words.includes('--begin'))).toHaveLength(1);
  });

  test('sends the shards from several machines, which keep nothing', async () => {
    const at = await cluster();
    // In the place of ssh: another home, and no environment but that of the machine.
    const ssh = join(at.folder, 'bin/ssh');
    const hosts = join(at.folder, 'hosts');
    const settings = Object.entries(at.env).filter(([name]) => name !== 'HOME');
    const words = settings.map(([name, value]) => `'${name}=${value}'`).join(' ');
    writeFileSync(
      ssh,
      `#!/bin/sh\necho "$1" >>'${hosts}'\nhome='${at.folder}'/$1\nshift 2\n` +
        `exec env -i SHELL=/bin/sh HOME="$home" ${words} sh -c "$*"\n`,
    );
    chmodSync(ssh, 0o755);
    for (const host of ['host1', 'host2']) mkdirSync(join(at.folder, host));
    const { status, stdout, stderr } = await at.run([script, at.file, 'photos', '4'], {
      PARALLEL: `--ssh ${ssh} --sshlogin host1,host2`,
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expectOneArchive(at, stdout.trim());
    expect(new Set(readFileSync(hosts, 'utf8').trim().split('\n'))).toEqual(new Set(['host1', 'host2']));
    for (const host of ['host1', 'host2']) {
      const kept = readdirSync(join(at.folder, host), { recursive: true }).filter(
        (name) => !/^\.parallel/.test(String(name)),
      );
      expect(kept).toEqual([]);
    }
  });

  test('carries on with the same upload when it is run again', async () => {
    const at = await cluster({ faults: ['upload-part#6-:error=AccessDeniedException'] });
    const words = [script, at.file, 'photos', '3'];
    const first = await at.run(words);
    expect(first.status).not.toBe(0);
    expect(first.stdout).toBe('');
    const uploadId = readFileSync(`${at.file}.upload-id`, 'utf8').trim();
    expect(at.contents()).toMatchObject({ archives: [], openUploads: [{ uploadId }] });
    await at.served.kill();
    const { folder } = at.served;
    await serve({ folder, port: new URL(at.served.url).port });
    const second = await at.run(words);
    expect(second).toMatchObject({ status: 0 });
    expectOneArchive(at, second.stdout.trim());
    expect(existsSync(`${at.file}.upload-id`)).toBe(false);
  });
});

describe('--shard auto under GNU parallel', () => {
  const send = async (how: string[], words: string[]) => {
    const at = await cluster();
    const id = await at.begin();
    const upload = ['glacier-up', 'upload', at.file, `--upload-id=${id}`, '--shard', 'auto/4', ...words];
    return { at, ended: await at.run([...how, ...upload]) };
  };

  test('sends the shard of each job', async () => {
    const { at, ended } = await send(['parallel', '--will-cite', '-N0'], [':::', '1', '2', '3', '4']);
    expect(ended).toMatchObject({ status: 0 });
    expect(at.contents().openUploads).toMatchObject([{ partLines: 20 }]);
  });

  test.each([
    ['sem', ['sem', '--will-cite', '--fg']],
    ['parallel as a semaphore', ['parallel', '--will-cite', '--semaphore', '--id', 'glacier-up', '--fg']],
  ])('is refused under %s, which numbers every command 1', async (_, how) => {
    const { at, ended } = await send(how, []);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toContain(
      'PARALLEL_SEQ (1) comes from GNU sem, which gives every command the number 1',
    );
    expect(at.contents().openUploads).toMatchObject([{ partLines: 0 }]);
  });
});

describe('the script for a Slurm array', () => {
  const text = readFileSync(jobFile('slurm-array.sh'), 'utf8');

  test('sends the archive by its tasks, of which one is run again alone', async () => {
    const at = await cluster();
    const [, first = '', last = ''] = /^#SBATCH --array=(\d+)-(\d+)$/m.exec(text) ?? [];
    const uploadId = await at.begin();
    const task = (id: number, min = Number(first), max = Number(last)): Promise<Ended> =>
      at.run(['sh', jobFile('slurm-array.sh')], {
        FILE: at.file,
        VAULT: 'photos',
        UPLOAD_ID: uploadId,
        SLURM_ARRAY_TASK_ID: `${id}`,
        SLURM_ARRAY_TASK_MIN: `${min}`,
        SLURM_ARRAY_TASK_MAX: `${max}`,
        SLURM_ARRAY_TASK_COUNT: `${max - min + 1}`,
      });
    const ids = Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
    expect(ids).toHaveLength(8);
    for (const id of ids.filter((each) => each !== 3))
      expect(await task(id)).toMatchObject({ status: 0, stdout: '' });
    const complete = ['glacier-up', 'complete', at.file, `--upload-id=${uploadId}`];
    expect(await at.run(complete)).toMatchObject({ status: 1, stdout: '' });
    expect(await task(3, 3, 3)).toMatchObject({ status: 0, stdout: '' });
    const { status, stdout } = await at.run(complete);
    expect(status).toBe(0);
    expectOneArchive(at, stdout.trim());
  });

  test('is one that a POSIX shell can read', () => {
    for (const name of ['slurm-array.sh', 'gnu-parallel.sh']) {
      expect(spawnSync('sh', ['-n', jobFile(name)], { encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    }
  });
});

interface KubernetesJob {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    completionMode?: string;
    completions?: number;
    parallelism?: number;
    podFailurePolicy?: {
      rules: { action: string; onExitCodes: { containerName: string; values: number[] } }[];
    };
    template: {
      spec: {
        restartPolicy: string;
        containers: {
          name: string;
          args: string[];
          volumeMounts: { name: string; mountPath: string }[];
          envFrom: object[];
        }[];
        volumes: { name: string }[];
      };
    };
  };
}

describe('the Jobs for Kubernetes', () => {
  const jobs = ['begin', 'shards', 'complete'].map(
    (step) => parseYaml(readFileSync(jobFile(`kubernetes-${step}.yaml`), 'utf8')) as KubernetesJob,
  );

  test('are Jobs whose mounts are volumes that they have', () => {
    for (const { apiVersion, kind, spec } of jobs) {
      expect({ apiVersion, kind }).toEqual({ apiVersion: 'batch/v1', kind: 'Job' });
      const pod = spec.template.spec;
      expect(pod.restartPolicy).toBe('Never');
      expect(pod.containers).toHaveLength(1);
      const mounted = pod.containers[0]?.volumeMounts.map(({ name }) => name);
      expect(pod.volumes.map(({ name }) => name)).toEqual(mounted);
    }
    const [, shards] = jobs;
    expect(shards?.spec).toMatchObject({ completionMode: 'Indexed', completions: 8, parallelism: 8 });
    expect(shards?.spec.podFailurePolicy?.rules[0]?.onExitCodes).toMatchObject({
      containerName: 'glacier-up',
      values: [2, 3, 7, 8],
    });
  });

  test('begin, send and complete an archive', async () => {
    const at = await cluster();
    const inPod = (job: KubernetesJob | undefined, env: Record<string, string> = {}): Promise<Ended> => {
      const args = job?.spec.template.spec.containers[0]?.args ?? [];
      const here = (word: string): string => word.replace(/^\/(archives|state)/, `${at.folder}/$1`);
      return at.run(['glacier-up', ...args.map(here)], env);
    };
    const [begin, shards, complete] = jobs;
    const begun = await inPod(begin);
    expect(begun).toMatchObject({ status: 0, stderr: '' });
    const env = { GLACIER_UP_UPLOAD_ID: begun.stdout.trim() };
    for (let index = 0; index < (shards?.spec.completions ?? 0); index += 1) {
      const pod = { ...env, HOME: '/proc/nowhere', JOB_COMPLETION_INDEX: `${index}` };
      expect(await inPod(shards, pod)).toMatchObject({ status: 0, stdout: '' });
    }
    const { status, stdout } = await inPod(complete, env);
    expect(status).toBe(0);
    expectOneArchive(at, stdout.trim());
    expect(at.receiptIds(join(at.folder, 'state/glacier-up'))).toEqual([stdout.trim()]);
  });
});

describe('the files for AWS Batch', () => {
  const json = (name: string) => JSON.parse(readFileSync(jobFile(name), 'utf8'));

  test.each([
    ['register-job-definition', 'aws-batch-job-definition.json'],
    ['submit-job', 'aws-batch-shards.json'],
    ['submit-job', 'aws-batch-complete.json'],
  ])('are what "aws batch %s" takes: %s', async (operation, name) => {
    const input = ['--cli-input-json', `file://${jobFile(name)}`, '--generate-cli-skeleton', 'output'];
    const words = ['batch', operation, '--region', 'eu-west-1', ...input];
    const { exitCode, stderr } = await runAws(words, { PATH: '/usr/bin:/bin', HOME: tempFolder() });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test('send an archive by an array, and complete it', async () => {
    const at = await cluster();
    const uploadId = await at.begin();
    const definition = json('aws-batch-job-definition.json');
    const inContainer = (
      command: string[],
      overrides: { name: string; value: string }[],
      more = {},
    ): Promise<Ended> => {
      const { environment } = definition.containerProperties as { environment: typeof overrides };
      const here = (word: string): string => word.replace(/^\/(archives|state)/, `${at.folder}/$1`);
      const all = [...environment, ...overrides].map(({ name, value }) => [name, here(value)]);
      const words = command.map((word) => here(word === 'Ref::file' ? definition.parameters.file : word));
      return at.run(['glacier-up', ...words], { ...Object.fromEntries(all), ...more });
    };
    /** As README.md has sed put it in. */
    const filled = (name: string) =>
      JSON.parse(readFileSync(jobFile(name), 'utf8').replaceAll(/(?<!GLACIER_UP_)UPLOAD_ID/g, uploadId));
    const shards = filled('aws-batch-shards.json');
    const { size } = shards.arrayProperties;
    expect(size).toBe(8);
    for (let index = 0; index < size; index += 1) {
      const child = { AWS_BATCH_JOB_ARRAY_INDEX: `${index}`, AWS_BATCH_JOB_ARRAY_SIZE: `${size}` };
      const ended = await inContainer(
        definition.containerProperties.command,
        shards.containerOverrides.environment,
        child,
      );
      expect(ended).toMatchObject({ status: 0, stdout: '' });
    }
    const { command, environment } = filled('aws-batch-complete.json').containerOverrides;
    const { status, stdout } = await inContainer(command, environment);
    expect(status).toBe(0);
    expectOneArchive(at, stdout.trim());
    expect(at.receiptIds(join(at.folder, 'state/glacier-up'))).toEqual([stdout.trim()]);
  });
});
