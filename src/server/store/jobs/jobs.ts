import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushFolderAsync } from '../../../os/durable.js';
import { isMissing } from '../../../os/errno.js';
import { jobNotFound } from '../../errors.js';
import { AppendLog, checkedLine, readCheckedLine } from '../append-log.js';
import { readJson } from '../durable.js';
import { numbersIn } from '../numbered.js';
import type { JobRecord } from './job.js';

export interface Job {
  readonly number: number;
  readonly record: JobRecord;
  /** The file with the bytes that are kept for the output; a job of a seeded archive has none. */
  readonly outputPath: string;
}

type JobLine = JobRecord & { readonly number: number };

/** Jobs that are over stay in memory no longer than this. */
const SWEEP_EVERY_MS = 60_000;

/** Where earlier versions kept the record, one file a job. */
const recordFile = 'job.json';

/**
 * A vault's jobs: a line each in `jobs.log`, and a folder `jobs/<n>` for each that keeps its `output`, which is there
 * before the line is.
 */
export class Jobs {
  readonly #folder: string;
  readonly #lifeMs: number;
  readonly #byId = new Map<string, Job>();
  /** Oldest first. */
  #inOrder: Job[] = [];
  #log: AppendLog | undefined;
  #nextNumber = 1;
  #nextSweepMs = Number.POSITIVE_INFINITY;

  /** @param lifeMs how long a job is there after its end */
  constructor(folder: string, lifeMs: number) {
    this.#folder = folder;
    this.#lifeMs = lifeMs;
  }

  async load(nowMs: number): Promise<void> {
    const kept: JobLine[] = [];
    let lines = 0;
    this.#log = await AppendLog.read(this.#logPath, (text) => {
      const line = readCheckedLine<JobLine>(text);
      if (!line) return false;
      lines += 1;
      this.#nextNumber = Math.max(this.#nextNumber, line.number + 1);
      if (!this.#isOver(line, nowMs)) kept.push(line);
      return true;
    });
    if (kept.length < lines / 2) await this.#log.rewrite(kept.map(checkedLine));
    for (const { number, ...record } of kept) this.#remember(number, record);
    await this.#loadFolders(new Set(kept.map(({ number }) => number)), nowMs);
  }

  /** Starts a job. `makeOutput` puts what is to be kept of the output in place, and tells what is to be kept of the job. */
  async start(makeOutput: (newOutputPath: () => Promise<string>) => Promise<JobRecord>): Promise<JobRecord> {
    const number = this.#nextNumber++;
    const folder = this.#folderOf(number);
    let hasFolder = false;
    try {
      const record = await makeOutput(async () => {
        hasFolder = true;
        const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
        if (firstMade !== folder) await flushFolderAsync(dirname(this.#folder));
        return outputOf(folder);
      });
      if (hasFolder) {
        await flushFolderAsync(folder);
        await flushFolderAsync(this.#folder);
      }
      const line: JobLine = { number, ...record };
      if (!this.#log) throw new Error(`${this.#logPath} was not read`);
      await this.#log.append(checkedLine(line));
      this.#remember(number, record);
      return record;
    } catch (error) {
      if (hasFolder) await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The job of that ID; the service's 404 if it never was or is over since long. */
  find(jobId: string, nowMs: number): Job {
    const job = this.#byId.get(jobId);
    if (!job || this.#isOver(job.record, nowMs)) throw jobNotFound(jobId);
    return job;
  }

  /** Newest first (seen), from a job's number on. A page of many jobs costs what the page has. */
  *newestFirst(nowMs: number, fromNumber = this.#nextNumber): Generator<Job> {
    const jobs = this.#inOrder;
    for (let i = firstAbove(jobs, fromNumber) - 1; i >= 0; i -= 1) {
      const job = jobs[i];
      if (job && !this.#isOver(job.record, nowMs)) yield job;
    }
  }

  /** Drops the jobs that are over, and what is kept for them. Seldom: all jobs are looked at. */
  async sweep(nowMs: number): Promise<void> {
    if (nowMs < this.#nextSweepMs) return;
    const over = this.#inOrder.filter(({ record }) => this.#isOver(record, nowMs));
    this.#inOrder = this.#inOrder.filter(({ record }) => !this.#isOver(record, nowMs));
    this.#nextSweepMs = this.#inOrder.reduce(
      (soonestMs, { record }) => Math.min(soonestMs, Math.max(this.#endOf(record), nowMs + SWEEP_EVERY_MS)),
      Number.POSITIVE_INFINITY,
    );
    for (const { number, record } of over) {
      this.#byId.delete(record.jobId);
      await rm(this.#folderOf(number), { recursive: true, force: true });
    }
  }

  /** Folders of jobs that earlier versions kept, of jobs that are over, and of ones that a crash cut short. */
  async #loadFolders(known: ReadonlySet<number>, nowMs: number): Promise<void> {
    const numbers = await numbersIn(this.#folder).catch((error: unknown) => {
      if (isMissing(error)) return []; // There never was a job.
      throw error;
    });
    for (const number of numbers) {
      this.#nextNumber = Math.max(this.#nextNumber, number + 1);
      if (known.has(number)) continue;
      const folder = this.#folderOf(number);
      const record = await readJson<JobRecord>(join(folder, recordFile));
      if (record && !this.#isOver(record, nowMs)) this.#remember(number, record);
      else await rm(folder, { recursive: true, force: true });
    }
  }

  #remember(number: number, record: JobRecord): void {
    const outputPath = outputOf(this.#folderOf(number));
    const job = { number, record, outputPath };
    this.#byId.set(record.jobId, job);
    this.#inOrder.splice(firstAbove(this.#inOrder, number), 0, job);
    this.#nextSweepMs = Math.min(this.#nextSweepMs, this.#endOf(record));
  }

  #isOver(record: JobRecord, nowMs: number): boolean {
    return nowMs >= this.#endOf(record);
  }

  #endOf({ completesAtMs }: JobRecord): number {
    return completesAtMs + this.#lifeMs;
  }

  get #logPath(): string {
    return `${this.#folder}.log`;
  }

  #folderOf(number: number): string {
    return join(this.#folder, String(number));
  }
}

const outputOf = (folder: string): string => join(folder, 'output');

/** Where in a list in the order of numbers the first one above that number stands. */
function firstAbove(jobs: readonly Job[], number: number): number {
  let [low, high] = [0, jobs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((jobs[middle]?.number ?? 0) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
