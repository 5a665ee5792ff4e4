/** A program that the user named, ended together with all that it has started. */
import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../clock.js';
import { descendantsOf } from './process-tree.js';

/** One that ends after being asked to is waited for so long; then it is killed. */
const killAfterMs = 2000;

/**
 * Asks it to end, and kills it when it does not.
 * @param ended resolves when it has ended
 */
export async function stopChild(child: ChildProcess, ended: Promise<unknown>, clock: Clock): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const others = descendantsOf(child.pid);
  end(child, others, 'SIGTERM');
  const cancel = clock.after(killAfterMs, () => end(child, others, 'SIGKILL'));
  await ended;
  cancel();
}

/** The shell may be waiting for what it started: they are all asked. */
function end(child: ChildProcess, others: readonly number[], signal: 'SIGTERM' | 'SIGKILL'): void {
  child.kill(signal);
  for (const pid of others) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
