/**
 * Whether the number in the environment was given to this process. A job inherits the environment of the task that
 * submitted it, and GNU `sem` numbers every command 1; the variables look the same as in a task of an array.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { GlacierUpError } from '../../../errors.js';
import { type Environment, gnuParallel, type Scheduler, slurm } from './job-array.js';

const run = promisify(execFile);
/** A controller that is busy with thousands of tasks takes its time. */
const squeueTimeoutMs = 60_000;

/** @throws GlacierUpError `usage` when the number was inherited or says nothing, `temporary` when Slurm does not answer */
export async function assertOwnTask(scheduler: Scheduler, env: Environment): Promise<void> {
  if (scheduler === slurm) await assertSlurmTask(env);
  if (scheduler === gnuParallel) await assertParallelJob(env);
}

/**
 * sbatch hands on all SLURM_ARRAY_… variables, and Slurm overwrites only the job ID. So the ID is looked up, but for the
 * task whose job ID is that of the array: no other job can have it.
 */
async function assertSlurmTask(env: Environment): Promise<void> {
  const { SLURM_JOB_ID: jobId, SLURM_ARRAY_JOB_ID: arrayId, SLURM_ARRAY_TASK_ID: taskId } = env;
  if (!jobId || jobId === arrayId) return;
  const tasks = await tasksOf(jobId, env);
  if (tasks.some(([job, array, task]) => job === jobId && array === arrayId && task === taskId)) return;
  throw new GlacierUpError(
    'usage',
    `--shard auto: Slurm job ${jobId} is not task ${taskId} of an array; it inherited SLURM_ARRAY_TASK_ID from the job that submitted it`,
    { hint: 'write --shard I/N' },
  );
}

/** Job ID, array job ID and task ID, as Slurm knows them. */
async function tasksOf(jobId: string, env: Environment): Promise<string[][]> {
  try {
    const words = ['--noheader', '--jobs', jobId, '--format', '%A %F %K'];
    const { stdout } = await run('squeue', words, { env, timeout: squeueTimeoutMs });
    return stdout.split('\n').map((line) => line.trim().split(/\s+/));
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const isMissing = code === 'ENOENT';
    const cause = isMissing
      ? 'squeue: command not found'
      : stderr?.trim().split('\n').at(-1) || 'squeue failed';
    throw new GlacierUpError(
      isMissing ? 'usage' : 'temporary',
      `--shard auto: cannot tell whether SLURM_ARRAY_TASK_ID (${env.SLURM_ARRAY_TASK_ID}) belongs to Slurm job ${jobId} or to the job that submitted it (${cause})`,
      { hint: 'write --shard "$SLURM_ARRAY_TASK_ID/N"', cause: error },
    );
  }
}

/** On another machine PARALLEL_PID means nothing; sem starts commands only on its own. */
async function assertParallelJob(env: Environment): Promise<void> {
  const { PARALLEL_PID: pid, PARALLEL_SSHLOGIN: login = ':', PARALLEL_SEQ: number } = env;
  if (!pid || login !== ':') return;
  const words = /^\d+$/.test(pid) ? await commandLine(pid) : [];
  const program = words.slice(0, 3).map((word) => basename(word));
  const hint = "write --shard I/N, or --shard '{#}/N' in the command that GNU parallel runs";
  if (program.includes('sem') || words.some((word) => /^--(sem\w*|id|fg|bg|st)(=|$)/.test(word))) {
    throw new GlacierUpError(
      'usage',
      `--shard auto: PARALLEL_SEQ (${number}) comes from GNU sem, which gives every command the number 1`,
      { hint },
    );
  }
  if (program.some((word) => word.includes('parallel'))) return;
  throw new GlacierUpError(
    'usage',
    `--shard auto: PARALLEL_SEQ (${number}) was inherited; process ${pid}, which set it, is not a running GNU parallel`,
    { hint },
  );
}

async function commandLine(pid: string): Promise<string[]> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    return (await run('ps', ['-o', 'args=', '-p', pid])).stdout.trim().split(/\s+/);
  } catch {
    return [];
  }
}
