import { join } from 'node:path';
import { bootId } from '../../os/process-identity.js';
import { readJson, writeJson } from './durable.js';

/*
 * A killed server loses nothing, since the system still holds what was written; a machine that lost its power may have
 * lost bytes that were not synced. So the folder notes in which run of the machine it was last used.
 */

interface LastRun {
  readonly bootId: string;
}

const lastRunFile = (dir: string): string => join(dir, 'last-run.json');

/** Whether the machine was started again since a server last ran on the folder. */
export async function machineWasRestarted(dir: string): Promise<boolean> {
  const last = await readJson<LastRun>(lastRunFile(dir));
  return last !== undefined && last.bootId !== bootId();
}

/** To be called when the bytes have been looked at, not before: the power may fail during that as well. */
export async function noteThisRun(dir: string): Promise<void> {
  const now: LastRun = { bootId: bootId() };
  const last = await readJson<LastRun>(lastRunFile(dir));
  if (last?.bootId !== now.bootId) await writeJson(lastRunFile(dir), now);
}
