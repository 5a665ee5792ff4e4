/**
 * A vault's jobs: what brings archives and inventories back. A job takes hours, then its output can be read for at
 * least 24 hours.
 */
import type { ByteRange } from './byte-range.js';

/** How fast a retrieval is, and how dear. */
export type Tier = 'Expedited' | 'Standard' | 'Bulk';

export type JobRequest =
  | { kind: 'inventory' }
  /**
   * `range`: within the archive, from and to a full MiB or the archive's end; null: all of it. `description`: what ListJobs
   * says of the job, printable ASCII.
   */
  | { kind: 'archive'; archiveId: string; range: ByteRange | null; tier: Tier; description?: string };

export interface Job {
  jobId: string;
  kind: 'inventory' | 'archive';
  status: 'InProgress' | 'Succeeded' | 'Failed';
  /** Why it failed, in the service's words. */
  statusMessage: string;
  createdAt: string;
  completedAt: string | null;
  /** Of an archive job; else null. */
  archive: {
    archiveId: string;
    sizeBytes: number;
    /** Of the whole archive, hex. */
    treeHash: string;
    /** Within the archive. */
    range: ByteRange;
    /** Of the range, hex; null when it is not tree-hash aligned. */
    rangeTreeHash: string | null;
    tier: Tier;
  } | null;
  /** Of an inventory job. `isWhole`: not of some dates or pages only. */
  inventory: { format: 'JSON' | 'CSV'; isWhole: boolean; sizeBytes: number | null } | null;
}

export interface JobsPage {
  jobs: Job[];
  /** null on the last page. */
  marker: string | null;
}

export interface OutputRequest {
  jobId: string;
  /** Within the job's own output. */
  range: ByteRange;
  /** How long the whole output is, where that is known: another length is an error. */
  outputBytes?: number;
  /** How long that should take, as far as the line is known; undefined while nothing is. */
  expectedMs?(): number | undefined;
  /**
   * Called once for each attempt; what it returns takes the bytes in their order, and is waited for, so that no more
   * is held in memory than it can take. They are valid during the call only: the next ones come in the same memory.
   */
  openSink(): (bytes: Uint8Array) => Promise<void> | void;
}

/** Rejects as `Vault` does; a job that is unknown is `job-gone`. */
export interface VaultJobs {
  /**
   * Not idempotent: repeated after a lost reply it makes a second job, which costs again.
   * @returns the job's ID
   */
  initiateJob(request: JobRequest, signal: AbortSignal): Promise<string>;
  describeJob(jobId: string, signal: AbortSignal): Promise<Job>;
  /** Newest first, at most 50 a page. */
  listJobsPage(marker: string | null, signal: AbortSignal): Promise<JobsPage>;
  /**
   * Reads exactly the range.
   * @returns its tree hash as the service computed it, hex; null when it tells none, which it does for ranges that are
   * tree-hash aligned only
   */
  readJobOutput(request: OutputRequest, signal: AbortSignal): Promise<string | null>;
  /** Idempotent: an archive that is deleted already is no error. */
  deleteArchive(archiveId: string, signal: AbortSignal): Promise<void>;
}
