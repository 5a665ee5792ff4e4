/** What this program asks of a Glacier vault. Hashes cross this line as lower-case hex, as the service writes them. */
import type { Readable } from 'node:stream';
import type { ByteRange } from './byte-range.js';

export interface InitiateRequest {
  partSizeBytes: number;
  description: string;
}

export interface InitiatedUpload {
  uploadId: string;
  /** The account's own number, from `Location`, even when `-` was sent. */
  accountId: string;
}

export interface PartRequest {
  uploadId: string;
  range: ByteRange;
  treeHash: string;
  sha256: string;
  /** How long sending it should take, as far as the line is known. */
  expectedMs?(): number | undefined;
  /** Called once for each attempt; the stream has exactly the range's bytes. */
  openBody(onBytes: (sizeBytes: number) => void): Readable;
}

export interface ListedPart {
  range: ByteRange;
  treeHash: string;
}

/** One page of ListParts, checked for form but not yet for sense. */
export interface PartsPage {
  uploadId: string;
  accountId: string;
  partSizeBytes: number;
  description: string;
  createdAt: string;
  parts: ListedPart[];
  /** null on the last page. */
  marker: string | null;
}

export interface ListedUpload {
  uploadId: string;
  description: string;
  partSizeBytes: number;
  createdAt: string;
}

export interface UploadsPage {
  uploads: ListedUpload[];
  marker: string | null;
}

export interface CompleteRequest {
  uploadId: string;
  sizeBytes: number;
  treeHash: string;
}

export interface CompletedArchive {
  archiveId: string;
  location: string;
  accountId: string;
}

/**
 * One vault. Every call rejects with a GlacierUpError whose code says what kind of failure it is, and with the
 * signal's own reason when it is aborted. Nothing is retried here.
 */
export interface Vault {
  initiateUpload(request: InitiateRequest, signal: AbortSignal): Promise<InitiatedUpload>;
  /** @returns the tree hash that the service computed from the bytes it received */
  uploadPart(request: PartRequest, signal: AbortSignal): Promise<string>;
  listPartsPage(uploadId: string, marker: string | null, signal: AbortSignal): Promise<PartsPage>;
  listUploadsPage(marker: string | null, signal: AbortSignal): Promise<UploadsPage>;
  completeUpload(request: CompleteRequest, signal: AbortSignal): Promise<CompletedArchive>;
  abortUpload(uploadId: string, signal: AbortSignal): Promise<void>;
  /** Makes the next request look for credentials again, for those that expire while an upload lasts. */
  renewCredentials(): void;
  close(): void;
}
