import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveShard } from '../../../src/cli/commands/upload/resolve-shard.js';
import { parseShard, shardVariables } from '../../../src/cli/commands/upload/shard-option.js';
import { tempFolder } from '../../helpers/temp-folder.js';

describe('--shard', () => {
  test.each([
    ['0/8', { index: 0, count: 8 }],
    ['7/8', { index: 7, count: 8 }],
    ['8/8', { index: 0, count: 8 }],
    ['0/1', { index: 0, count: 1 }],
    ['auto', { auto: true }],
    ['auto/8', { auto: true, count: 8 }],
    ['auto/1', { auto: true, count: 1 }],
    ['9999/10000', { index: 9999, count: 10_000 }],
  ])('%s is understood', (text, shard) => {
    expect(parseShard(text)).toStrictEqual(shard);
  });

  test.each([
    '',
    '3',
    '/8',
    '3/',
    '9/8',
    '-1/8',
    '1/0',
    '0/0',
    '1.5/8',
    '1/8/2',
    'auto/0',
    'AUTO',
    '1/10001',
    ' 1/8',
  ])('"%s" is refused', (text) => {
    expect(() => parseShard(text)).toThrow(/Write|is from/);
  });

  test('says which numbers there are', async () => {
    expect(() => parseShard('9/8')).toThrow('I is from 0 to 7.');
    await expect(resolveShard({ auto: true, count: 8 }, { JOB_COMPLETION_INDEX: '9' })).rejects.toMatchObject(
      {
        hint: 'let the numbers be 0 to 7, or 1 to 8',
      },
    );
    await expect(resolveShard({ auto: true }, {})).rejects.toMatchObject({
      message:
        '--shard auto finds no job array: none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, SGE_TASK_ID, PARALLEL_SEQ is set',
    });
  });

  test('numbers from 0 and numbers from 1 both give every part to one shard', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0, 1), async (count, first) => {
        const written = Array.from({ length: count }, (_, task) => parseShard(`${task + first}/${count}`));
        const shards = await Promise.all(written.map((shard) => resolveShard(shard, {})));
        const indexes = shards.map(({ index }) => index);
        expect(indexes.sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
      }),
    );
  });
});

const slurm = (id: number, min: number, max: number, count = max - min + 1) => ({
  SLURM_ARRAY_TASK_ID: `${id}`,
  SLURM_ARRAY_TASK_MIN: `${min}`,
  SLURM_ARRAY_TASK_MAX: `${max}`,
  SLURM_ARRAY_TASK_COUNT: `${count}`,
});

const gridEngine = (id: string, first: string, last: string, step = '1') => ({
  SGE_TASK_ID: id,
  SGE_TASK_FIRST: first,
  SGE_TASK_LAST: last,
  SGE_TASK_STEPSIZE: step,
});

describe('--shard auto', () => {
  test.each<[string, string, Record<string, string>, object]>([
    ['Slurm, from 0', 'auto', slurm(3, 0, 7), { index: 3, count: 8 }],
    ['Slurm, from 1', 'auto', slurm(8, 1, 8), { index: 0, count: 8 }],
    ['Slurm, from 10', 'auto', slurm(12, 10, 14), { index: 2, count: 5 }],
    ['Slurm, a single task', 'auto', slurm(0, 0, 0), { index: 0, count: 1 }],
    ['Slurm, one task run again', 'auto/8', slurm(3, 3, 3), { index: 3, count: 8 }],
    ['Slurm, several run again', 'auto/8', slurm(5, 1, 5, 2), { index: 5, count: 8 }],
    ['Kubernetes', 'auto/8', { JOB_COMPLETION_INDEX: '7' }, { index: 7, count: 8 }],
    [
      'AWS Batch',
      'auto',
      { AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '8' },
      { index: 0, count: 8 },
    ],
    ['Grid Engine', 'auto', gridEngine('3', '1', '8'), { index: 3, count: 8 }],
    ['Grid Engine, several run again', 'auto/8', gridEngine('5', '3', '5', '2'), { index: 5, count: 8 }],
    ['GNU parallel', 'auto/8', { PARALLEL_SEQ: '8' }, { index: 0, count: 8 }],
    [
      'GNU parallel within a plain job of Grid Engine',
      'auto/8',
      { PARALLEL_SEQ: '3', ...gridEngine('undefined', 'undefined', 'undefined', 'undefined') },
      { index: 3, count: 8 },
    ],
    [
      'GNU parallel within a plain job of Slurm',
      'auto/8',
      { PARALLEL_SEQ: '3', SLURM_JOB_ID: '200', PATH: '/nowhere' },
      { index: 3, count: 8 },
    ],
    [
      'Slurm, from a command of GNU parallel that has ended',
      'auto',
      { ...slurm(3, 0, 7), PARALLEL_PID: '999999999' },
      { index: 3, count: 8 },
    ],
    [
      'GNU parallel on another machine, where its process cannot be seen',
      'auto/8',
      { PARALLEL_SEQ: '1', PARALLEL_PID: '999999999', PARALLEL_SSHLOGIN: 'host1' },
      { index: 1, count: 8 },
    ],
    [
      'Slurm, the task whose job ID is that of the array',
      'auto',
      { ...slurm(7, 0, 7), SLURM_JOB_ID: '100', SLURM_ARRAY_JOB_ID: '100' },
      { index: 7, count: 8 },
    ],
  ])('%s', async (_, text, env, shard) => {
    expect(await resolveShard(parseShard(text), env)).toEqual(shard);
  });

  test.each<[string, string, Record<string, string>, RegExp]>([
    ['no scheduler', 'auto/8', {}, /finds no job array/],
    ['an empty variable', 'auto/8', { PARALLEL_SEQ: '' }, /finds no job array/],
    [
      'two schedulers',
      'auto',
      { ...slurm(1, 0, 7), PARALLEL_SEQ: '3' },
      /SLURM_ARRAY_TASK_ID and PARALLEL_SEQ/,
    ],
    ['Kubernetes without a count', 'auto', { JOB_COMPLETION_INDEX: '1' }, /Kubernetes does not set it/],
    ['GNU parallel without a count', 'auto', { PARALLEL_SEQ: '1' }, /GNU parallel does not set it/],
    [
      'an array of one job',
      'auto',
      { AWS_BATCH_JOB_ARRAY_INDEX: '0' },
      /AWS_BATCH_JOB_ARRAY_SIZE is not set/,
    ],
    [
      'a job of Grid Engine that is not an array',
      'auto/8',
      gridEngine('undefined', 'undefined', 'undefined', 'undefined'),
      /finds no job array/,
    ],
    [
      'a Grid Engine array with gaps',
      'auto',
      gridEngine('4', '2', '8', '2'),
      /from 2 to 8: the numbers have gaps/,
    ],
    ['a stepped Slurm array', 'auto', slurm(4, 0, 14, 8), /from 0 to 14: the numbers have gaps/],
    ['a Slurm array with gaps', 'auto', slurm(3, 1, 7, 3), /gaps/],
    ['a number beyond the count', 'auto/8', { JOB_COMPLETION_INDEX: '9' }, /beyond the 8 shards/],
    ['a number that cannot be read', 'auto/8', { JOB_COMPLETION_INDEX: 'x' }, /JOB_COMPLETION_INDEX is "x"/],
    [
      'an array of which Slurm does not tell the lowest number',
      'auto',
      { ...slurm(1, 0, 7), SLURM_ARRAY_TASK_MIN: '' },
      /SLURM_ARRAY_TASK_MIN is ""/,
    ],
    [
      'an array of which Grid Engine does not tell the step',
      'auto',
      { SGE_TASK_ID: '1', SGE_TASK_FIRST: '1', SGE_TASK_LAST: '8' },
      /SGE_TASK_STEPSIZE is ""/,
    ],
    [
      'a Grid Engine array without a valid step',
      'auto',
      gridEngine('1', '1', '2', '2'),
      /from 1 to 2: the numbers have gaps/,
    ],
    ['a count of none', 'auto', { ...slurm(0, 0, 0), SLURM_ARRAY_TASK_COUNT: '0' }, /there is no shard/],
  ])('%s is refused', async (_, text, env, message) => {
    await expect(resolveShard(parseShard(text), env)).rejects.toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }),
    );
  });
});

/** A folder with a `squeue` that knows the tasks of array 100, whose job IDs are 101 to 108, and the plain job 200. */
function slurmHere(text = slurmAnswer): Record<string, string> {
  const folder = tempFolder();
  writeFileSync(join(folder, 'squeue'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { PATH: `${folder}:/usr/bin:/bin` };
}
const slurmAnswer = `[ "$*" = "--noheader --jobs $SLURM_JOB_ID --format %A %F %K" ] || exit 2
case $SLURM_JOB_ID in
  10[1-8]) echo " $SLURM_JOB_ID 100 $((SLURM_JOB_ID - 101)) " ;;
  *) echo "$SLURM_JOB_ID $SLURM_JOB_ID N/A" ;;
esac`;

describe('--shard auto in a Slurm job', () => {
  const job = (id: string) => ({ ...slurm(3, 0, 7), SLURM_ARRAY_JOB_ID: '100', SLURM_JOB_ID: id });

  test('goes by the number that squeue confirms', async () => {
    expect(await resolveShard({ auto: true }, { ...job('104'), ...slurmHere() })).toEqual({
      index: 3,
      count: 8,
    });
  });

  test.each([
    ['200', 'a plain job'],
    ['105', 'another task'],
  ])('is refused where job %s, %s, inherited the number', async (id) => {
    await expect(
      resolveShard({ auto: true, count: 8 }, { ...job(id), ...slurmHere() }),
    ).rejects.toMatchObject({
      code: 'usage',
      message: `--shard auto: Slurm job ${id} is not task 3 of an array; it inherited SLURM_ARRAY_TASK_ID from the job that submitted it`,
      hint: 'write --shard I/N',
    });
  });

  test.each([
    ['104 104 3', 'the number of another array'],
    ['105 100 3', 'the task of another job'],
    ['105 100 3\n104 99 3\n104 100 4', 'three that are not it'],
  ])('is refused where squeue says "%s": %s', async (answer) => {
    const env = { ...job('104'), ...slurmHere(`echo '${answer}'`) };
    await expect(resolveShard({ auto: true }, env)).rejects.toMatchObject({ code: 'usage' });
  });

  test('is found among the jobs that squeue names', async () => {
    const env = { ...job('104'), ...slurmHere("printf '105 100 4\\n104 100 3\\n'") };
    expect(await resolveShard({ auto: true }, env)).toEqual({ index: 3, count: 8 });
  });

  test('says the last line of what squeue complains of, or that it failed', async () => {
    const answers = [
      ['echo "a warning" >&2; echo "slurm is down" >&2; exit 1', '(slurm is down)'],
      ['exit 1', '(squeue failed)'],
    ] as const;
    for (const [script, cause] of answers) {
      await expect(
        resolveShard({ auto: true }, { ...job('104'), ...slurmHere(script) }),
      ).rejects.toMatchObject({
        code: 'temporary',
        message: expect.stringContaining(cause),
      });
    }
  });

  test('is refused where squeue is missing, and can be tried again where it does not answer', async () => {
    const without = resolveShard({ auto: true }, { ...job('104'), PATH: tempFolder() });
    await expect(without).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/belongs to Slurm job 104 .* \(squeue: command not found\)$/),
      hint: 'write --shard "$SLURM_ARRAY_TASK_ID/N"',
    });
    const broken = slurmHere('echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1');
    await expect(resolveShard({ auto: true }, { ...job('104'), ...broken })).rejects.toMatchObject({
      code: 'temporary',
      message: expect.stringContaining('(slurm_load_jobs error: Unable to contact slurm controller)'),
    });
  });
});

describe('--shard auto under GNU parallel', () => {
  test('is refused where the number was inherited from one that is not running', async () => {
    const env = { PARALLEL_SEQ: '3', PARALLEL_PID: `${process.pid}`, PARALLEL_SSHLOGIN: ':' };
    await expect(resolveShard({ auto: true, count: 8 }, env)).rejects.toMatchObject({
      code: 'usage',
      message: `--shard auto: PARALLEL_SEQ (3) was inherited; process ${process.pid}, which set it, is not a running GNU parallel`,
    });
  });

  /** A process whose command line is this, while the test runs. */
  async function running(argv0: string, words: string[]): Promise<number> {
    const child = spawn('/bin/sh', words, { argv0, stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => {
      child.kill();
    });
    await once(child.stdout, 'data');
    return child.pid ?? 0;
  }
  /** A script of this name, which stays until it is ended. */
  function script(name: string): string {
    const path = join(tempFolder(), name);
    writeFileSync(path, 'echo started; read nothing');
    return path;
  }
  const resolved = (pid: number | string, more: Record<string, string> = {}) =>
    resolveShard({ auto: true, count: 8 }, { PARALLEL_SEQ: '3', PARALLEL_PID: `${pid}`, ...more });

  test.each([
    ['its name', '/usr/bin/parallel', () => [script('x'), '-j2']],
    ['the name of the script that perl runs', 'perl', () => [script('parallel'), '-j2']],
    ['an option of perl before that', 'perl', () => ['-f', script('parallel'), '-j2']],
    ['another name of it', 'env_parallel', () => [script('x')]],
  ])('goes by the number of a process that is known by %s', async (_, argv0, words) => {
    const expected = { index: 3, count: 8 };
    expect(await resolved(await running(argv0, words()))).toEqual(expected);
    expect(await resolved('', {})).toEqual(expected);
  });

  test.each([
    ['sem', () => [script('x')]],
    ['perl', () => [script('sem')]],
    ['parallel', () => [script('x'), '--sem']],
    ['parallel', () => [script('x'), '--semaphore']],
    ['parallel', () => [script('x'), '--semaphorename=x']],
    ['parallel', () => [script('x'), '-j2', '--id', 'x']],
    ['parallel', () => [script('x'), '--id=x']],
    ['parallel', () => [script('x'), '--fg']],
    ['parallel', () => [script('x'), '--bg']],
  ])('is refused where GNU sem gave the number: %s, case %#', async (argv0, words) => {
    await expect(resolved(await running(argv0, words()))).rejects.toMatchObject({
      code: 'usage',
      message: '--shard auto: PARALLEL_SEQ (3) comes from GNU sem, which gives every command the number 1',
      hint: "write --shard I/N, or --shard '{#}/N' in the command that GNU parallel runs",
    });
  });

  test.runIf(process.platform === 'linux')('takes no word of an argument for an option of sem', async () => {
    const pid = await running('parallel', [script('x'), 'make --fg', '--sets', 'id']);
    expect(await resolved(pid)).toEqual({ index: 3, count: 8 });
  });

  test('is refused where the process is another, has ended, or is no process', async () => {
    const parallel = await running('parallel', [script('x')]);
    const other = await running('make', [script('x'), '-k', 'parallel']);
    for (const pid of [other, 999_999_999, 'x', `${parallel}/../${parallel}`]) {
      await expect(resolved(pid), String(pid)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(`process ${pid}, which set it, is not a running GNU parallel`),
      });
    }
    // Where it was started from another machine, its process is there.
    expect(await resolved(other, { PARALLEL_SSHLOGIN: 'host1' })).toEqual({ index: 3, count: 8 });
    await expect(resolved(other, { PARALLEL_SSHLOGIN: ':' })).rejects.toMatchObject({ code: 'usage' });
  });
});

test('the man page says of each scheduler what its variable counts, and where the number of shards comes from', () => {
  const helps = Object.fromEntries(shardVariables.map(({ name, help }) => [name, help]));
  const count = (name: string) => helps[name]?.split('divided by ')[1];
  expect(count('SLURM_ARRAY_TASK_ID')).toBe('SLURM_ARRAY_TASK_COUNT, or by the n of auto/n.');
  expect(count('AWS_BATCH_JOB_ARRAY_INDEX')).toBe('AWS_BATCH_JOB_ARRAY_SIZE, or by the n of auto/n.');
  expect(count('SGE_TASK_ID')).toBe(
    'the number of tasks, SGE_TASK_FIRST to SGE_TASK_LAST, or by the n of auto/n.',
  );
  for (const name of ['JOB_COMPLETION_INDEX', 'PARALLEL_SEQ']) expect(count(name)).toBe('the n of auto/n.');
  expect(helps.SGE_TASK_ID).toContain('the number of this task, which Grid Engine counts as -t says');
});
