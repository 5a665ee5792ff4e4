/**
 * The archives of a plan brought back: asked for, downloaded, proved, given their names, or handed to a command. Asking,
 * looking at jobs, and bringing go on side by side.
 */
import { anySignal } from '../../any-signal.js';
import { type Clock, realClock } from '../../clock.js';
import { GlacierUpError, hasCode } from '../../errors.js';
import type { Tier } from '../../glacier/jobs.js';
import { readItems } from '../items.js';
import { JournalWriter } from '../journal.js';
import type { PlanPaths } from '../plan-folder.js';
import { runItems } from '../run-items.js';
import type { Window } from '../window.js';
import { bytesAhead, fitsOnDisk, LinkRate, mostJobsAhead } from './allowance.js';
import { isRefusedForNow, JobStarter } from './ask.js';
import { BookKeeper } from './book-keeper.js';
import { type BringDeps, Bringer } from './bringer.js';
import { type Expected, ExpectedArchives, unlistedMs } from './expected.js';
import { servingJobs, type WholeJob } from './job-list.js';
import type { Ledger } from './ledger.js';
import type { RestoreItem } from './restore-item.js';
import { type Ahead, isAnythingAt, Supply } from './supply.js';

export interface Restoring extends Omit<BringDeps, 'rate'> {
  tier: Tier;
  /** Estimated, of one archive. */
  costOf(sizeBytes: number): number;
  /** Cost of all that the plan asks for, over all runs; null: no limit. */
  budget: number | null;
  /** Bytes a second; null: it is measured. */
  linkRate: number | null;
  /** Wait hours for jobs. */
  wait: boolean;
  patienceMs: number;
  window: Window;
  onDone(item: RestoreItem): void;
}

/** How a run ended that nothing broke off. */
export interface RestoreEnd {
  /** Archives whose jobs are not done; null: none. */
  pending: { count: number; sizeBytes: number; oldestAskedMs: number } | null;
  isOverBudget: boolean;
  /** Why the service starts no more jobs now. */
  refused: GlacierUpError | null;
}

/** What was sent just before a run was killed may not be listed yet. */
const settleMs = 1000;
/** So many files that are there may wait for being compared. */
const mostChecks = 1000;
/** An archive whose jobs are lost so often has failed. */
const mostLosses = 3;
/** What the service refuses now it may grant later: a policy counts by the hour. */
const refusedForMs = 60 * 60 * 1000;
const renewEveryMs = 60_000;

/**
 * Restores what is not restored yet. What was done is noted in the journal, however the run ends; `ledger` says then how
 * far it is.
 * @throws GlacierUpError what ended the run: refused credentials, a vault that is gone, a full disk, a service that does
 * not answer; the signal's reason
 */
export async function restoreByPlan(paths: PlanPaths, ledger: Ledger, run: Restoring): Promise<RestoreEnd> {
  const journal = new JournalWriter(paths.journal);
  try {
    return await new Restoration(paths, ledger, journal, run).run();
  } finally {
    journal.close();
  }
}

class Restoration {
  readonly #run: Restoring;
  readonly #ledger: Ledger;
  readonly #paths: PlanPaths;
  readonly #keeper: BookKeeper;
  readonly #bringer: Bringer;
  readonly #expected: ExpectedArchives;
  readonly #supply: Supply;
  readonly #starter: JobStarter;
  readonly #rate = new LinkRate();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  /** Archives with jobs that earlier runs have asked for. */
  readonly #askedBefore: ReadonlySet<number>;
  #served = new Map<string, WholeJob>();
  readonly #newlyReady: Expected[] = [];
  readonly #losses = new Map<number, number>();
  /** Done or failed, in this run or before. */
  readonly #isSettled: Uint8Array;
  #left: number;
  #asksUnderWay = 0;
  /** Asked for, and nobody knows whether they have jobs. */
  readonly #doubtful: RestoreItem[] = [];
  #free: { atMs: number; bytes: number } | null = null;
  #asksSinceLook = 0;
  #looking: Promise<void> | null = null;
  #asking: Promise<void> | null = null;
  #isOverBudget = false;
  #refused: GlacierUpError | null = null;
  #askAgainMs = 0;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => {};
  #hasChanged = false;

  constructor(paths: PlanPaths, ledger: Ledger, journal: JournalWriter, run: Restoring) {
    this.#run = run;
    this.#paths = paths;
    this.#ledger = ledger;
    this.#signal = anySignal([run.signal, this.#stop.signal]);
    this.#signal.addEventListener('abort', () => this.#change(), { once: true });
    this.#askedBefore = new Set(ledger.asked.keys());
    this.#left = ledger.progress.total - ledger.progress.done;
    this.#isSettled = new Uint8Array(ledger.progress.total);
    const { vault, clock, tier, token, patienceMs } = run;
    this.#starter = new JobStarter({ vault, clock, tier, token, patienceMs });
    this.#keeper = new BookKeeper({
      journal,
      ledger,
      // It is thrown where the journal is flushed last.
      onFault: () => this.#stop.abort(),
    });
    this.#expected = new ExpectedArchives(vault, clock, {
      onReady: (expected) => this.#newlyReady.push(expected),
      onLost: (expected, reason) => this.#lost(expected, reason),
      onAging: ({ item }) => this.#supply.putBack(item),
      onOther: ({ item }, job) => this.#fail(item, otherArchive(item, job)),
    });
    this.#bringer = new Bringer(
      { ...run, signal: this.#signal, rate: this.#rate },
      {
        onRestored: (item) => this.#restored(item),
        onFailed: (item, error) => this.#fail(item, error),
        onLost: (expected, reason) => this.#lost(expected, reason),
        onAbsent: (item) => this.#takeKnown(item),
        onFault: (error) => this.#end(error),
        onChange: () => this.#change(),
      },
    );
    const isFresh = (n: number): boolean => !ledger.progress.isDone(n) && !this.#askedBefore.has(n);
    const fresh = readItems(paths.items, isFresh) as Generator<RestoreItem, void>;
    this.#supply = new Supply(fresh, this.#keeper, {
      pathsOf: (item) => this.#bringer.pathsOf(item),
      mayAsk: (item, ahead) => this.#mayAsk(item, ahead),
      costOf: ({ sizeBytes }) => run.costOf(sizeBytes),
      isSettled: ({ n }) => this.#isSettled[n] === 1,
      isFull: () => this.#bringer.checks >= mostChecks,
      onThere: (item) => this.#bringer.addCheck(item),
      isServed: (item) => this.#isServed(item),
      nowMs: () => clock.now(),
      onChange: () => this.#change(),
    });
  }

  async run(): Promise<RestoreEnd> {
    const { clock, vault } = this.#run;
    try {
      await this.#bringer.tidy((n) => this.#ledger.progress.isDone(n));
      await this.#awaitSettled();
      this.#served = await servingJobs(vault, this.#signal, clock.now());
      const isKnown = (n: number): boolean => this.#askedBefore.has(n) && !this.#ledger.progress.isDone(n);
      for (const item of readItems(this.#paths.items, isKnown)) this.#resume(item as RestoreItem);
      await this.#untilEnd();
    } catch (error) {
      this.#end(error);
    }
    await this.#wrapUp();
    this.#keeper.flush();
    await this.#bringer.close();
    if (this.#signal.aborted) throw this.#signal.reason;
    const oldest = this.#expected.oldestPending;
    const { count, bytes } = this.#expected;
    return {
      pending: oldest && { count, sizeBytes: bytes, oldestAskedMs: oldest.askedMs },
      isOverBudget: this.#isOverBudget,
      refused: this.#refused,
    };
  }

  /** An archive that an earlier run has asked for. */
  #resume(item: RestoreItem): void {
    const { place, wayPath } = this.#bringer.pathsOf(item);
    if (isAnythingAt(place) || isAnythingAt(wayPath)) this.#bringer.addCheck(item);
    else this.#takeKnown(item);
  }

  async #untilEnd(): Promise<void> {
    const { clock, wait } = this.#run;
    while (!this.#signal.aborted) {
      this.#hasChanged = false;
      this.#startAsking();
      this.#bringer.addReady(this.#newlyReady.splice(0));
      this.#bringer.start();
      this.#supply.poke();
      if (this.#left === 0) return;
      const isQuiet = this.#isQuiet();
      const lookInMs = this.#expected.lookInMs();
      const isLookDue = lookInMs === 0 || (isQuiet && !wait && this.#asksSinceLook > 0);
      if (lookInMs !== null && isLookDue && this.#looking === null) this.#look();
      if (isQuiet && this.#looking === null && this.#newlyReady.length === 0) {
        const hasHope = lookInMs !== null || this.#refused !== null;
        if (!wait || !hasHope) return;
      }
      this.#renew();
      const waits = [
        lookInMs ?? renewEveryMs,
        this.#refused ? this.#askAgainMs - clock.monotonicMs() : renewEveryMs,
      ];
      const waitMs = Math.min(renewEveryMs, ...waits.map((ms) => Math.max(ms, 1)));
      if (isQuiet && this.#looking === null) await this.#changed(waitMs, clock);
      // While requests are under way it is the network that takes its time.
      else await this.#changed(waitMs, realClock);
    }
  }

  /** Nothing happens until a job is done. */
  #isQuiet(): boolean {
    const isAsking = this.#asking !== null && (this.#asksUnderWay > 0 || !this.#supply.isStarved);
    return !isAsking && this.#bringer.isIdle;
  }

  #startAsking(): void {
    const { clock, window, patienceMs } = this.#run;
    if (this.#asking !== null || clock.monotonicMs() < this.#askAgainMs || !this.#supply.hasNext) return;
    this.#refused = null;
    this.#asking = runItems({
      items: this.#supply,
      act: (item, signal) => this.#ask(item as RestoreItem, signal),
      window,
      // Each ends by itself.
      recorder: { done: () => {}, failed: () => {} },
      clock,
      signal: this.#signal,
      patienceMs,
      onDone: () => {},
    })
      .catch((error: unknown) => this.#askingEnded(error))
      .finally(() => {
        this.#asking = null;
        this.#change();
      });
  }

  async #askingEnded(error: unknown): Promise<void> {
    const { clock, vault, emit } = this.#run;
    this.#supply.takeBack();
    if (this.#signal.aborted || !isRefusedForNow(error)) return this.#end(error);
    emit({ kind: 'note', message: `${error.message}; what was asked for is downloaded` });
    this.#refused = error;
    this.#askAgainMs = clock.monotonicMs() + refusedForMs;
    const doubtful = this.#doubtful.splice(0);
    if (doubtful.length === 0) return;
    try {
      await clock.sleep(settleMs, this.#signal);
      this.#served = await servingJobs(vault, this.#signal, clock.now());
      for (const item of doubtful) this.#takeKnown(item);
    } catch (cause) {
      this.#end(cause);
    }
  }

  async #ask(item: RestoreItem, signal: AbortSignal): Promise<void> {
    const nowMs = (): number => this.#run.clock.now();
    this.#supply.noteSent(item);
    // It was to be asked for again, and came before that.
    if (this.#isSettled[item.n] === 1) {
      this.#keeper.unasked([item.n], this.#run.costOf(item.sizeBytes));
      return;
    }
    this.#asksUnderWay += 1;
    try {
      const { jobId, job } = await this.#starter.start(item, signal);
      this.#asksSinceLook += 1;
      this.#keeper.asked(item.n, jobId, nowMs());
      const renewed = this.#expected.of(item);
      if (renewed) renewed.spare = { jobId, askedMs: nowMs() };
      else this.#expected.add(item, jobId, nowMs(), job);
    } catch (error) {
      if (hasCode(error, 'request-invalid', 'archive-gone')) {
        this.#keeper.unasked([item.n], this.#run.costOf(item.sizeBytes));
        this.#fail(item, error);
      } else if (hasCode(error, 'throttled') || isRefusedForNow(error)) this.#supply.noteRefused(item);
      else this.#doubtful.push(item);
      throw error;
    } finally {
      this.#asksUnderWay -= 1;
      this.#change();
    }
  }

  /** Nothing is ever asked for twice: what is in doubt after a crash is in the list, or was not asked for. */
  #takeKnown(item: RestoreItem): void {
    if (this.#isServed(item)) return;
    const known = this.#ledger.asked.get(item.n);
    const { clock, costOf } = this.#run;
    if (known?.jobId && clock.now() - known.atMs < unlistedMs) {
      this.#expected.add(item, known.jobId, known.atMs);
      return;
    }
    if (known?.jobId) this.#keeper.gone(item.n);
    else if (known) this.#keeper.unasked([item.n], costOf(item.sizeBytes));
    this.#supply.putBack(item);
  }

  /** A job that was listed at the beginning, whoever has asked for it, is taken. */
  #isServed(item: RestoreItem): boolean {
    const job = this.#served.get(item.archiveId);
    if (job === undefined || this.#expected.of(item) !== null) return false;
    this.#served.delete(item.archiveId);
    const createdMs = Date.parse(job.createdAt);
    this.#keeper.asked(item.n, job.jobId, createdMs);
    this.#expected.add(item, job.jobId, createdMs, job);
    return true;
  }

  #mayAsk(item: RestoreItem, ahead: Ahead): boolean {
    const { sizeBytes } = item;
    const { costOf, budget, clock, linkRate, handOver, target } = this.#run;
    if (budget !== null && this.#ledger.spent + ahead.newCost + costOf(sizeBytes) > budget) {
      this.#isOverBudget = true;
      return false;
    }
    // One that is expected already takes no more room.
    if (this.#expected.of(item) !== null) return true;
    const { count, bytes } = this.#expected;
    const aheadBytes = bytes + ahead.sizeBytes + sizeBytes;
    const isFirst = count + ahead.count === 0;
    if (handOver === null && !fitsOnDisk(aheadBytes, this.#freeBytes())) {
      if (isFirst && this.#bringer.isIdle) throw noRoom(target.root, sizeBytes);
      return false;
    }
    const rate = linkRate ?? this.#rate.bytesPerSecond(clock.monotonicMs()) ?? this.#ledger.bytesPerSecond;
    return isFirst || (count + ahead.count < mostJobsAhead && aheadBytes <= bytesAhead(rate));
  }

  #freeBytes(): number {
    const nowMs = this.#run.clock.monotonicMs();
    if (this.#free === null || nowMs - this.#free.atMs > 1000) {
      this.#free = { atMs: nowMs, bytes: this.#run.target.freeBytes() };
    }
    return this.#free.bytes;
  }

  #restored(item: RestoreItem): void {
    if (!this.#settle(item)) return;
    this.#keeper.done(item.n, () => {
      this.#bringer.remove(item).catch((error: unknown) => this.#end(error));
    });
    this.#run.onDone(item);
    this.#change();
  }

  #fail(item: RestoreItem, error: GlacierUpError): void {
    if (!this.#settle(item)) return;
    this.#keeper.failed(item.n, error);
    this.#change();
  }

  /** @returns false when it was settled before */
  #settle(item: RestoreItem): boolean {
    this.#expected.remove(item);
    if (this.#isSettled[item.n] === 1) return false;
    this.#isSettled[item.n] = 1;
    this.#left -= 1;
    return true;
  }

  #lost(expected: Expected, reason: string): void {
    const { item } = expected;
    if (this.#expected.useSpare(expected)) return;
    this.#expected.remove(item);
    this.#keeper.gone(item.n);
    const losses = (this.#losses.get(item.n) ?? 0) + 1;
    this.#losses.set(item.n, losses);
    if (losses < mostLosses) this.#supply.putBack(item);
    else this.#fail(item, new GlacierUpError('job-failed', `${losses} jobs brought nothing: ${reason}`));
  }

  #look(): void {
    this.#asksSinceLook = 0;
    this.#looking = this.#expected
      .look(this.#signal)
      .catch((error: unknown) => this.#end(error))
      .finally(() => {
        this.#looking = null;
        this.#change();
      });
  }

  #renew(): void {
    const nowMs = this.#run.clock.monotonicMs();
    if (nowMs - this.#renewedMs < renewEveryMs) return;
    this.#renewedMs = nowMs;
    this.#expected.renew();
  }

  /** A request that was sent just before an earlier run was killed may be on its way still. */
  async #awaitSettled(): Promise<void> {
    const { clock } = this.#run;
    const atMs = [...this.#ledger.asked.values()].reduce(
      (latest, asked) => (asked.jobId === null ? Math.max(latest, asked.atMs) : latest),
      0,
    );
    const waitMs = Math.min(settleMs, atMs + settleMs - clock.now());
    if (waitMs > 0) await clock.sleep(waitMs, this.#signal);
  }

  async #wrapUp(): Promise<void> {
    this.#supply.finish();
    await this.#asking;
    this.#supply.takeBack();
    await this.#looking;
    await this.#bringer.settle();
    const rate = this.#rate.bytesPerSecond(this.#run.clock.monotonicMs());
    if (rate !== null) this.#keeper.link(Math.round(rate));
  }

  #end(error: unknown): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(error);
  }

  #change(): void {
    this.#hasChanged = true;
    this.#wake();
  }

  /** @param clock whose time passes meanwhile */
  async #changed(mostMs: number, clock: Clock): Promise<void> {
    if (this.#hasChanged) return;
    const slept = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await Promise.race([woken, clock.sleep(mostMs, slept.signal).catch(() => {})]);
    // A reason at hand costs less than the one that Node makes.
    slept.abort(noReason);
  }
}

const noReason = new Error('woken');

function otherArchive({ sizeBytes, treeHash }: RestoreItem, { archive }: WholeJob): GlacierUpError {
  const message = `the service has the archive with tree hash ${archive.treeHash} and ${archive.sizeBytes} bytes, the inventory ${treeHash} and ${sizeBytes}`;
  return new GlacierUpError('hash-mismatch', message);
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
