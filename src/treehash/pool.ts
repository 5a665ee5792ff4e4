/** Worker threads that hash byte ranges of open files. */
import type { Clock } from '../clock.js';
import { GlacierUpError } from '../errors.js';
import type { StartThread, Thread } from '../os/thread.js';
import { hashHere } from './hash-here.js';
import type { HashReply, HashRequest, ThreadReply, ThreadRequest } from './hash-request.js';
import { hashed, type RangeHashes, rangeHashesOf, raw } from './range-hashes.js';
import type { SharedFile } from './shared-file.js';
import { leafSizeBytes } from './tree-hash.js';

export interface RangeToHash {
  fd: number;
  start: number;
  end: number;
  linear?: boolean;
  leafBytes?: number;
  /** The bytes are sent afterwards, which takes longer: a thread more only when hashing keeps that waiting. */
  beforeSending?: boolean;
}

interface Job {
  request: ThreadRequest;
  /** It waits for one of the threads that there are. */
  isPatient: boolean;
  /** Returns whether the job is done. */
  onReply(reply: ThreadReply): boolean;
  reject(error: unknown): void;
}

type Ticks = Pick<Clock, 'monotonicMs' | 'after'>;

interface HashingThread {
  worker: Thread;
  job: Job | null;
}

/** A thread takes as much CPU to start as this takes to hash: what comes first is hashed without one. */
const bytesBeforeThreads = 16 * 1024 * 1024;

/** Patient ranges that have waited in line for so long without a break would wait on: sending is faster than hashing. */
const longWaitMs = 2000;

/** Hashes at most `size` ranges at a time; others wait in line. Threads start when first needed. */
export class HashPool {
  readonly #startThread: StartThread;
  readonly #clock: Ticks;
  readonly #findSize: () => number;
  #size: number | undefined;
  readonly #threads: HashingThread[] = [];
  readonly #line: Job[] = [];
  /** Since when there is a line. */
  #lineSinceMs = 0;
  /** A line is looked at again though nothing happens: the one thread may wait for a slow disk. */
  #cancelLook: (() => void) | null = null;
  /** What may still be hashed without one. */
  #leftHereBytes: number;
  #closed = false;

  /**
   * @param startThread a thread that runs the compiled `worker.js`
   * @param options.size how many threads at most: asked once, and only when it matters, since finding out takes time
   * @param options.hereBytes how much is hashed without any
   */
  constructor(
    startThread: StartThread,
    { size, clock, hereBytes = bytesBeforeThreads }: { size: () => number; clock: Ticks; hereBytes?: number },
  ) {
    this.#startThread = startThread;
    this.#findSize = size;
    this.#clock = clock;
    this.#leftHereBytes = hereBytes;
  }

  /** How many threads at most. */
  get size(): number {
    this.#size ??= this.#findSize();
    return this.#size;
  }

  /**
   * Reads and hashes one range, start inclusive, end exclusive, in bytes.
   * @throws GlacierUpError `archive-changed` when the file ends early, `archive-unusable` when it cannot be read
   */
  async hashRange(range: RangeToHash): Promise<RangeHashes> {
    const { fd, start, end, linear = false, leafBytes = leafSizeBytes, beforeSending = false } = range;
    const reply = await this.#ask({ fd, start, end, tree: true, linear, leafBytes }, beforeSending);
    return rangeHashesOf(reply);
  }

  /**
   * One thread takes part in hashing a file, until it finds no more range to take; others may be at their last ones then.
   * @param onHashed told of each range that this thread has hashed, with its raw tree hash
   * @throws GlacierUpError as `hashRange` does; then nobody takes another range
   */
  joinHashing(file: SharedFile, onHashed: (index: number, rawTreeHash: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = (index: number, reply: HashReply): void => {
        try {
          onHashed(index, rangeHashesOf(reply).rawTreeHash);
        } catch (error) {
          reject(error);
        }
      };
      this.#enqueue({
        request: { file },
        isPatient: false,
        onReply: (reply) => {
          if ('index' in reply) take(reply.index, reply.reply);
          else resolve();
          return !('index' in reply);
        },
        reject,
      });
    });
  }

  /**
   * The plain SHA-256 of a range and nothing else, raw.
   * @throws GlacierUpError as `hashRange` does
   */
  async rawSha256(range: Omit<RangeToHash, 'linear' | 'leafBytes'>): Promise<Buffer> {
    const { fd, start, end, beforeSending = false } = range;
    const request = { fd, start, end, tree: false, linear: true, leafBytes: leafSizeBytes };
    const reply = await this.#ask(request, beforeSending);
    return raw(hashed(reply).rawSha256);
  }

  #ask(range: HashRequest, isPatient: boolean): Promise<HashReply> {
    const sizeBytes = range.end - range.start;
    if (this.#isQuickerHere(sizeBytes)) {
      this.#leftHereBytes -= sizeBytes;
      return hashHere(range);
    }
    return new Promise((resolve, reject) => {
      this.#enqueue({
        request: { range },
        isPatient,
        onReply: (reply) => {
          if ('reply' in reply) resolve(reply.reply);
          return true;
        },
        reject,
      });
    });
  }

  #enqueue(job: Job): void {
    if (this.#closed) {
      job.reject(new GlacierUpError('internal', 'the hashing threads have been stopped'));
      return;
    }
    if (this.#line.length === 0) this.#lineSinceMs = this.#clock.monotonicMs();
    this.#line.push(job);
    this.#dispatch();
  }

  /**
   * Starts a thread ahead of its first range, where there is something else to wait for.
   * @param sizeBytes how much there will be to hash
   */
  start(sizeBytes = Number.POSITIVE_INFINITY): void {
    if (this.#closed || this.#threads.length > 0 || this.#isQuickerHere(sizeBytes)) return;
    this.#start()?.worker.unref();
  }

  /** Stops the threads at once; what is still being hashed is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    const error = new GlacierUpError('internal', 'hashing was stopped');
    for (const job of this.#line.splice(0)) job.reject(error);
    const threads = this.#threads.splice(0);
    for (const { job } of threads) job?.reject(error);
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  #isQuickerHere(sizeBytes: number): boolean {
    return !this.#closed && this.#threads.length === 0 && sizeBytes <= this.#leftHereBytes;
  }

  #dispatch(): void {
    while (this.#line.length > 0) {
      const idle = this.#threads.find(({ job }) => job === null) ?? this.#startAnother();
      const job = idle && this.#line.shift();
      if (!idle || !job) return;
      idle.job = job;
      idle.worker.ref();
      idle.worker.postMessage(job.request);
    }
  }

  #startAnother(): HashingThread | undefined {
    if (this.#threads.length >= this.size) return undefined;
    const nowMs = this.#clock.monotonicMs();
    const isPatient = this.#threads.length > 0 && this.#line.every((job) => job.isPatient);
    const leftMs = isPatient ? this.#lineSinceMs + longWaitMs - nowMs : 0;
    if (leftMs > 0) {
      this.#cancelLook ??= this.#clock.after(
        leftMs,
        () => {
          this.#cancelLook = null;
          this.#dispatch();
        },
        { unref: true },
      );
      return undefined;
    }
    this.#lineSinceMs = nowMs;
    return this.#start();
  }

  #start(): HashingThread | undefined {
    if (this.#threads.length >= this.size) return undefined;
    const thread: HashingThread = { worker: this.#startThread(), job: null };
    thread.worker.on('message', (reply: ThreadReply) => {
      if (thread.job?.onReply(reply) === false) return;
      thread.job = null;
      // An idle thread must not keep the process alive.
      thread.worker.unref();
      this.#dispatch();
    });
    let cause: unknown;
    thread.worker.on('error', (error) => {
      cause = error;
    });
    // Every death ends here: a thread that leaves without an error is gone all the same.
    thread.worker.on('exit', (code) => {
      const position = this.#threads.indexOf(thread);
      if (position < 0) return;
      this.#threads.splice(position, 1);
      const why = cause instanceof Error ? cause.message : `it ended with code ${code}`;
      const died = new GlacierUpError('internal', `a hashing thread died: ${why}`, { cause });
      thread.job?.reject(died);
      thread.job = null;
      this.#dispatch();
    });
    this.#threads.push(thread);
    return thread;
  }
}
