/**
 * A session: what this machine knows of one unfinished upload and the service cannot tell. The parts themselves
 * are the service's to list; here stands which file, where to, how far, and the hashes already computed.
 */
import { createHash } from 'node:crypto';
import type { FileIdentity } from '../archive/identity.js';

/** Raised when the meaning of a stored field changes; golden files of every version stay in the tests. */
export const sessionSchemaVersion = 1;

/** Where an archive goes. All of it is part of the session's ID: another region is another upload. */
export interface Destination {
  profile: string | null;
  /** As given: `-` for the account of the credentials. */
  accountOption: string;
  region: string;
  /** A URL, `local:ID` for the embedded vault in a folder (its port changes), or null for AWS itself. */
  endpoint: string | null;
  vault: string;
}

/**
 * Saved before the action it names:
 * `intent` before InitiateMultipartUpload, `uploading` before the first part, `completing` before
 * CompleteMultipartUpload.
 */
export type Phase = 'intent' | 'uploading' | 'completing';

/** What Complete is sent with. */
export interface Completion {
  sizeBytes: number;
  treeHash: string;
  /**
   * When the service first answered that it knows no such upload: if there is an archive, it was made before. Absent
   * until then.
   */
  unknownSince?: string;
}

export interface UploadSession {
  id: string;
  phase: Phase;
  destination: Destination;
  /** The embedded vault's folder, so that the session can be carried on by its ID alone; null elsewhere. */
  localFolder: string | null;
  /** The account's number as the service named it; null before Initiate answered. */
  accountId: string | null;
  /** Symbolic links resolved; null for an archive from a pipe, and for an upload completed without its file. */
  path: string | null;
  /** The name of an archive from a pipe; absent for files. */
  streamName?: string;
  /** Of the file that the part hashes were computed from. */
  identity: FileIdentity | null;
  /** `elsewhere`: begun by another machine or tool. Such an upload never begins anew. */
  origin: 'here' | 'elsewhere';
  /** In `intent`, an older upload that is being begun anew, or null. */
  uploadId: string | null;
  partSizeBytes: number;
  description: string;
  /** Raw tree hashes of the parts, 32 bytes each, in base64; zeros where none is known. */
  partTreeHashes: string;
  /**
   * What Complete is sent with. Set in `completing`; and in `uploading` when the stream of an archive from a pipe
   * has come to its end and every part of it is stored.
   */
  completion: Completion | null;
  startedAt: string;
  /** When the service last confirmed something. An idle upload may be dropped after 24 hours. */
  lastActivityAt: string;
}

/**
 * The ID of the session of a file and destination: the same command always finds the same session.
 * @param subject the file's real path, `stdin:NAME` for an archive from a pipe, or `upload:ID` for an upload without
 * a file
 */
export function sessionId(destination: Destination, subject: string): string {
  const { profile, accountOption, region, endpoint, vault } = destination;
  const key = JSON.stringify([profile, accountOption, region, endpoint, vault, subject]);
  return createHash('sha256').update(key).digest('hex').slice(0, 20);
}

/** The session's subject as a user knows it. */
export function sessionName({ path, streamName, uploadId }: UploadSession): string {
  return path ?? streamName ?? `upload ${uploadId}`;
}

/** What is wrong with a value read from disk, or null when it is a session. */
export function sessionFault(value: unknown): string | null {
  if (!isRecord(value)) return 'it is not an object';
  const texts = ['id', 'description', 'partTreeHashes', 'startedAt', 'lastActivityAt'];
  const wrong = texts.find((name) => typeof value[name] !== 'string');
  if (wrong) return `${wrong} is not text`;
  if (!['intent', 'uploading', 'completing'].includes(String(value.phase))) return 'its phase is unknown';
  if (!['here', 'elsewhere'].includes(String(value.origin))) return 'its origin is unknown';
  if (!Number.isSafeInteger(value.partSizeBytes)) return 'partSizeBytes is not a number';
  if (!isRecord(value.destination) || typeof value.destination.vault !== 'string') return 'it names no vault';
  const { phase, uploadId, completion } = value;
  if (phase !== 'intent' && typeof uploadId !== 'string') return 'it names no upload ID';
  if (phase === 'completing' && !isRecord(completion)) return 'it does not say what to complete';
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
