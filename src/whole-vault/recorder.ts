/** Writes down what became of archives, in groups: at most a second, and a thousand of them, share a flush. */
import type { Clock } from '../clock.js';
import type { GlacierUpError } from '../errors.js';
import type { Failure, JournalWriter, Progress } from './journal.js';

const largestGroup = 1000;
const longestWaitMs = 1000;

export interface Done {
  n: number;
  archiveId: string;
}

/** Writes what became of archives: into the receipts first, then into the journal, in groups. */
export class Recorder {
  readonly #journal: JournalWriter;
  readonly #progress: Progress;
  readonly #noteDone: (archiveIds: readonly string[]) => Promise<void>;
  readonly #onFault: () => void;
  readonly #clock: Clock;
  #done: Done[] = [];
  #failed: (Failure & { n: number })[] = [];
  #cancelTimer: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #fault: unknown = null;

  /**
   * @param options.noteDone notes elsewhere what is done; before the journal says so, since what the journal knows is not
   * done again
   * @param options.onFault told once something could not be written down: there is no use in doing more
   */
  constructor(options: {
    journal: JournalWriter;
    progress: Progress;
    noteDone: (archiveIds: readonly string[]) => Promise<void>;
    onFault: () => void;
    clock: Clock;
  }) {
    this.#journal = options.journal;
    this.#progress = options.progress;
    this.#noteDone = options.noteDone;
    this.#onFault = options.onFault;
    this.#clock = options.clock;
  }

  done(item: Done): void {
    this.#done.push(item);
    this.#schedule();
  }

  failed(n: number, { code, message }: GlacierUpError): void {
    this.#failed.push({ n, code, message });
    this.#schedule();
  }

  /** Writes down all that has been told so far. @throws what could not be written, also earlier */
  async flush(): Promise<void> {
    this.#start();
    await this.#writing;
    if (this.#fault !== null) throw this.#fault;
  }

  #schedule(): void {
    if (this.#done.length + this.#failed.length >= largestGroup) this.#start();
    else this.#cancelTimer ??= this.#clock.after(longestWaitMs, () => this.#start());
  }

  #start(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const [done, failed] = [this.#done, this.#failed];
    this.#done = [];
    this.#failed = [];
    this.#writing = this.#writing.then(() => this.#write(done, failed));
  }

  async #write(done: readonly Done[], failed: readonly (Failure & { n: number })[]): Promise<void> {
    if (this.#fault !== null) return;
    try {
      if (done.length > 0) await this.#noteDone(done.map(({ archiveId }) => archiveId));
      this.#journal.append(
        done.map(({ n }) => n),
        failed,
      );
      for (const { n } of done) this.#progress.noteDone(n);
      for (const { n, ...failure } of failed) this.#progress.noteFailed(n, failure);
    } catch (error) {
      this.#fault = error;
      this.#onFault();
    }
  }
}
