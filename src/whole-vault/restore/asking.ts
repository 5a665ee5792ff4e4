/** What of a plan is asked for: it knows the jobs that there are, and starts those that there are not. */
import { GlacierUpError, hasCode } from '../../errors.js';
import { runItems } from '../run-items.js';
import { bytesAhead, fitsOnDisk, type LinkRate, mostJobsAhead } from './allowance.js';
import { isRefusedForNow, JobStarter } from './ask.js';
import type { BookKeeper } from './book-keeper.js';
import type { Bringer } from './bringer.js';
import { type ExpectedArchives, unlistedMs } from './expected.js';
import { servingJobs, type WholeJob } from './job-list.js';
import type { Ledger } from './ledger.js';
import type { RestoreItem } from './restore-item.js';
import type { Restoring } from './restoring.js';
import { type Ahead, Supply } from './supply.js';

/** What was sent just before a run was killed may not be listed yet. */
const settleMs = 1000;
/** So many files that are there may wait for being compared. */
const mostChecks = 1000;
/** What the service refuses now it may grant later: a policy counts by the hour. */
const refusedForMs = 60 * 60 * 1000;

export interface AskingParts {
  run: Restoring;
  ledger: Ledger;
  keeper: BookKeeper;
  expected: ExpectedArchives;
  bringer: Bringer;
  rate: LinkRate;
  signal: AbortSignal;
  /** Archives that no run has asked for, in the order of their creation. */
  fresh: Iterator<RestoreItem>;
  isSettled(item: RestoreItem): boolean;
  onFailed(item: RestoreItem, error: GlacierUpError): void;
  /** The run cannot go on. */
  onFault(error: unknown): void;
  onChange(): void;
}

/** Asks for archives, as the supply gives them; `asking` is in the journal before InitiateJob is sent. */
export class Asking {
  readonly #parts: AskingParts;
  readonly #supply: Supply;
  readonly #starter: JobStarter;
  /** By archive ID: the jobs that were listed, and that no archive of the plan has yet. */
  #served = new Map<string, WholeJob>();
  /** Asked for, and nobody knows whether they have jobs. */
  readonly #doubtful: RestoreItem[] = [];
  #free: { atMs: number; bytes: number } | null = null;
  #running: Promise<void> | null = null;
  #underWay = 0;
  #started = 0;
  #isOverBudget = false;
  #refused: GlacierUpError | null = null;
  #againMs = 0;

  constructor(parts: AskingParts) {
    this.#parts = parts;
    const { run, keeper, bringer } = parts;
    const { vault, clock, tier, token, patienceMs } = run;
    this.#starter = new JobStarter({ vault, clock, tier, token, patienceMs });
    this.#supply = new Supply(parts.fresh, keeper, {
      pathsOf: (item) => bringer.pathsOf(item),
      mayAsk: (item, ahead) => this.#mayAsk(item, ahead),
      costOf: ({ sizeBytes }) => run.costOf(sizeBytes),
      isSettled: (item) => parts.isSettled(item),
      isFull: () => bringer.checks >= mostChecks,
      onThere: (item) => bringer.addCheck(item),
      isServed: (item) => this.#isServed(item),
      nowMs: () => clock.now(),
      onChange: () => parts.onChange(),
    });
  }

  /** How many jobs it has started. */
  get started(): number {
    return this.#started;
  }

  get isOverBudget(): boolean {
    return this.#isOverBudget;
  }

  /** Why the service starts no more jobs now. */
  get refused(): GlacierUpError | null {
    return this.#refused;
  }

  /** How long until it asks again after it was refused; null when it was not. */
  get againInMs(): number | null {
    return this.#refused && this.#againMs - this.#parts.run.clock.monotonicMs();
  }

  /** Requests are under way, or about to be. */
  get isBusy(): boolean {
    return this.#running !== null && (this.#underWay > 0 || !this.#supply.isStarved);
  }

  /** Reads which jobs there are: what is asked for afterwards has none. */
  async readJobs(): Promise<void> {
    const { run, signal } = this.#parts;
    await this.#awaitSettled();
    this.#served = await servingJobs(run.vault, signal, run.clock.now());
  }

  /** An archive that may have a job. Nothing is asked for twice: what is in doubt is in the list, or was not asked for. */
  take(item: RestoreItem): void {
    if (this.#isServed(item)) return;
    const known = this.#parts.ledger.asked.get(item.n);
    const { run, expected, keeper } = this.#parts;
    if (known?.jobId && run.clock.now() - known.atMs < unlistedMs) {
      expected.add(item, known.jobId, known.atMs);
      return;
    }
    if (known?.jobId) keeper.gone(item.n);
    else if (known) keeper.unasked([item.n], run.costOf(item.sizeBytes));
    this.#supply.putBack(item);
  }

  /** Asks for it once more, after those that go before it. */
  askAgain(item: RestoreItem): void {
    this.#supply.putBack(item);
  }

  /** Asks for as much as may be asked for now. @throws GlacierUpError `state-unusable`, `output-unwritable` */
  start(): void {
    const { run, signal, onChange } = this.#parts;
    const { clock, window, patienceMs } = run;
    this.#supply.poke();
    if (this.#running !== null || clock.monotonicMs() < this.#againMs || !this.#supply.hasNext) return;
    this.#refused = null;
    this.#running = runItems({
      items: this.#supply,
      act: (item, cut) => this.#ask(item as RestoreItem, cut),
      window,
      // Each ends by itself.
      recorder: { done: () => {}, failed: () => {} },
      clock,
      signal,
      patienceMs,
      onDone: () => {},
    })
      .catch((error: unknown) => this.#ended(error))
      .finally(() => {
        this.#running = null;
        onChange();
      });
  }

  /** On return no request is under way, and what has not been asked for is not written down as such. */
  async finish(): Promise<void> {
    this.#supply.finish();
    await this.#running;
    this.#supply.takeBack();
  }

  async #ended(error: unknown): Promise<void> {
    const { run, signal, onFault } = this.#parts;
    const { clock, vault, emit } = run;
    this.#supply.takeBack();
    if (signal.aborted || !isRefusedForNow(error)) return onFault(error);
    emit({ kind: 'note', message: `${error.message}; what was asked for is downloaded` });
    this.#refused = error;
    this.#againMs = clock.monotonicMs() + refusedForMs;
    const doubtful = this.#doubtful.splice(0);
    if (doubtful.length === 0) return;
    try {
      await clock.sleep(settleMs, signal);
      this.#served = await servingJobs(vault, signal, clock.now());
      for (const item of doubtful) this.take(item);
    } catch (cause) {
      onFault(cause);
    }
  }

  async #ask(item: RestoreItem, signal: AbortSignal): Promise<void> {
    const { run, keeper, expected, isSettled, onFailed, onChange } = this.#parts;
    const nowMs = (): number => run.clock.now();
    this.#supply.noteSent(item);
    // It was to be asked for again, and came before that.
    if (isSettled(item)) {
      keeper.unasked([item.n], run.costOf(item.sizeBytes));
      return;
    }
    this.#underWay += 1;
    try {
      const { jobId, job } = await this.#starter.start(item, signal);
      this.#started += 1;
      keeper.asked(item.n, jobId, nowMs());
      const renewed = expected.of(item);
      if (renewed) renewed.spare = { jobId, askedMs: nowMs() };
      else expected.add(item, jobId, nowMs(), job);
    } catch (error) {
      if (hasCode(error, 'request-invalid', 'archive-gone')) {
        keeper.unasked([item.n], run.costOf(item.sizeBytes));
        onFailed(item, error);
      } else if (hasCode(error, 'throttled') || isRefusedForNow(error)) this.#supply.noteRefused(item);
      else this.#doubtful.push(item);
      throw error;
    } finally {
      this.#underWay -= 1;
      onChange();
    }
  }

  /** A job that was listed at the beginning, whoever has asked for it, is taken. */
  #isServed(item: RestoreItem): boolean {
    const job = this.#served.get(item.archiveId);
    if (job === undefined || this.#parts.expected.of(item) !== null) return false;
    this.#served.delete(item.archiveId);
    const createdMs = Date.parse(job.createdAt);
    this.#parts.keeper.asked(item.n, job.jobId, createdMs);
    this.#parts.expected.add(item, job.jobId, createdMs, job);
    return true;
  }

  #mayAsk(item: RestoreItem, ahead: Ahead): boolean {
    const { sizeBytes } = item;
    const { run, ledger, expected, bringer } = this.#parts;
    const { costOf, budget, clock, linkRate, handOver, target } = run;
    if (budget !== null && ledger.spent + ahead.newCost + costOf(sizeBytes) > budget) {
      this.#isOverBudget = true;
      return false;
    }
    // One that is expected already takes no more room.
    if (expected.of(item) !== null) return true;
    const { count, bytes } = expected;
    const aheadBytes = bytes + ahead.sizeBytes + sizeBytes;
    const isFirst = count + ahead.count === 0;
    if (handOver === null && !fitsOnDisk(aheadBytes, this.#freeBytes())) {
      if (isFirst && bringer.isIdle) throw noRoom(target.root, sizeBytes);
      return false;
    }
    const rate = linkRate ?? this.#parts.rate.bytesPerSecond(clock.monotonicMs()) ?? ledger.bytesPerSecond;
    return isFirst || (count + ahead.count < mostJobsAhead && aheadBytes <= bytesAhead(rate));
  }

  #freeBytes(): number {
    const nowMs = this.#parts.run.clock.monotonicMs();
    if (this.#free === null || nowMs - this.#free.atMs > 1000) {
      this.#free = { atMs: nowMs, bytes: this.#parts.run.target.freeBytes() };
    }
    return this.#free.bytes;
  }

  /** A request that was sent just before an earlier run was killed may be on its way still. */
  async #awaitSettled(): Promise<void> {
    const { run, ledger, signal } = this.#parts;
    const atMs = [...ledger.asked.values()].reduce(
      (latest, asked) => (asked.jobId === null ? Math.max(latest, asked.atMs) : latest),
      0,
    );
    const waitMs = Math.min(settleMs, atMs + settleMs - run.clock.now());
    if (waitMs > 0) await run.clock.sleep(waitMs, signal);
  }
}

function noRoom(folder: string, sizeBytes: number): GlacierUpError {
  return new GlacierUpError(
    'output-unwritable',
    `no room in ${folder} for the next archive, of ${sizeBytes} bytes`,
    {
      hint: 'make room, then run the same command again; --each hands files on, and needs room for few at a time',
    },
  );
}
