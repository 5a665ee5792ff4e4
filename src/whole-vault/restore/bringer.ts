/** Brings archives whose jobs are done to their places, several at a time, and hands them over if they are to be. */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf, type GlacierUpError, hasCode } from '../../errors.js';
import { flushFolder } from '../../os/durable.js';
import { isThere } from '../../os/presence.js';
import type { DownloadDeps } from '../../retrieval/download.js';
import { dropLeftovers } from '../../retrieval/partial-download.js';
import type { TransferEvent } from '../../transfer/events.js';
import { rateLimit } from '../../transfer/sending/rate-limit.js';
import { fitsOnDisk, type LinkRate } from './allowance.js';
import type { Expected } from './expected.js';
import { fetchArchive, largestInMemoryBytes, presenceOf } from './fetch-archive.js';
import { type HandOver, handOver } from './hand-over.js';
import { Placer, placeTaken } from './placer.js';
import type { RestoreItem } from './restore-item.js';
import type { TargetFolder } from './target-folder.js';

export interface BringDeps extends DownloadDeps {
  target: TargetFolder;
  /** Of the plan: 16 hex digits. */
  token: string;
  /** null: the files are kept. */
  handOver: HandOver | null;
  rate: LinkRate;
}

export interface BringerEvents {
  /** It is where it should be, for good; or the command has taken it. */
  onRestored(item: RestoreItem): void;
  /** For good, as far as this run goes. */
  onFailed(item: RestoreItem, error: GlacierUpError): void;
  /** The output of its job is gone. */
  onLost(expected: Expected, reason: string): void;
  /** What was in its place was of no use: it has to be fetched. */
  onAbsent(item: RestoreItem): void;
  /** Nothing more can be brought. */
  onFault(error: unknown): void;
  onChange(): void;
}

/** A large archive takes so many of the slots, and is downloaded by as many ranges at a time. */
const rangesAtOnce = 4;
/** So many commands in a row that fail end the run: the next would, too. */
const mostCommandFailures = 10;
/** What the file system refuses for one name, and not for others. */
const ofOneName = new Set([
  'ENAMETOOLONG',
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'EINVAL',
  'EILSEQ',
]);

/** Downloads and proves archives whose jobs are done, some at a time, and hands them to their place. */
export class Bringer {
  readonly #run: BringDeps;
  readonly #events: BringerEvents;
  readonly #placer: Placer;
  readonly #checks: RestoreItem[] = [];
  readonly #handOvers: RestoreItem[] = [];
  #ready: Expected[] = [];
  #freeSlots: number;
  #fetchingBytes = 0;
  readonly #tasks = new Set<Promise<void>>();
  readonly #removals = new Set<Promise<void>>();
  #commandFailures = 0;

  constructor(run: BringDeps, events: BringerEvents) {
    const limit = run.limitRate ? rateLimit(run.limitRate, run.clock) : null;
    this.#run = { ...run, limit };
    this.#events = events;
    this.#freeSlots = run.concurrency;
    this.#placer = new Placer(
      {
        onPlaced: ({ item }) => this.#placed(item),
        onFailed: ({ item }, error) => events.onFailed(item, error),
        onFault: (error) => events.onFault(error),
      },
      run.clock,
    );
  }

  /** Nothing is under way, and nothing waits for its turn. */
  get isIdle(): boolean {
    return this.#tasks.size + this.#placer.waiting + this.#queued === 0;
  }

  get checks(): number {
    return this.#checks.length;
  }

  get #queued(): number {
    return this.#checks.length + this.#handOvers.length + this.#ready.length;
  }

  pathsOf(item: RestoreItem): { place: string; wayPath: string } {
    const { target } = this.#run;
    const place = target.pathOf(this.#relativeOf(item));
    return { place, wayPath: target.wayPathOf(place, item.archiveId) };
  }

  /** Something may be in its place. */
  addCheck(item: RestoreItem): void {
    this.#checks.push(item);
  }

  /** Their jobs are done: the one whose output goes first is brought first. */
  addReady(expected: readonly Expected[]): void {
    if (expected.length === 0) return;
    const all = [...this.#ready, ...expected];
    this.#ready = all.sort((a, b) => (a.endsMs ?? 0) - (b.endsMs ?? 0) || a.item.n - b.item.n);
  }

  /** Begins as much as there are slots for. */
  start(): void {
    for (;;) {
      const [toHandOver] = this.#handOvers;
      const [toCheck] = this.#checks;
      const [ready] = this.#ready;
      if (toHandOver && this.#begin(1, () => this.#handOver(toHandOver))) this.#handOvers.shift();
      else if (toCheck && this.#begin(1, () => this.#check(toCheck))) this.#checks.shift();
      else if (ready && this.#mayFetch(ready) && this.#begin(this.#slotsOf(ready), () => this.#fetch(ready)))
        this.#ready.shift();
      else break;
    }
    if (this.#tasks.size === 0 && this.#placer.waiting > 0)
      void this.#placer.flush().then(() => this.#events.onChange());
  }

  /** On return nothing is under way, and what is proved has its place. */
  async settle(): Promise<void> {
    await Promise.all(this.#tasks);
    await this.#placer.flush();
  }

  #begin(slots: number, task: () => Promise<void>): boolean {
    if (slots > this.#freeSlots || this.#run.signal.aborted) return false;
    this.#freeSlots -= slots;
    const running = task()
      .catch((error: unknown) => this.#events.onFault(error))
      .finally(() => {
        this.#freeSlots += slots;
        this.#tasks.delete(running);
        this.#events.onChange();
      });
    this.#tasks.add(running);
    return true;
  }

  #slotsOf({ item }: Expected): number {
    return item.sizeBytes > largestInMemoryBytes ? Math.min(rangesAtOnce, this.#run.concurrency) : 1;
  }

  /** Files that are handed over need room for a while only. */
  #mayFetch({ item }: Expected): boolean {
    if (this.#run.handOver === null) return true;
    if (fitsOnDisk(this.#fetchingBytes + item.sizeBytes, this.#run.target.freeBytes())) return true;
    return this.#tasks.size === 0 && this.#placer.waiting === 0;
  }

  #relativeOf({ n, path }: RestoreItem): string {
    const { handOver: command, target, token } = this.#run;
    return command === null ? path : `${target.handOverPath(token)}/${n}/${basename(path)}`;
  }

  /** What an earlier run left behind, or somebody else has put there, is compared before anything is asked for. */
  async #check(item: RestoreItem): Promise<void> {
    const { place, wayPath } = this.pathsOf(item);
    const there = await presenceOf(this.#run, place, item);
    if (there === 'same') {
      // A crash between its name and the end of the run leaves these behind.
      await rm(wayPath, { force: true });
      dropLeftovers(wayPath);
      flushFolder(dirname(place));
      this.#placed(item);
      return;
    }
    if (there === 'other' && this.#run.handOver === null) {
      this.#events.onFailed(item, placeTaken(place));
      return;
    }
    if (there === 'other') await rm(place, { recursive: true, force: true });
    if ((await presenceOf(this.#run, wayPath, item)) === 'same') {
      dropLeftovers(wayPath);
      this.#placer.add({ item, wayPath, place, fd: null });
    } else {
      await rm(wayPath, { recursive: true, force: true });
      this.#events.onAbsent(item);
    }
  }

  async #fetch(expected: Expected): Promise<void> {
    const { item, jobId } = expected;
    const { target, rate, clock, emit } = this.#run;
    const paths = this.pathsOf(item);
    const told = new Set<TransferEvent['kind']>(['bytes', 'note']);
    const deps = {
      ...this.#run,
      concurrency: this.#slotsOf(expected),
      emit: (event: TransferEvent) => {
        if (told.has(event.kind)) emit(event);
      },
    };
    this.#fetchingBytes += item.sizeBytes;
    rate.begin(clock.monotonicMs());
    let broughtBytes = 0;
    try {
      target.makeFoldersOf(this.#relativeOf(item));
      const fd = await fetchArchive(deps, item, { jobId, wayPath: paths.wayPath });
      broughtBytes = item.sizeBytes;
      this.#placer.add({ item, ...paths, fd });
    } catch (error) {
      if (hasCode(error, 'job-gone')) this.#events.onLost(expected, error.message);
      else if (isOfThisArchive(error)) this.#events.onFailed(item, error);
      else throw error;
    } finally {
      this.#fetchingBytes -= item.sizeBytes;
      rate.end(clock.monotonicMs(), broughtBytes);
    }
  }

  #placed(item: RestoreItem): void {
    if (this.#run.handOver === null) this.#events.onRestored(item);
    else this.#handOvers.push(item);
    this.#events.onChange();
  }

  async #handOver(item: RestoreItem): Promise<void> {
    const { handOver: command, clock, signal } = this.#run;
    if (command === null) return;
    try {
      await handOver(command, item, this.pathsOf(item).place, { clock, signal });
    } catch (error) {
      if (!hasCode(error, 'command-failed')) throw error;
      this.#commandFailures += 1;
      this.#events.onFailed(item, error);
      if (this.#commandFailures >= mostCommandFailures) throw error;
      return;
    }
    this.#commandFailures = 0;
    this.#events.onRestored(item);
  }

  /** Removes what an earlier run handed over and had no time to remove. */
  async tidy(isDone: (n: number) => boolean): Promise<void> {
    const { handOver: command, target, token } = this.#run;
    const folder = target.pathOf(target.handOverPath(token));
    if (command === null || !isThere(folder)) return;
    for (const name of await readdir(folder)) {
      if (/^\d+$/.test(name) && isDone(Number(name)))
        await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  /** Removes the folder of what was handed over, if nothing is left in it. */
  async close(): Promise<void> {
    const { handOver: command, target, token } = this.#run;
    await Promise.allSettled(this.#removals);
    if (command !== null) await rmdir(target.pathOf(target.handOverPath(token))).catch(() => {});
  }

  /** Removes what was handed over, once that is written down. */
  async remove(item: RestoreItem): Promise<void> {
    if (this.#run.handOver === null) return;
    const removed = rm(dirname(this.pathsOf(item).place), { recursive: true, force: true });
    this.#removals.add(removed);
    await removed.finally(() => this.#removals.delete(removed));
  }
}

function isOfThisArchive(error: unknown): error is GlacierUpError {
  if (hasCode(error, 'hash-mismatch', 'name-taken', 'usage')) return true;
  return hasCode(error, 'output-unwritable') && ofOneName.has(errnoOf(error.cause) ?? '');
}
