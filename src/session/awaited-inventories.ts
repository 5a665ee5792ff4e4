/**
 * The inventory job that this machine asked for last in each vault, until its output was read. A vault may have several
 * jobs, also of other machines: only this says which one somebody here waits for.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { flushFolder, writeNewFile } from '../os/durable.js';
import type { Destination } from './destination.js';
import { checked, ensureFolder } from './folders.js';
import { readOurs } from './ours.js';

export interface AwaitedJob {
  jobId: string;
  /** UTC, ISO 8601, as the service has it. */
  createdAt: string;
}

export interface AwaitedInventories {
  /** null when none is awaited. @throws GlacierUpError `state-unusable` */
  of(destination: Destination): AwaitedJob | null;
  /** From now on this job is the one awaited. @throws GlacierUpError `state-unusable` */
  note(destination: Destination, job: AwaitedJob): void;
  /**
   * The job's output was read, or cannot be had. Another job that is awaited meanwhile stays.
   * @throws GlacierUpError `state-unusable`
   */
  settle(destination: Destination, jobId: string): void;
}

/** @param nameOf what files of a vault are called, without their ending */
export function openAwaitedInventories(
  folder: string,
  ownUserId: number | undefined,
  nameOf: (destination: Destination) => string,
): AwaitedInventories {
  const fileOf = (destination: Destination): string => join(folder, `${nameOf(destination)}.awaited`);

  const of = (destination: Destination): AwaitedJob | null => {
    const file = fileOf(destination);
    const text = checked(file, () => readOurs(file, ownUserId));
    return text === null ? null : parse(text);
  };

  return {
    of,
    note: (destination, { jobId, createdAt }) => {
      if (of(destination)?.jobId === jobId) return;
      ensureFolder(folder, ownUserId);
      const file = fileOf(destination);
      const fresh = `${file}.${process.pid}.tmp`;
      checked(file, () => {
        rmSync(fresh, { force: true });
        writeNewFile(fresh, `${JSON.stringify({ schema: 1, jobId, createdAt })}\n`);
        renameSync(fresh, file);
        flushFolder(folder);
      });
    },
    settle: (destination, jobId) => {
      if (of(destination)?.jobId !== jobId) return;
      const file = fileOf(destination);
      checked(file, () => rmSync(file, { force: true }));
    },
  };
}

/** Something else in its place counts as nothing: then any job serves, as on a machine that asked for none. */
function parse(text: string): AwaitedJob | null {
  try {
    const { schema, jobId, createdAt } = JSON.parse(text);
    const isJob = schema === 1 && typeof jobId === 'string' && !Number.isNaN(Date.parse(createdAt));
    return isJob ? { jobId, createdAt } : null;
  } catch {
    return null;
  }
}
