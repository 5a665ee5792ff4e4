/** What runs that were killed leave in our folders: half-made files that nobody will finish. */
import { sweepLocks } from '../os/sweep-locks.js';

/** `conf`'s temporary files, and inventories that are not kept. */
const temporary = /\.json\.tmp-[0-9a-f]+$|\.(json|awaited)\.\d+\.tmp$/;

/** Removes them once they are a day old, and what is left of locks. State and its spare copies are no orphans. Never fails. */
export function sweepOrphans(folder: string, nowMs: number): void {
  sweepLocks(folder, nowMs, (name) => temporary.test(name));
}
