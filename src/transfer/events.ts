/** What happens during a transfer. Outputs listen; nothing here answers back. */
import type { GlacierUpError } from '../errors.js';
import type { ByteRange } from '../glacier/byte-range.js';
import type { Plan } from './plan.js';

export type TransferEvent =
  /** Parts are about to be sent. `keptBytes` are there already. */
  | {
      kind: 'sending';
      file: string;
      uploadId: string;
      plan: Plan;
      keptParts: number;
      keptBytes: number;
      isNew: boolean;
    }
  /** A stream of unknown length begins to come. `keptBytes` of earlier runs are there already. */
  | {
      kind: 'receiving';
      file: string;
      uploadId: string;
      partSizeBytes: number;
      expectedBytes: number | null;
      keptParts: number;
      keptBytes: number;
      isNew: boolean;
    }
  /** A part of a stream is there already, equal to what came. */
  | { kind: 'part-found'; range: ByteRange }
  /** So many of the 10,000 parts are used up by a stream that goes on. */
  | { kind: 'nearing-limit'; usedParts: number; partSizeBytes: number }
  /** An archive is about to be downloaded by ranges. `keptBytes` are there already. */
  | {
      kind: 'retrieving';
      file: string;
      totalBytes: number;
      keptBytes: number;
      totalRanges: number;
      keptRanges: number;
    }
  /** An inventory is about to be downloaded. `keptBytes` are there already. */
  | { kind: 'downloading'; totalBytes: number; keptBytes: number }
  /** What earlier runs have downloaded of an inventory is of no use any more. */
  | { kind: 'dropped'; jobId: string; sizeBytes: number; reason: string }
  /** Bytes handed to the network or taken from it; negative when an attempt failed and they will go again. */
  | { kind: 'bytes'; sizeBytes: number }
  /** The bytes of a range are on the disk and have its tree hash. */
  | { kind: 'range-proved'; range: ByteRange }
  /** Archives of a vault are about to be deleted. `done` of them are already. */
  | { kind: 'deleting'; total: number; done: number }
  | { kind: 'deleted' }
  /** Archives of a vault are about to be restored. `done` of them, with `keptBytes`, are already. */
  | { kind: 'restoring'; total: number; done: number; totalBytes: number; keptBytes: number }
  | { kind: 'restored' }
  | { kind: 'part-stored'; range: ByteRange }
  /** The local file is being read to compute part hashes. */
  | { kind: 'hashing'; file: string; totalBytes: number }
  | { kind: 'hashed'; sizeBytes: number }
  | { kind: 'retry'; error: GlacierUpError; attempt: number; waitMs: number }
  /** How many parts are sent at a time has changed, because the service asked for less or can take more. */
  | { kind: 'concurrency'; partsAtOnce: number; reason: string }
  | { kind: 'completing'; file: string }
  /** Nothing is being sent any more. */
  | { kind: 'ended' }
  /** Something that the user should know and that is not an error. */
  | { kind: 'note'; message: string };

export type Emit = (event: TransferEvent) => void;
