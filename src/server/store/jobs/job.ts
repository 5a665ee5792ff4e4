import type { InventoryFormat } from '../../inventory-output.js';
import type { SeedSnapshot } from '../seeds/seeds.js';

/** What a job retrieves of an archive. */
export interface ArchiveRetrieval {
  readonly kind: 'archive';
  readonly archiveId: string;
  readonly archiveDescription: string | null;
  readonly archiveSizeBytes: number;
  readonly archiveTreeHash: string;
  readonly tier: string;
  /** Where in the archive the job's output begins. */
  readonly firstByte: number;
  /** Of the output; null when that is not a node of the archive's hash tree. */
  readonly treeHash: string | null;
  /** The archive is seeded: its bytes are not kept for the job but computed. */
  readonly isSeeded?: true;
}

/** Which part of an inventory a job retrieves, as it was asked for. */
export interface InventoryRetrieval {
  readonly kind: 'inventory';
  readonly format: InventoryFormat;
  readonly startDate: string | null;
  readonly endDate: string | null;
  readonly limit: string | null;
  /** Where the next page begins; null when there is none. */
  readonly nextMarker: string | null;
  /** What follows the bytes that are kept for the job. */
  readonly seeded?: SeededPart;
}

/** The part of an inventory's output that is computed: the entries of seeded archives, and the end. */
export interface SeededPart {
  /** Of the bytes that are kept, and of the entries. */
  readonly keptBytes: number;
  readonly rowsBytes: number;
  readonly seeds: readonly SeedSnapshot[];
  readonly fromNumber: number;
  readonly most: number;
  readonly isFirst: boolean;
}

/**
 * A job as it is kept. When it ends is settled when it begins, so that it ends in time though no server runs until
 * then, and never goes back.
 */
export interface JobRecord {
  readonly jobId: string;
  readonly description: string | null;
  readonly snsTopic: string | null;
  readonly createdAtMs: number;
  readonly completesAtMs: number;
  readonly willFail: boolean;
  readonly outputSizeBytes: number;
  readonly retrieval: ArchiveRetrieval | InventoryRetrieval;
}

export type JobStatus = 'InProgress' | 'Succeeded' | 'Failed';

/** What the job is at this time: it follows from when it ends, and is not stored. */
export function jobStatus({ completesAtMs, willFail }: JobRecord, nowMs: number): JobStatus {
  if (nowMs < completesAtMs) return 'InProgress';
  return willFail ? 'Failed' : 'Succeeded';
}
