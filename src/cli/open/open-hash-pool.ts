import { HashPool } from '../../treehash/pool.js';
import type { CommandRun } from '../command/command-run.js';
import type { threadsOption } from '../options/threads-option.js';

/** A command that hashes. */
type HashingRun = CommandRun<readonly [typeof threadsOption]>;

/** The threads that hash for a command; whoever opens them closes them. */
export function openHashPool({ context, options }: Pick<HashingRun, 'context' | 'options'>): HashPool {
  const size = (): number => options.threads ?? context.hashingThreads;
  return new HashPool(context.workers.hash, { size, clock: context.clock });
}
