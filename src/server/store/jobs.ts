import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushFolderAsync } from '../../os/durable.js';
import { isMissing } from '../../os/errno.js';
import { jobNotFound } from '../errors.js';
import { JOB_LIFE_MS } from '../limits.js';
import { readJson, writeJson } from './durable.js';
import type { JobRecord } from './job.js';
import { numbersIn } from './numbered.js';

export interface Job {
  readonly number: number;
  readonly record: JobRecord;
  /** The file the output is in: the whole archive, or the inventory as it is handed out. */
  readonly outputPath: string;
  /** Of ranges that were read once: when a reply breaks off the same range is asked for again. */
  readonly rangeTreeHashes: Map<string, string>;
}

const recordFile = 'job.json';

/** A vault's jobs, each in a folder `<n>`: `job.json`, and `output`, which is there before the record is. */
export class Jobs {
  readonly #folder: string;
  readonly #jobs = new Map<string, Job>();
  #nextNumber = 1;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async load(): Promise<void> {
    const numbers = await numbersIn(this.#folder).catch((error: unknown) => {
      if (isMissing(error)) return []; // There never was a job.
      throw error;
    });
    for (const number of numbers) {
      this.#nextNumber = number + 1;
      const folder = this.#folderOf(number);
      const record = await readJson<JobRecord>(join(folder, recordFile));
      if (record) this.#remember(number, record);
      else await rm(folder, { recursive: true, force: true });
    }
  }

  /** Starts a job. `makeOutput` puts the output in place, and tells what is to be kept of the job. */
  async start(makeOutput: (outputPath: string) => Promise<JobRecord>): Promise<JobRecord> {
    const number = this.#nextNumber++;
    const folder = this.#folderOf(number);
    try {
      const firstMade = await mkdir(folder, { recursive: true, mode: 0o700 });
      const record = await makeOutput(outputOf(folder));
      await writeJson(join(folder, recordFile), record);
      await flushFolderAsync(this.#folder);
      if (firstMade !== folder) await flushFolderAsync(dirname(this.#folder));
      this.#remember(number, record);
      return record;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The job of that ID; the service's 404 if it never was or is over since long. */
  find(jobId: string, nowMs: number): Job {
    const job = this.#jobs.get(jobId);
    if (!job || isOver(job, nowMs)) throw jobNotFound(jobId);
    return job;
  }

  /** Newest first (seen). */
  list(nowMs: number): Job[] {
    return [...this.#jobs.values()].filter((job) => !isOver(job, nowMs)).sort((a, b) => b.number - a.number);
  }

  async sweep(nowMs: number): Promise<void> {
    for (const [jobId, job] of this.#jobs) {
      if (!isOver(job, nowMs)) continue;
      this.#jobs.delete(jobId);
      await rm(this.#folderOf(job.number), { recursive: true, force: true });
    }
  }

  #remember(number: number, record: JobRecord): void {
    this.#jobs.set(record.jobId, {
      number,
      record,
      outputPath: outputOf(this.#folderOf(number)),
      rangeTreeHashes: new Map(),
    });
  }

  #folderOf(number: number): string {
    return join(this.#folder, String(number));
  }
}

const outputOf = (folder: string): string => join(folder, 'output');

const isOver = ({ record }: Job, nowMs: number): boolean => nowMs - record.completesAtMs >= JOB_LIFE_MS;
