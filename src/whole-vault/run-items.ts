/** Does the same with every archive of a plan, several at a time, at the pace that the service takes. */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.js';
import { GlacierUpError, hasCode } from '../errors.js';
import type { Item } from './items.js';
import type { Recorder } from './recorder.js';
import type { Window } from './window.js';

export interface ItemRun {
  items: Iterable<Item> | AsyncIterable<Item>;
  /**
   * Does it with one archive. Throttling must be thrown at once; other temporary failures are repeated by it.
   * @throws GlacierUpError
   */
  act: (item: Item, signal: AbortSignal) => Promise<void>;
  window: Window;
  recorder: Pick<Recorder, 'done' | 'failed'>;
  clock: Clock;
  /** Ends the run; requests under way get a moment to come to their end. */
  signal: AbortSignal;
  /** So long it is throttled without any success before it gives up. */
  patienceMs: number;
  /** Called with each archive that is done. */
  onDone: (item: Item) => void;
}

/** What requests under way do when the run is to end should be known. */
const settleMs = 1500;

/**
 * Does it with each archive, the first alone: what is refused for one would be refused for all. A failure of one archive
 * is recorded, and the others go on.
 * @throws GlacierUpError what ended the run: refused credentials, a vault that is gone, a service that does not answer;
 * the signal's reason. What was done by then is with the recorder
 */
export async function runItems(run: ItemRun): Promise<void> {
  const { items, window, signal } = run;
  const stop = new AbortController();
  const cut = new AbortController();
  // Every request under way listens to them.
  setMaxListeners(0, stop.signal, cut.signal);
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const running = new Running();
  const worker = new Worker(run, stop, cut.signal);
  stop.signal.addEventListener('abort', () => running.wake(), { once: true });
  try {
    for await (const item of untilAborted(items, stop.signal)) {
      while (running.count >= (worker.hasSucceeded ? window.limit : 1) && !stop.signal.aborted) {
        await running.changed();
      }
      if (!stop.signal.aborted) await worker.awaitStart();
      if (stop.signal.aborted) break;
      running.begin(worker.work(item));
    }
    while (running.count > 0 && !stop.signal.aborted) await running.changed();
    if (running.count > 0) {
      const cancel = run.clock.after(settleMs, () => cut.abort(stop.signal.reason));
      while (running.count > 0) await running.changed();
      cancel();
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  if (stop.signal.aborted) throw stop.signal.reason;
}

/** Ends early, without waiting for an item that may never come. */
async function* untilAborted(
  items: Iterable<Item> | AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void> {
  if (Symbol.iterator in items) return yield* items;
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  const line = items[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([line.next(), aborted]);
    if (next === null || next.done) return;
    yield next.value;
  }
}

/** How many are under way, and whoever waits for a change of that. */
class Running {
  #count = 0;
  #wake: () => void = () => {};

  get count(): number {
    return this.#count;
  }

  begin(work: Promise<void>): void {
    this.#count += 1;
    void work.finally(() => {
      this.#count -= 1;
      this.wake();
    });
  }

  wake(): void {
    this.#wake();
  }

  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

class Worker {
  readonly #run: ItemRun;
  readonly #stop: AbortController;
  readonly #cut: AbortSignal;
  #hasSucceeded = false;
  #lastSuccessMs: number;

  constructor(run: ItemRun, stop: AbortController, cut: AbortSignal) {
    this.#run = run;
    this.#stop = stop;
    this.#cut = cut;
    this.#lastSuccessMs = run.clock.monotonicMs();
  }

  get hasSucceeded(): boolean {
    return this.#hasSucceeded;
  }

  /** Waits until one more may be begun; returns early when the run is to end. */
  async awaitStart(): Promise<void> {
    const { window, clock } = this.#run;
    const waitMs = window.startInMs(clock.monotonicMs());
    if (waitMs > 0) await clock.sleep(waitMs, this.#stop.signal).catch(() => {});
  }

  /** Never rejects: what ends the run, it stops with. */
  async work(item: Item): Promise<void> {
    const { act, recorder, window, clock } = this.#run;
    for (;;) {
      try {
        await act(item, this.#cut);
        this.#hasSucceeded = true;
        this.#lastSuccessMs = clock.monotonicMs();
        window.noteSuccess(this.#lastSuccessMs);
        recorder.done(item);
        this.#run.onDone(item);
        return;
      } catch (error) {
        if (hasCode(error, 'throttled')) {
          if (await this.#isToRepeat(error)) continue;
        } else if (hasCode(error, 'request-invalid', 'archive-gone')) recorder.failed(item.n, error);
        else this.#end(error);
        return;
      }
    }
  }

  async #isToRepeat(error: GlacierUpError): Promise<boolean> {
    const { window, clock, patienceMs } = this.#run;
    const nowMs = clock.monotonicMs();
    const pauseMs = window.noteThrottle(nowMs, clock.random());
    if (nowMs - this.#lastSuccessMs > patienceMs) {
      this.#end(giveUp(error, nowMs - this.#lastSuccessMs));
      return false;
    }
    await clock.sleep(Math.max(pauseMs, error.service?.retryAfterMs ?? 0), this.#stop.signal).catch(() => {});
    if (!this.#stop.signal.aborted) await this.awaitStart();
    return !this.#stop.signal.aborted;
  }

  #end(error: unknown): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(error);
  }
}

function giveUp(error: GlacierUpError, silentMs: number): GlacierUpError {
  const message = `${error.message} (gave up after ${Math.round(silentMs / 1000)} s without progress)`;
  return new GlacierUpError(error.code, message, {
    hint: 'what was done is kept: run the same command again later',
    cause: error,
    ...(error.service ? { service: error.service } : {}),
  });
}
