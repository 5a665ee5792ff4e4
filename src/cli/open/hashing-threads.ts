/** How many threads hash. */
import { availableParallelism } from 'node:os';
import { type CgroupLimits, cgroupLimits } from './cgroup-limits.js';

/** Measured with Node 20: a thread takes 10 MiB. */
const threadBytes = 12 * 1024 ** 2;
/** The rest of the program, beside threads. */
const baseBytes = 64 * 1024 ** 2;

/**
 * One for each processor that this process may use, and no more than fit into half of the memory that it may use: the
 * other half is for what it sends, and for what else runs in the same container.
 */
export function threadsFor(processors: number, limits: CgroupLimits): number {
  const fitting = Math.floor((limits.memoryBytes / 2 - baseBytes) / threadBytes);
  return Math.max(1, Math.min(processors, Math.ceil(limits.processors), fitting));
}

/** How many threads hash without `--threads`: by the processors that this process may use. */
export function defaultThreads(): number {
  return threadsFor(availableParallelism(), cgroupLimits());
}
