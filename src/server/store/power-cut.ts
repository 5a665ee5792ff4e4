import { join } from 'node:path';
import { readBootId } from '../process-identity.js';
import { readJson, writeJson } from './durable.js';

/**
 * Whether the machine was started anew since a server last ran on the folder. A killed server loses nothing, since
 * the system still holds what was written; a machine that lost its power may have lost bytes that were not synced.
 */
export async function machineWasRestarted(dir: string): Promise<boolean> {
  const path = join(dir, 'last-run.json');
  const bootId = await readBootId();
  const last = await readJson<{ readonly bootId: string }>(path);
  if (last?.bootId === bootId) return false;
  // Noted only after the caller has looked at the bytes would be safer still, but a second power cut in that second
  // costs no more than the parts being sent again.
  await writeJson(path, { bootId });
  return last !== undefined;
}
