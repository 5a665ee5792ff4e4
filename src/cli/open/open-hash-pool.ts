import { HashPool } from '../../treehash/pool.js';
import type { CommandRun } from '../command/command-run.js';

/** The threads that hash for a command; whoever opens them closes them. */
export function openHashPool({ context, options }: Pick<CommandRun, 'context' | 'options'>): HashPool {
  return new HashPool(context.workers.hash, options.threads ?? context.hashingThreads);
}
