/** `--shard`: a share of an upload's parts, as it is written or as the scheduler of a job array says it. */
import type { Shard } from '../../../transfer/shards/send-shard.js';
import { InvalidValue } from '../../parser/invalid-value.js';
import { type Scheduler, schedulers } from './job-array.js';

/** A shard, or `auto` with the count if it was given. */
export type ShardOption = Shard | { auto: true; count?: number };

export const autoShardText =
  'With auto, i comes from SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX (Kubernetes), AWS_BATCH_JOB_ARRAY_INDEX, SGE_TASK_ID (Grid Engine) or PARALLEL_SEQ (GNU parallel), ' +
  'and n from SLURM_ARRAY_TASK_COUNT, AWS_BATCH_JOB_ARRAY_SIZE or SGE_TASK_LAST; Kubernetes and GNU parallel set no count: write auto/n there, n being the completions or the number of jobs. ' +
  'With auto/n, a few tasks of an array can be run again as a smaller array. ' +
  'A number that was inherited is refused: squeue must confirm that the Slurm job is that task, and GNU sem numbers every command 1.';

/** For the man page. */
export const shardVariables = [
  ...schedulers.map((scheduler) => ({
    name: scheduler.numberVariable,
    help:
      `With --shard auto: the number of this task, which ${scheduler.name} counts ${scheduler.countsFrom}. The shard is the remainder when it is divided by ` +
      countText(scheduler),
  })),
  {
    name: 'SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_MAX, SGE_TASK_STEPSIZE',
    help: 'With --shard auto: checked. An array whose numbers have gaps needs auto/n.',
  },
  {
    name: 'SLURM_JOB_ID, SLURM_ARRAY_JOB_ID, PARALLEL_PID, PARALLEL_SSHLOGIN',
    help: 'With --shard auto: tell whether the number was given to this process, or inherited.',
  },
];

function countText({ countVariable, bounds }: Scheduler): string {
  if (countVariable !== null) return `${countVariable}, or by the n of auto/n.`;
  return bounds
    ? `the number of tasks, ${bounds.first} to ${bounds.last}, or by the n of auto/n.`
    : 'the n of auto/n.';
}

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
