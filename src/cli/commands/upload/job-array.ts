/** Job arrays: the variables in which each scheduler gives a task its number, and what they say. */
import { GlacierUpError } from '../../../errors.js';

export type Environment = Record<string, string | undefined>;

export interface Scheduler {
  name: string;
  /** The variable with the number of this task. */
  numberVariable: string;
  /** The variable with the number of tasks; null where the scheduler sets none. */
  countVariable: string | null;
  /** From what the scheduler counts. */
  countsFrom: string;
  /** The variables with the lowest and the highest number, where an array of tasks 1, 2 and 7 can be asked for. */
  bounds?: { first: string; last: string; step?: string };
}

export const slurm: Scheduler = {
  name: 'Slurm',
  numberVariable: 'SLURM_ARRAY_TASK_ID',
  countVariable: 'SLURM_ARRAY_TASK_COUNT',
  countsFrom: 'as --array says',
  bounds: { first: 'SLURM_ARRAY_TASK_MIN', last: 'SLURM_ARRAY_TASK_MAX' },
};

export const gnuParallel: Scheduler = {
  name: 'GNU parallel',
  numberVariable: 'PARALLEL_SEQ',
  countVariable: null,
  countsFrom: 'from 1',
};

export const schedulers: readonly Scheduler[] = [
  slurm,
  { name: 'Kubernetes', numberVariable: 'JOB_COMPLETION_INDEX', countVariable: null, countsFrom: 'from 0' },
  {
    name: 'AWS Batch',
    numberVariable: 'AWS_BATCH_JOB_ARRAY_INDEX',
    countVariable: 'AWS_BATCH_JOB_ARRAY_SIZE',
    countsFrom: 'from 0',
  },
  {
    name: 'Grid Engine',
    numberVariable: 'SGE_TASK_ID',
    countVariable: null,
    countsFrom: 'as -t says',
    bounds: { first: 'SGE_TASK_FIRST', last: 'SGE_TASK_LAST', step: 'SGE_TASK_STEPSIZE' },
  },
  gnuParallel,
];

/** The schedulers that have numbered this process. Grid Engine says `undefined` in a job that is not an array. */
export function schedulersIn(env: Environment): Scheduler[] {
  return schedulers.filter(
    ({ numberVariable }) => !['', 'undefined', undefined].includes(env[numberVariable]),
  );
}

/** @throws GlacierUpError `usage` when the variable holds something else */
export function taskNumber({ numberVariable }: Scheduler, env: Environment): number {
  return wholeNumber(env, numberVariable);
}

/** @throws GlacierUpError `usage` when the scheduler does not say how many tasks there are, or the numbers have gaps */
export function taskCount({ name, countVariable, bounds }: Scheduler, env: Environment): number {
  const span = bounds && wholeNumber(env, bounds.last) - wholeNumber(env, bounds.first) + 1;
  if (countVariable !== null && !env[countVariable]) throw noCount(`${countVariable} is not set`);
  const count = countVariable === null ? span : wholeNumber(env, countVariable);
  if (count === undefined) throw noCount(`${name} does not set it`);
  if (count < 1) throw new GlacierUpError('usage', `${countVariable} is ${count}: there is no shard`);
  if (bounds === undefined) return count;
  const step = bounds.step === undefined ? 1 : wholeNumber(env, bounds.step);
  // Only numbers that follow each other leave each remainder once.
  if (step === 1 && span === count) return count;
  throw new GlacierUpError('usage', `${arrayText(bounds, env)}: the numbers have gaps`, {
    hint: 'number the tasks without gaps, or write --shard auto/N with the number of shards',
  });
}

function noCount(cause: string): GlacierUpError {
  return new GlacierUpError('usage', `--shard auto does not know how many shards there are (${cause})`, {
    hint: 'write --shard auto/N with the number of shards',
  });
}

function arrayText({ first, last }: NonNullable<Scheduler['bounds']>, env: Environment): string {
  return `the tasks of the array are numbered from ${env[first]} to ${env[last]}`;
}

function wholeNumber(env: Environment, name: string): number {
  const text = env[name] ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new GlacierUpError('usage', `${name} is ${JSON.stringify(text)}: it should be a whole number`);
}
