/** `--shard`: a share of an upload's parts, as it is written or as the scheduler of a job array says it. */
import { GlacierUpError } from '../errors.js';
import type { Shard } from '../transfer/send-shard.js';
import { InvalidValue } from './invalid-value.js';

/** A shard, or `auto` with the count if it was given. */
export type ShardOption = Shard | { auto: true; count?: number };

type Environment = Record<string, string | undefined>;

interface Scheduler {
  name: string;
  /** The variable with the number of this task. */
  numberVariable: string;
  /** The variable with the number of tasks; null where the scheduler tells none. */
  countVariable: string | null;
  /** From what the scheduler counts. */
  countsFrom: string;
  /** An array of tasks 1, 2 and 7 can be asked for. */
  mayHaveGaps?: true;
}

const schedulers: readonly Scheduler[] = [
  {
    name: 'Slurm',
    numberVariable: 'SLURM_ARRAY_TASK_ID',
    countVariable: 'SLURM_ARRAY_TASK_COUNT',
    countsFrom: 'as --array says',
    mayHaveGaps: true,
  },
  {
    name: 'Kubernetes',
    numberVariable: 'JOB_COMPLETION_INDEX',
    countVariable: null,
    countsFrom: 'from 0',
  },
  {
    name: 'AWS Batch',
    numberVariable: 'AWS_BATCH_JOB_ARRAY_INDEX',
    countVariable: 'AWS_BATCH_JOB_ARRAY_SIZE',
    countsFrom: 'from 0',
  },
  { name: 'GNU parallel', numberVariable: 'PARALLEL_SEQ', countVariable: null, countsFrom: 'from 1' },
];

export const autoShardText =
  'With auto, i comes from SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX (Kubernetes), AWS_BATCH_JOB_ARRAY_INDEX or PARALLEL_SEQ (GNU parallel), ' +
  'and n from SLURM_ARRAY_TASK_COUNT or AWS_BATCH_JOB_ARRAY_SIZE; Kubernetes and GNU parallel tell no count: write auto/n there, n being the completions or the number of jobs. ' +
  'With auto/n, a few tasks of an array can be run again as a smaller array.';

/** For the man page. */
export const shardVariables = [
  ...schedulers.map(({ name, numberVariable, countVariable, countsFrom }) => ({
    name: numberVariable,
    help:
      `With --shard auto: the number of this task, which ${name} counts ${countsFrom}. The shard is what remains of it when divided by the count` +
      (countVariable === null ? ', which auto/n gives.' : ` in ${countVariable}, or by that of auto/n.`),
  })),
  {
    name: 'SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_MAX',
    help: 'With --shard auto: checked. An array that leaves numbers out needs its shards written out.',
  },
];

const mostShards = 10_000;
const form = 'Write I/N, I from 0 to N-1, for example 0/8; or auto, or auto/N.';

/** `3/8`, `auto`, `auto/8`. `8/8` is `0/8`: for schedulers that count from 1. */
export function parseShard(text: string): ShardOption {
  const match = /^(?:(\d{1,9})|auto)(?:\/(\d{1,9}))?$/.exec(text);
  if (!match) throw new InvalidValue(form);
  const [, number, countText] = match;
  const count = countText === undefined ? undefined : Number(countText);
  if (count !== undefined && (count < 1 || count > mostShards)) {
    throw new InvalidValue(`N is from 1 to ${mostShards}: an upload has no more parts.`);
  }
  if (number === undefined) return { auto: true, ...(count === undefined ? {} : { count }) };
  if (count === undefined) throw new InvalidValue(form);
  if (Number(number) > count) throw new InvalidValue(`I is from 0 to ${count - 1}.`);
  return { index: Number(number) % count, count };
}

/**
 * Which shard this process is to send.
 * @throws GlacierUpError `usage` when `auto` finds no scheduler, several, or no count
 */
export function resolveShard(option: ShardOption, env: Environment): Shard {
  if (!('auto' in option)) return option;
  const [scheduler, ...others] = schedulers.filter(({ numberVariable }) => env[numberVariable]);
  if (!scheduler) {
    const names = schedulers.map(({ numberVariable }) => numberVariable).join(', ');
    throw new GlacierUpError('usage', `--shard auto finds no job array: none of ${names} is set`, {
      hint: 'write --shard I/N',
    });
  }
  if (others.length > 0) {
    const names = [scheduler, ...others].map(({ numberVariable }) => numberVariable).join(' and ');
    throw new GlacierUpError('usage', `--shard auto could follow ${names}: all of them are set`, {
      hint: 'write --shard I/N',
    });
  }
  const number = wholeNumber(env, scheduler.numberVariable);
  const count = option.count ?? countOf(scheduler, env);
  if (option.count !== undefined && number > count) {
    throw new GlacierUpError(
      'usage',
      `${scheduler.numberVariable} is ${number}: of ${count} shards there is none of that number`,
      {
        hint: `let the numbers be 0 to ${count - 1}, or 1 to ${count}`,
      },
    );
  }
  return { index: number % count, count };
}

function countOf({ name, countVariable, mayHaveGaps }: Scheduler, env: Environment): number {
  if (countVariable === null || !env[countVariable]) {
    const missing = countVariable === null ? `${name} tells no count` : `${countVariable} is not set`;
    throw new GlacierUpError('usage', `--shard auto does not know how many shards there are: ${missing}`, {
      hint: 'write --shard auto/N with the number of shards',
    });
  }
  const count = wholeNumber(env, countVariable);
  if (count < 1) throw new GlacierUpError('usage', `${countVariable} is ${count}: there is no shard`);
  if (mayHaveGaps) assertNoGaps(count, env);
  return count;
}

/** Only numbers that follow on each other leave each remainder once. */
function assertNoGaps(count: number, env: Environment): void {
  const span = wholeNumber(env, 'SLURM_ARRAY_TASK_MAX') - wholeNumber(env, 'SLURM_ARRAY_TASK_MIN') + 1;
  if (span === count) return;
  throw new GlacierUpError('usage', `the array has ${count} tasks, and their numbers have gaps`, {
    hint: 'number them without gaps, or write --shard auto/N with the number of shards',
  });
}

function wholeNumber(env: Environment, name: string): number {
  const text = env[name] ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new GlacierUpError('usage', `${name} is ${JSON.stringify(text)}: it should be a whole number`);
}
