import type { Mutex } from '../../mutex.js';
import type { PartJournal, StoredPart } from './part-journal.js';

export interface UploadRecord {
  readonly uploadId: string;
  readonly description: string | null;
  readonly partSizeBytes: number;
  readonly createdAtMs: number;
}

/** An open upload, as those that receive and move its parts see it. */
export interface PartOwner {
  readonly record: UploadRecord;
  readonly folder: string;
  readonly archivePath: string;
  readonly mutex: Mutex;
  readonly journal: PartJournal;
  /** Who writes a part in place now, by the part's index. */
  readonly writers: Map<number, { revoke(): Promise<void> }>;
  /** No part may be listed any more. */
  readonly closed: boolean;
  part(index: number): StoredPart | undefined;
  list(part: StoredPart): void;
  flushSoon(): Promise<void>;
}
