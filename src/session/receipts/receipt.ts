/**
 * A receipt: all that is known of one archive. The service lists archives only in an inventory, hours later, so the
 * receipts are the one thing that cannot be rebuilt at once.
 */
import type { FileIdentity } from '../../archive/identity.js';
import type { NameReading } from '../../names/name-reading.js';
import { readDescription } from '../../names/read-description.js';
import type { Destination } from '../destination.js';

export const receiptSchemaVersion = 1;

export interface Receipt {
  schema: typeof receiptSchemaVersion;
  archiveId: string;
  location: string;
  accountId: string;
  destination: Destination;
  /** null when the receipt was rebuilt from an inventory: then the next three are null too. */
  uploadId: string | null;
  sizeBytes: number;
  /** Hex. */
  treeHash: string;
  description: string;
  partSizeBytes: number | null;
  parts: { total: number; sent: number; kept: number } | null;
  startedAt: string | null;
  completedAt: string;
  /** CreationDate of the vault: a vault that was deleted and created again has another. Absent where it is not known. */
  vaultCreatedAt?: string;
  /** Real path; null for an archive from a pipe, for an upload completed without its file, and for a rebuilt receipt. */
  path: string | null;
  /** The name of an archive from a pipe; absent for files. */
  streamName?: string;
  identity: FileIdentity | null;
  /** What another tool's record says of the file; absent unless the receipt was imported from one. */
  recorded?: NameReading;
}

/** What is known of the file of an archive: from another tool's record, or else from the description. */
export function readingOf({ recorded, description }: Pick<Receipt, 'recorded' | 'description'>): NameReading {
  return recorded?.name ? recorded : readDescription(description);
}

/** The latest time that a Date can have, ms since 1970 (ECMA-262); file systems have later ones. */
const latestDateMs = 8.64e15;

/** When the archived file was last modified (ISO 8601), by the tool that wrote it or as it was uploaded; null: not known. */
export function modifiedAtOf(receipt: Pick<Receipt, 'recorded' | 'description' | 'identity'>): string | null {
  const { modifiedAt } = readingOf(receipt);
  if (modifiedAt !== null || receipt.identity === null) return modifiedAt;
  const modifiedMs = Number(BigInt(receipt.identity.mtimeNs) / 1_000_000n);
  return Math.abs(modifiedMs) > latestDateMs ? null : new Date(modifiedMs).toISOString();
}

/** Why an archive is not believed to be in its vault any more. */
export type GoneReason =
  /** The vault was deleted and created again. */
  | 'vault-recreated'
  /** An inventory that must list it does not. */
  | 'not-listed'
  /** The service answered that it does not exist. */
  | 'not-found'
  /** A person said so. */
  | 'forgotten';

/** A receipt with what later lines say of its archive. */
export interface KnownReceipt extends Receipt {
  /** When the archive was deleted from here. */
  deletedAt?: string;
  gone?: { reason: GoneReason; goneAt: string };
}

/** Known from an inventory only, and not yet which file it is of. */
export function isRebuilt({ uploadId, path }: Receipt): boolean {
  return uploadId === null && path === null;
}

/** True unless something says that the archive is not in its vault any more. */
export function isBelieved({ deletedAt, gone }: KnownReceipt): boolean {
  return deletedAt === undefined && gone === undefined;
}

/** What an archive is of: the real path of a file, or the name of an archive from a pipe. */
export interface Subject {
  path: string | null;
  streamName?: string;
}

/** The subject as one text; null for an archive of neither. */
export function subjectKey({ path, streamName }: Subject): string | null {
  return path ?? (streamName === undefined ? null : streamSubject(streamName));
}

/** An absolute path begins with a slash: the two never meet. */
export function streamSubject(name: string): string {
  return `stdin:${name}`;
}
