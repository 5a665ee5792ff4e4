/** The job files of docs/many-machines, run as they stand: the schedulers' part is played, but for GNU parallel's. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { readVault, type ServeOptions, serve } from '../faults/helpers/vault-process.js';
import { MiB, seededFile } from '../helpers/bytes.js';
import { sha256Of } from '../helpers/place.js';
import { tempFolder } from '../helpers/temp-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const jobFile = (name: string): string => join(root, 'docs/many-machines', name);

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A home that all processes share, a file of 20 parts, `glacier-up` on the path, and a vault served by a process. */
async function cluster(options: ServeOptions = {}) {
  const folder = tempFolder();
  for (const name of ['bin', 'home', 'archives', 'state']) mkdirSync(join(folder, name));
  const command = join(folder, 'bin/glacier-up');
  const started = join(folder, 'started');
  writeFileSync(
    command,
    `#!/bin/sh\necho "$*" >>'${started}'\nexec '${process.execPath}' '${root}bin/glacier-up.js' "$@"\n`,
  );
  chmodSync(command, 0o755);
  const file = join(folder, 'archives/big.tar');
  seededFile(file, 19.5 * MiB);
  const served = await serve(options);
  await served.createVault('photos');
  const env: Record<string, string> = {
    HOME: join(folder, 'home'),
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    AWS_ACCESS_KEY_ID: 'any',
    AWS_SECRET_ACCESS_KEY: 'any',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_GLACIER: served.url,
    GLACIER_UP_VAULT: 'photos',
    GLACIER_UP_PART_SIZE: '1M',
  };
  const start = (words: string[], more: Record<string, string> = {}) => {
    const [name = '', ...rest] = words;
    const child = spawn(name, rest, { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => {
      said.stdout += text;
    });
    child.stderr.on('data', (text) => {
      said.stderr += text;
    });
    const ended = once(child, 'close').then(([status]): Ended => ({ status, ...said }));
    return { ended };
  };
  const run = (words: string[], more?: Record<string, string>): Promise<Ended> => start(words, more).ended;
  return {
    folder,
    file,
    served,
    env,
    start,
    run,
    begin: async (): Promise<string> => (await run(['glacier-up', 'upload', file, '--begin'])).stdout.trim(),
    /** The words of every `glacier-up` that has been started, in order. */
    starts: (): string[] => readFileSync(started, 'utf8').trim().split('\n'),
    contents: () => readVault(served.folder, 'photos'),
    receiptIds: (state = join(folder, 'home/.local/share/glacier-up')): string[] =>
      readFileSync(join(state, 'receipts.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).archiveId),
  };
}

type Cluster = Awaited<ReturnType<typeof cluster>>;

function expectOneArchive(at: Cluster, archiveId: string): void {
  const { archives, openUploads } = at.contents();
  expect(archives).toMatchObject([{ archiveId, sha256: sha256Of(at.file), sizeBytes: 19.5 * MiB }]);
  expect(openUploads).toEqual([]);
}

/** Processes of Node that send a shard of the file; the shells that start them are none. */
function shardProcesses(file: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[0]?.endsWith('node') && words.includes('--shard') && words.includes(file);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 12_000) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

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
    expect(at.receiptIds(join(at.folder, 'state'))).toEqual([stdout.trim()]);
  });
});

describe('the files for AWS Batch', () => {
  const json = (name: string) => JSON.parse(readFileSync(jobFile(name), 'utf8'));

  test.each([
    ['register-job-definition', 'aws-batch-job-definition.json'],
    ['submit-job', 'aws-batch-shards.json'],
    ['submit-job', 'aws-batch-complete.json'],
  ])('are what "aws batch %s" takes: %s', (operation, name) => {
    const input = ['--cli-input-json', `file://${jobFile(name)}`, '--generate-cli-skeleton', 'output'];
    const { status, stderr } = spawnSync(
      '/usr/bin/aws',
      ['batch', operation, '--region', 'eu-west-1', ...input],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: tempFolder() },
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
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
