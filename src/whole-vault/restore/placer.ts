/** Gives proved files their times and their names, in groups that share their flushes. */
import { closeSync, constants, fsync, futimesSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../clock.js';
import { GlacierUpError } from '../../errors.js';
import { forEachConcurrent } from '../../for-each-concurrent.js';
import { flushFolderAsync } from '../../os/durable.js';
import { fileTime } from '../../os/file-time.js';
import { takeName } from '../../os/take-name.js';
import { checked, unwritable } from '../../retrieval/unwritable.js';
import type { RestoreItem } from './restore-item.js';

const fsyncAsync = promisify(fsync);

const largestGroup = 256;
const longestWaitMs = 250;
/** As many flushes at a time as Node has threads for files, and some. */
const concurrency = 8;

/** A file that is proved, beside its place. */
export interface Proved {
  item: RestoreItem;
  wayPath: string;
  place: string;
  /** Open still; null: it is opened for the flush. */
  fd: number | null;
}

export interface PlacerEvents {
  /** On disk for good, under its name. */
  onPlaced(proved: Proved): void;
  /** @param error `name-taken`, or what the file system refused for this name alone */
  onFailed(proved: Proved, error: GlacierUpError): void;
  /** Nothing can be written any more. */
  onFault(error: unknown): void;
}

/** Gives proved files their names, in groups that share a flush. */
export class Placer {
  readonly #events: PlacerEvents;
  readonly #clock: Clock;
  #group: Proved[] = [];
  #cancelTimer: (() => void) | null = null;
  #working: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(events: PlacerEvents, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** How many have been added and not been reported. */
  get waiting(): number {
    return this.#waiting;
  }

  add(proved: Proved): void {
    this.#waiting += 1;
    this.#group.push(proved);
    if (this.#group.length >= largestGroup) this.#start();
    else this.#cancelTimer ??= this.#clock.after(longestWaitMs, () => this.#start());
  }

  /** On return all that were added have been reported. */
  async flush(): Promise<void> {
    this.#start();
    await this.#working;
  }

  #start(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const group = this.#group;
    this.#group = [];
    if (group.length > 0) this.#working = this.#working.then(() => this.#place(group));
  }

  async #place(group: readonly Proved[]): Promise<void> {
    try {
      await placeAll(group, this.#events);
    } catch (error) {
      this.#events.onFault(error);
    } finally {
      this.#waiting -= group.length;
    }
  }
}

async function placeAll(group: readonly Proved[], events: PlacerEvents): Promise<void> {
  const signal = new AbortController().signal;
  await forEachConcurrent(group, { concurrency, signal }, async (proved) => {
    await flushFile(proved).catch((cause: unknown) => {
      throw unwritable(proved.wayPath, cause);
    });
  });
  const placed: Proved[] = [];
  for (const proved of group) {
    const error = refusalOf(proved);
    if (error === null) placed.push(proved);
    else events.onFailed(proved, error);
  }
  const folders = new Set(placed.map(({ place }) => dirname(place)));
  await forEachConcurrent(folders, { concurrency, signal }, async (folder) => {
    await flushFolderAsync(folder).catch((cause: unknown) => {
      throw unwritable(folder, cause);
    });
  });
  for (const proved of placed) events.onPlaced(proved);
}

async function flushFile({ wayPath, item, fd }: Proved): Promise<void> {
  const own = fd ?? openSync(wayPath, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const modifiedMs = item.modifiedAt === null ? Number.NaN : Date.parse(item.modifiedAt);
    if (!Number.isNaN(modifiedMs)) futimesSync(own, fileTime(modifiedMs), fileTime(modifiedMs));
    await fsyncAsync(own);
  } finally {
    closeSync(own);
  }
}

/** null: it has its name. */
function refusalOf({ wayPath, place }: Proved): GlacierUpError | null {
  try {
    if (checked(place, () => takeName(wayPath, place))) return null;
  } catch (error) {
    if (error instanceof GlacierUpError) return error;
    throw error;
  }
  // What came is of no use now, and the next run would fetch it again.
  rmSync(wayPath, { force: true });
  return placeTaken(place);
}

/** An error for a place where something else is. @returns code `name-taken` */
export function placeTaken(place: string): GlacierUpError {
  return new GlacierUpError(
    'name-taken',
    `${place} is there already and is not the archive: it is not overwritten`,
    {
      hint: 'move it away, or give another --to, then run the same command again',
    },
  );
}
