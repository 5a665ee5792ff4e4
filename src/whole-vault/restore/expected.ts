/** The archives that have a job and are not restored yet, and what becomes of the jobs. */
import type { Clock } from '../../clock.js';
import type { RetryingVault } from '../../glacier/retry/retrying-vault.js';
import { listedJobs, outputEndsMs, outputLifeMs, type WholeJob } from './job-list.js';
import type { RestoreItem } from './restore-item.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** With less left of a job's output, the archive is asked for again while it is staged still. */
const renewWithinMs = 5 * hourMs;

/** A job that is younger may not be listed yet. */
export const unlistedMs = 10 * minuteMs;

/** Young jobs are looked at often, since some are done at once; those of hours seldom. */
const soonestLookMs = 1000;
const longestLookMs = 10 * minuteMs;

export interface Expected {
  item: RestoreItem;
  jobId: string;
  askedMs: number;
  /** When its output goes; null: the job is not done, as far as is known. */
  endsMs: number | null;
  /** A younger job of the same archive. */
  spare?: { jobId: string; askedMs: number };
  isRenewing?: true;
}

export interface ExpectedEvents {
  onReady(expected: Expected): void;
  /** The job failed, or is not there any more. */
  onLost(expected: Expected, reason: string): void;
  /** It should be asked for again. */
  onAging(expected: Expected): void;
  /** The service has another archive under this ID than the inventory says. */
  onOther(expected: Expected, job: WholeJob): void;
}

/** Jobs that are under way, looked at from time to time; says which ones are done. */
export class ExpectedArchives {
  readonly #vault: RetryingVault;
  readonly #clock: Clock;
  readonly #events: ExpectedEvents;
  /** By job, oldest first as far as they were asked for in their order. */
  readonly #pending = new Map<string, Expected>();
  readonly #ready = new Set<Expected>();
  readonly #byNumber = new Map<number, Expected>();
  #bytes = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(vault: RetryingVault, clock: Clock, events: ExpectedEvents) {
    this.#vault = vault;
    this.#clock = clock;
    this.#events = events;
  }

  get count(): number {
    return this.#byNumber.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The one that was asked for first of those whose jobs are not done. */
  get oldestPending(): Expected | null {
    for (const expected of this.#pending.values()) return expected;
    return null;
  }

  /** @param job as it was listed, if it was */
  add(item: RestoreItem, jobId: string, askedMs: number, job: WholeJob | null = null): void {
    const expected: Expected = { item, jobId, askedMs, endsMs: null };
    this.#pending.set(jobId, expected);
    this.#byNumber.set(item.n, expected);
    this.#bytes += item.sizeBytes;
    if (job !== null) this.#take(expected, job);
  }

  /** Its output is gone: the younger job takes its place. @returns false without one */
  useSpare(expected: Expected): boolean {
    const { spare } = expected;
    if (spare === undefined) return false;
    this.#ready.delete(expected);
    this.#pending.set(spare.jobId, expected);
    expected.jobId = spare.jobId;
    expected.askedMs = spare.askedMs;
    expected.endsMs = null;
    delete expected.spare;
    return true;
  }

  of(item: RestoreItem): Expected | null {
    return this.#byNumber.get(item.n) ?? null;
  }

  /** It is restored, or not expected any more. */
  remove({ n }: RestoreItem): void {
    const expected = this.#byNumber.get(n);
    if (expected === undefined) return;
    this.#byNumber.delete(n);
    this.#ready.delete(expected);
    if (this.#pending.get(expected.jobId) === expected) this.#pending.delete(expected.jobId);
    this.#bytes -= expected.item.sizeBytes;
  }

  /** How long until the jobs should be looked at again; null when none is under way. */
  lookInMs(): number | null {
    const oldest = this.oldestPending;
    if (oldest === null) return null;
    const ageMs = this.#clock.now() - oldest.askedMs;
    const everyMs = Math.min(longestLookMs, Math.max(soonestLookMs, ageMs / 10));
    return Math.max(0, this.#lookedMs + everyMs - this.#clock.monotonicMs());
  }

  /** Reads the list of jobs, as far as there are some to be found. */
  async look(signal: AbortSignal): Promise<void> {
    const startMs = this.#clock.now();
    const unseen = new Set(this.#pending.keys());
    this.#lookedMs = this.#clock.monotonicMs();
    for await (const job of listedJobs(this.#vault, signal)) {
      const expected = unseen.delete(job.jobId) ? this.#pending.get(job.jobId) : undefined;
      if (expected) this.#take(expected, job);
      if (unseen.size === 0) break;
    }
    this.#lookedMs = this.#clock.monotonicMs();
    for (const jobId of unseen) {
      const expected = this.#pending.get(jobId);
      if (expected && startMs - expected.askedMs > unlistedMs) {
        this.#events.onLost(expected, 'the job is not listed any more');
      }
    }
  }

  /** Reports those whose output expires soon. */
  renew(): void {
    const nowMs = this.#clock.now();
    for (const expected of this.#ready) {
      const { endsMs, spare, isRenewing } = expected;
      if (endsMs === null || spare !== undefined || isRenewing || endsMs - nowMs > renewWithinMs) continue;
      expected.isRenewing = true;
      this.#events.onAging(expected);
    }
  }

  #take(expected: Expected, job: WholeJob): void {
    const { item } = expected;
    const { sizeBytes, treeHash } = job.archive;
    if (sizeBytes !== item.sizeBytes || treeHash !== item.treeHash) this.#events.onOther(expected, job);
    else if (job.status === 'Failed') this.#events.onLost(expected, job.statusMessage || 'the job failed');
    else if (job.status === 'Succeeded') this.#noteReady(expected, job);
  }

  #noteReady(expected: Expected, job: WholeJob): void {
    expected.endsMs = outputEndsMs(job) ?? this.#clock.now() + outputLifeMs;
    this.#pending.delete(job.jobId);
    this.#ready.add(expected);
    this.#events.onReady(expected);
  }
}
