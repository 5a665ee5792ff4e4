/** `--shard auto`: the share that the scheduler of a job array has given to this process. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import type { Shard } from '../../../transfer/shards/send-shard.js';
import {
  type Environment,
  type Scheduler,
  schedulers,
  schedulersIn,
  taskCount,
  taskNumber,
} from './job-array.js';
import { assertOwnTask } from './own-task.js';
import type { ShardOption } from './shard-option.js';

/**
 * Which shard this process is to send.
 * @throws GlacierUpError `usage` when `auto` finds no scheduler, several, no count, or a number given to another process
 */
export async function resolveShard(option: ShardOption, env: Environment): Promise<Shard> {
  if (!('auto' in option)) return option;
  const scheduler = onlyScheduler(env);
  const number = taskNumber(scheduler, env);
  const count = option.count ?? taskCount(scheduler, env);
  if (option.count !== undefined && number > count) {
    throw new GlacierUpError(
      'usage',
      `${scheduler.numberVariable} is ${number}, which is beyond the ${counted(count, 'shard')}`,
      {
        hint: `let the numbers be 0 to ${count - 1}, or 1 to ${count}`,
      },
    );
  }
  await assertOwnTask(scheduler, env);
  return { index: number % count, count };
}

function onlyScheduler(env: Environment): Scheduler {
  const [scheduler, ...others] = schedulersIn(env);
  if (!scheduler) {
    const names = schedulers.map(({ numberVariable }) => numberVariable).join(', ');
    throw new GlacierUpError('usage', `--shard auto finds no job array: none of ${names} is set`, {
      hint: 'write --shard I/N',
    });
  }
  if (others.length === 0) return scheduler;
  const names = [scheduler, ...others].map(({ numberVariable }) => numberVariable).join(' and ');
  throw new GlacierUpError('usage', `--shard auto could follow ${names}: all of them are set`, {
    hint: 'write --shard I/N',
  });
}
