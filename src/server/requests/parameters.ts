import { invalid, missing, ServiceError } from '../errors.js';
import { LARGEST_PART_BYTES, LONGEST_DESCRIPTION, MOST_PARTS, SMALLEST_PART_BYTES } from '../limits.js';
import { header, requiredHeader, type VaultRequest } from './request.js';

type Headers = Pick<VaultRequest, 'headers'>;

/**
 * `x-amz-part-size`, in bytes: 1 MiB times a power of two, at most 4 GiB (API page "Initiate Multipart Upload").
 * @throws ServiceError
 */
export function partSize(request: Headers): number {
  const text = requiredHeader(request, 'x-amz-part-size');
  const sizeBytes = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  const isPowerOfTwo = sizeBytes > 0 && Number.isInteger(Math.log2(sizeBytes));
  if (!isPowerOfTwo || sizeBytes < SMALLEST_PART_BYTES || sizeBytes > LARGEST_PART_BYTES) {
    throw invalid(
      `Invalid part size: ${text}. Part size must not be null, must be a power of two ` +
        `and be between ${SMALLEST_PART_BYTES} and ${LARGEST_PART_BYTES} bytes.`,
    );
  }
  return sizeBytes;
}

/** The description, null when there is none. The texts for bad ones are ours, their codes the service's. */
export function description(request: Headers): string | null {
  const text = header(request, 'x-amz-archive-description');
  if (!text) return null;
  // Bytes outside ASCII break the service's signature check (seen). Node hands bytes over as Latin-1 characters.
  if (/[^\0-\x7f]/.test(text)) throw new ServiceError('InvalidSignatureException');
  if (/[^\x20-\x7e]/.test(text))
    throw invalid('Invalid x-amz-archive-description: control characters are not allowed.');
  if (text.length > LONGEST_DESCRIPTION) {
    throw invalid(`Invalid x-amz-archive-description: longer than ${LONGEST_DESCRIPTION} characters.`);
  }
  return text;
}

export interface TreeHashHeader {
  readonly sent: string;
  /** Lower case, 64 digits. */
  readonly treeHash: string;
}

/** The service reads the header as a number in hex: shorter ones are filled up with zeros on the left (seen). */
export function treeHashHeader(request: Headers): TreeHashHeader {
  const sent = requiredHeader(request, 'x-amz-sha256-tree-hash');
  if (!/^(?:[0-9a-f]{2}){1,32}$/i.test(sent)) throw invalid(`Invalid x-amz-sha256-tree-hash: ${sent}`);
  return { sent, treeHash: sent.toLowerCase().padStart(64, '0') };
}

/** The size of the body in bytes. @throws ServiceError when it is not said */
export function contentLength(request: Headers): number {
  const text = header(request, 'content-length');
  // A body of unknown length is refused; what the service does is not known.
  if (text === undefined) throw missing('Content-Length');
  return Number(text);
}

export interface PartRange {
  readonly index: number;
  readonly sizeBytes: number;
}

/** Checks a part's Content-Range against its length and the upload's part size. */
export function partRange(request: Headers, partSizeBytes: number): PartRange {
  const text = requiredHeader(request, 'Content-Range');
  const fields = /^bytes (\d{1,15})-(\d{1,15})\/\*$/.exec(text);
  const [first, last] = [Number(fields?.[1]), Number(fields?.[2])];
  if (!fields || last < first) throw invalid(`Invalid Content-Range: ${text}`);
  const sizeBytes = last - first + 1;
  const lengthBytes = contentLength(request);
  if (sizeBytes !== lengthBytes) {
    throw invalid(`Content-Range: ${text} is incompatible with Content-Length: ${lengthBytes}`);
  }
  const index = Math.floor(first / partSizeBytes);
  if (index >= MOST_PARTS) {
    throw invalid(
      `This is part number ${index + 1} for the current multipart upload. ` +
        `It exceeds the limit of ${MOST_PARTS} parts.`,
    );
  }
  // Both refusals are documented, the texts are ours.
  if (first % partSizeBytes !== 0) {
    throw invalid(`Content-Range: ${text} is not aligned with part size ${partSizeBytes}`);
  }
  if (sizeBytes > partSizeBytes)
    throw invalid(`Content-Range: ${text} is longer than part size ${partSizeBytes}`);
  return { index, sizeBytes };
}

/** `x-amz-archive-size`, in bytes. @throws ServiceError */
export function archiveSize(request: Headers): number {
  const text = requiredHeader(request, 'x-amz-archive-size');
  if (!/^\d{1,15}$/.test(text)) throw invalid(`Invalid x-amz-archive-size: ${text}`);
  return Number(text);
}
