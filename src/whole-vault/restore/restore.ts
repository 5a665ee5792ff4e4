/**
 * The archives of a plan brought back: asked for, downloaded, proved, given their names, or handed to a command. Asking,
 * looking at jobs, and bringing go on side by side.
 */

import { GlacierUpError } from '../../errors.js';
import { type FollowingSignal, followSignal } from '../../follow-signal.js';
import { readItems } from '../items.js';
import { JournalWriter } from '../journal.js';
import type { PlanPaths } from '../plan-folder.js';
import { LinkRate } from './allowance.js';
import { Asking } from './asking.js';
import { BookKeeper } from './book-keeper.js';
import { Bringer } from './bringer.js';
import { type Expected, ExpectedArchives } from './expected.js';
import type { WholeJob } from './job-list.js';
import type { Ledger } from './ledger.js';
import type { RestoreItem } from './restore-item.js';
import type { RestoreEnd, Restoring } from './restoring.js';
import { isAnythingAt } from './supply.js';

/** An archive whose jobs are lost so often has failed. */
const mostLosses = 3;
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
  readonly #asking: Asking;
  readonly #rate = new LinkRate();
  readonly #stop: FollowingSignal;
  /** Archives with jobs that earlier runs have asked for. */
  readonly #askedBefore: ReadonlySet<number>;
  readonly #newlyReady: Expected[] = [];
  readonly #losses = new Map<number, number>();
  /** Done or failed, in this run or before. */
  readonly #isSettled: Uint8Array;
  #left: number;
  /** How many jobs had been started when the list was read last. */
  #startedAtLook = 0;
  #looking: Promise<void> | null = null;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => {};
  #hasChanged = false;

  constructor(paths: PlanPaths, ledger: Ledger, journal: JournalWriter, run: Restoring) {
    this.#run = run;
    this.#paths = paths;
    this.#ledger = ledger;
    this.#stop = followSignal(run.signal);
    this.#stop.signal.addEventListener('abort', () => this.#change(), { once: true });
    this.#askedBefore = new Set(ledger.asked.keys());
    this.#left = ledger.progress.total - ledger.progress.done;
    this.#isSettled = new Uint8Array(ledger.progress.total);
    const { vault, clock } = run;
    this.#keeper = new BookKeeper({
      journal,
      ledger,
      clock,
      // It is thrown where the journal is flushed last.
      onFault: () => this.#stop.abort(),
    });
    this.#expected = new ExpectedArchives(vault, clock, {
      onReady: (expected) => this.#newlyReady.push(expected),
      onLost: (expected, reason) => this.#lost(expected, reason),
      onAging: ({ item }) => this.#asking.askAgain(item),
      onOther: ({ item }, job) => this.#fail(item, otherArchive(item, job)),
    });
    this.#bringer = new Bringer(
      { ...run, signal: this.#stop.signal, rate: this.#rate },
      {
        onRestored: (item) => this.#restored(item),
        onFailed: (item, error) => this.#fail(item, error),
        onLost: (expected, reason) => this.#lost(expected, reason),
        onAbsent: (item) => this.#asking.take(item),
        onFault: (error) => this.#end(error),
        onChange: () => this.#change(),
      },
    );
    const isFresh = (n: number): boolean => !ledger.progress.isDone(n) && !this.#askedBefore.has(n);
    this.#asking = new Asking({
      run,
      ledger,
      keeper: this.#keeper,
      expected: this.#expected,
      bringer: this.#bringer,
      rate: this.#rate,
      signal: this.#stop.signal,
      fresh: readItems(paths.items, isFresh) as Generator<RestoreItem, void>,
      isSettled: ({ n }) => this.#isSettled[n] === 1,
      onFailed: (item, error) => this.#fail(item, error),
      onFault: (error) => this.#end(error),
      onChange: () => this.#change(),
    });
  }

  async run(): Promise<RestoreEnd> {
    try {
      await this.#bringer.tidy((n) => this.#ledger.progress.isDone(n));
      await this.#asking.readJobs();
      const isKnown = (n: number): boolean => this.#askedBefore.has(n) && !this.#ledger.progress.isDone(n);
      for (const item of readItems(this.#paths.items, isKnown)) this.#resume(item as RestoreItem);
      await this.#untilEnd();
    } catch (error) {
      this.#end(error);
    }
    await this.#wrapUp();
    this.#keeper.flush();
    await this.#bringer.close();
    this.#stop.release();
    if (this.#stop.signal.aborted) throw this.#stop.signal.reason;
    const oldest = this.#expected.oldestPending;
    const { count, bytes } = this.#expected;
    return {
      pending: oldest && { count, sizeBytes: bytes, oldestAskedMs: oldest.askedMs },
      isOverBudget: this.#asking.isOverBudget,
      refused: this.#asking.refused,
    };
  }

  /** An archive that an earlier run has asked for. */
  #resume(item: RestoreItem): void {
    const { place, wayPath } = this.#bringer.pathsOf(item);
    if (isAnythingAt(place) || isAnythingAt(wayPath)) this.#bringer.addCheck(item);
    else this.#asking.take(item);
  }

  async #untilEnd(): Promise<void> {
    const { wait } = this.#run;
    while (!this.#stop.signal.aborted) {
      this.#hasChanged = false;
      this.#asking.start();
      this.#bringer.addReady(this.#newlyReady.splice(0));
      this.#bringer.start();
      if (this.#left === 0) return;
      // Nothing happens until a job is done.
      const isQuiet = !this.#asking.isBusy && this.#bringer.isIdle;
      const lookInMs = this.#expected.lookInMs();
      const isLookDue = lookInMs === 0 || (isQuiet && !wait && this.#asking.started > this.#startedAtLook);
      if (lookInMs !== null && isLookDue && this.#looking === null) this.#look();
      if (isQuiet && this.#looking === null && this.#newlyReady.length === 0) {
        const hasHope = lookInMs !== null || this.#asking.refused !== null;
        if (!wait || !hasHope) return;
      }
      this.#renew();
      const waits = [lookInMs ?? renewEveryMs, this.#asking.againInMs ?? renewEveryMs];
      const waitMs = Math.min(renewEveryMs, ...waits.map((ms) => Math.max(ms, 1)));
      await this.#changed(waitMs, isQuiet && this.#looking === null);
    }
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
    if (losses < mostLosses) this.#asking.askAgain(item);
    else this.#fail(item, new GlacierUpError('job-failed', `${losses} jobs brought nothing: ${reason}`));
  }

  #look(): void {
    this.#startedAtLook = this.#asking.started;
    this.#looking = this.#expected
      .look(this.#stop.signal)
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

  async #wrapUp(): Promise<void> {
    await this.#asking.finish();
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

  /** @param isQuiet nothing but time brings a change; else requests are under way */
  async #changed(mostMs: number, isQuiet: boolean): Promise<void> {
    if (this.#hasChanged) return;
    const { clock } = this.#run;
    const slept = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (!isQuiet) {
      const cancel = clock.after(mostMs, () => this.#wake());
      await woken;
      cancel();
      return;
    }
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
