/** What the service allows (developer guide, "Uploading Large Archives in Parts" and the API pages). */

const MiB = 1024 ** 2;
export const minPartSizeBytes = MiB;
export const maxPartSizeBytes = 4096 * MiB;
export const maxParts = 10_000;
export const maxArchiveSizeBytes = maxParts * maxPartSizeBytes;
/** An upload without a new part for this long may be dropped by the service. */
export const uploadIdleLifeMs = 24 * 60 * 60 * 1000;
/**
 * An inventory shows what was in the vault about a day before it was finished ("approximately daily", developer
 * guide, "Vault Inventory"): what is younger may be there and not in it.
 */
export const inventoryDelayMs = 24 * 60 * 60 * 1000;
/**
 * Glacier takes requests whose signature is at most five minutes old, and looks at it again when the body has come:
 * parts that took 10 to 17 minutes were answered with 403 "Signature expired" (reports of 2012), others with 408 after
 * 8 minutes. So a part should be sent in less.
 */
export const partTimeMs = 4 * 60 * 1000;
export const maxDescriptionLength = 1024;
/** Of every archive ID that has been seen. */
export const archiveIdLength = 138;

/** Default part sizes begin here: smaller ones cost one billed request each for little gain. */
const minDefaultPartSizeBytes = 16 * MiB;
/** Enough parts to lose little when one fails, few enough to stay cheap and quick to list. */
const targetParts = 2000;

/** Powers of two from 1 MiB to 4 GiB. */
export function isLegalPartSize(sizeBytes: number): boolean {
  return (
    Number.isInteger(Math.log2(sizeBytes)) && sizeBytes >= minPartSizeBytes && sizeBytes <= maxPartSizeBytes
  );
}

/** The legal sizes around one that is not legal, smaller first; one or two of them. */
export function nearestLegalPartSizes(sizeBytes: number): number[] {
  if (sizeBytes <= minPartSizeBytes) return [minPartSizeBytes];
  if (sizeBytes >= maxPartSizeBytes) return [maxPartSizeBytes];
  const below = 2 ** Math.floor(Math.log2(sizeBytes));
  return below === sizeBytes ? [sizeBytes] : [below, below * 2];
}

/** The smallest legal part size that holds an archive in at most `parts` parts, or the largest there is. */
function partSizeFor(archiveSizeBytes: number, parts: number, smallestBytes: number): number {
  let sizeBytes = smallestBytes;
  while (sizeBytes < maxPartSizeBytes && sizeBytes * parts < archiveSizeBytes) sizeBytes *= 2;
  return sizeBytes;
}

/** The smallest part size that the service accepts for this archive. */
export function smallestPartSize(archiveSizeBytes: number): number {
  return partSizeFor(archiveSizeBytes, maxParts, minPartSizeBytes);
}

/**
 * The part size used when none is given.
 * @param bytesPerSecond of the line, if that is known
 */
export function defaultPartSize(archiveSizeBytes: number, bytesPerSecond = Number.POSITIVE_INFINITY): number {
  const sizeBytes = partSizeFor(archiveSizeBytes, targetParts, minDefaultPartSizeBytes);
  return Math.max(smallestPartSize(archiveSizeBytes), Math.min(sizeBytes, partSizeInTime(bytesPerSecond)));
}

/** The largest legal part size that so fast a line carries in the time that a part may take, or the smallest there is. */
export function partSizeInTime(bytesPerSecond: number): number {
  const sizeBytes = (bytesPerSecond * partTimeMs) / 1000;
  if (sizeBytes >= maxPartSizeBytes) return maxPartSizeBytes;
  return Math.max(minPartSizeBytes, 2 ** Math.floor(Math.log2(sizeBytes)));
}

/** How many such parts the line carries side by side, each in the time that a part may take; at least one. */
export function partsInTime(partSizeBytes: number, bytesPerSecond: number): number {
  return Math.max(1, Math.floor((bytesPerSecond * partTimeMs) / 1000 / partSizeBytes));
}

/**
 * What is wrong with a vault name, or null. `.` and `..` are legal to the service and refused here, since they
 * would change the URL's path.
 */
export function vaultNameFault(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name.length > 255) return `it has ${name.length} characters, at most 255 are allowed`;
  if (name === '.' || name === '..') return 'it would be taken for a path';
  const bad = /[^A-Za-z0-9_.-]/u.exec(name);
  return bad && `character ${bad.index + 1} is not one of A-Z a-z 0-9 _ . -`;
}

/**
 * What is wrong with an archive description, or null: at most 1,024 characters of 0x20–0x7E, and no space at
 * either end, which HTTP would drop (API page "Initiate Multipart Upload").
 */
export function descriptionFault(text: string): string | null {
  if (text.length > maxDescriptionLength) {
    return `it has ${text.length} characters, at most ${maxDescriptionLength} are allowed`;
  }
  const bad = /[^\x20-\x7e]/u.exec(text);
  if (bad) return `character ${bad.index + 1} is not printable ASCII`;
  if (text !== text.trim()) return 'it begins or ends with a space, which HTTP would drop';
  return null;
}

/** Archive and upload IDs are opaque; this only keeps an ID from changing the URL's path. */
export function isUploadId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text);
}
