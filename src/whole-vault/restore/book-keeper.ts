/** Writes down how far a plan to restore is: what has to be known before a request at once, the rest in groups. */
import type { Clock } from '../../clock.js';
import type { GlacierUpError } from '../../errors.js';
import type { Failure, JournalWriter, OtherLine } from '../journal.js';
import type { Ledger } from './ledger.js';

const largestGroup = 1000;
const longestWaitMs = 1000;

/** Writes into the journal and the ledger what became of archives, in groups that share a flush. */
export class BookKeeper {
  readonly #journal: JournalWriter;
  readonly #ledger: Ledger;
  readonly #onFault: () => void;
  readonly #clock: Clock;
  #done: number[] = [];
  #failed: (Failure & { n: number })[] = [];
  #asked: [n: number, jobId: string, atMs: number][] = [];
  #gone: number[] = [];
  #afterwards: (() => void)[] = [];
  #cancelTimer: (() => void) | null = null;
  #fault: unknown = null;

  /** @param options.onFault told once something could not be written down: there is no use in doing more */
  constructor(options: { journal: JournalWriter; ledger: Ledger; clock: Clock; onFault: () => void }) {
    this.#journal = options.journal;
    this.#ledger = options.ledger;
    this.#onFault = options.onFault;
    this.#clock = options.clock;
  }

  /** On return it is on disk for good that these are about to be asked for. @throws GlacierUpError `state-unusable` */
  asking(numbers: readonly number[], cost: number, atMs: number): void {
    this.#writeNow({ s: 'asking', n: numbers, cost, at: atMs });
    for (const n of numbers) this.#ledger.asked.set(n, { jobId: null, atMs });
    this.#ledger.spent += cost;
  }

  /** They have no jobs after all. */
  unasked(numbers: readonly number[], cost: number): void {
    if (numbers.length === 0) return;
    this.#writeNow({ s: 'unasked', n: numbers, cost });
    for (const n of numbers) this.#ledger.asked.delete(n);
    this.#ledger.spent -= cost;
  }

  asked(n: number, jobId: string, atMs: number): void {
    this.#ledger.asked.set(n, { jobId, atMs });
    this.#asked.push([n, jobId, atMs]);
    this.#schedule();
  }

  gone(n: number): void {
    this.#ledger.asked.delete(n);
    this.#gone.push(n);
    this.#schedule();
  }

  /** @param afterwards called once it is on disk for good */
  done(n: number, afterwards: () => void): void {
    this.#done.push(n);
    this.#afterwards.push(afterwards);
    this.#schedule();
  }

  failed(n: number, { code, message }: GlacierUpError): void {
    this.#failed.push({ n, code, message });
    this.#schedule();
  }

  link(bytesPerSecond: number): void {
    this.#writeNow({ s: 'link', bytesPerSecond });
  }

  /** Writes down all that has been told so far. @throws what could not be written, also earlier */
  flush(): void {
    this.#writeGroup();
    if (this.#fault !== null) throw this.#fault;
  }

  #schedule(): void {
    const size = this.#done.length + this.#failed.length + this.#asked.length + this.#gone.length;
    if (size >= largestGroup) this.#writeGroup();
    else this.#cancelTimer ??= this.#clock.after(longestWaitMs, () => this.#writeGroup());
  }

  #writeNow(line: OtherLine): void {
    this.flush();
    this.#journal.append([], [], [line]);
  }

  #writeGroup(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#fault !== null) return;
    const [done, failed, asked, gone] = [this.#done, this.#failed, this.#asked, this.#gone];
    const afterwards = this.#afterwards;
    this.#done = [];
    this.#failed = [];
    this.#asked = [];
    this.#gone = [];
    this.#afterwards = [];
    const others: OtherLine[] = [];
    if (gone.length > 0) others.push({ s: 'gone', n: gone });
    if (asked.length > 0) others.push({ s: 'asked', jobs: asked });
    try {
      this.#journal.append(done, failed, others);
    } catch (error) {
      this.#fault = error;
      this.#onFault();
      return;
    }
    const { progress, asked: known } = this.#ledger;
    for (const n of done) {
      progress.noteDone(n);
      known.delete(n);
    }
    for (const { n, ...failure } of failed) progress.noteFailed(n, failure);
    for (const action of afterwards) action();
  }
}
