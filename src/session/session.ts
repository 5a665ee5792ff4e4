/**
 * A session: what this machine knows of one unfinished upload and the service cannot tell. The parts themselves
 * are the service's to list; here stands which file, where to, how far, and the hashes already computed.
 */
import { createHash } from 'node:crypto';
import type { FileIdentity } from '../archive/identity.js';
import type { Destination } from './destination.js';
import { subjectKey } from './receipts/receipt.js';
import { accountOf, type VaultReference, vaultKey } from './which-vault.js';

/** Raised when the meaning of a stored field changes; golden files of every version stay in the tests. */
export const sessionSchemaVersion = 1;

/** Size and tree hash of an archive. */
export interface Completion {
  sizeBytes: number;
  /** Hex. */
  treeHash: string;
}

/** What a session knows in every phase. */
interface SessionOfAnyPhase {
  id: string;
  destination: Destination;
  /** The embedded vault's folder, so that the session can be carried on by its ID alone; null elsewhere. */
  localFolder: string | null;
  /** The account's number as the service named it; null before it did. */
  accountId: string | null;
  /** CreationDate of the vault when the upload was begun; absent where the service did not say. */
  vaultCreatedAt?: string;
  /** Set for `--again`: the archive is made though there is one of the same content. */
  again?: true;
  /** Symbolic links resolved; null for an archive from a pipe, and for an upload completed without its file. */
  path: string | null;
  /** The name of an archive from a pipe; absent for files. */
  streamName?: string;
  /** Of the file that the part hashes were computed from. */
  identity: FileIdentity | null;
  /** `elsewhere`: begun by another machine or tool. Such an upload never starts again. */
  origin: 'here' | 'elsewhere';
  partSizeBytes: number;
  description: string;
  /** Raw tree hashes of the parts, 32 bytes each, in base64; zeros where none is known. */
  partTreeHashes: string;
  startedAt: string;
  /** When the service last confirmed something. An idle upload may be dropped after 24 hours. */
  lastActivityAt: string;
}

/** Saved before InitiateMultipartUpload: there may be an upload whose ID nobody knows. */
export interface IntentSession extends SessionOfAnyPhase {
  phase: 'intent';
  /** Of an older upload, whose place the new one takes; null without one. */
  uploadId: string | null;
  completion: null;
}

/** Saved before the first part. */
export interface UploadingSession extends SessionOfAnyPhase {
  phase: 'uploading';
  uploadId: string;
  /** What can be completed at once: of a stream that has come to its end, and where there is no file that can tell it. */
  completion: Completion | null;
}

/** Saved before CompleteMultipartUpload: there may be an archive whose ID nobody knows. */
export interface CompletingSession extends SessionOfAnyPhase {
  phase: 'completing';
  uploadId: string;
  /** What Complete is sent with. */
  completion: Completion & {
    /**
     * When the service first answered that it knows no such upload: if there is an archive, it was made before. Absent
     * until then.
     */
    unknownSince?: string;
  };
}

/** A session whose upload ID is known. */
export type BegunSession = UploadingSession | CompletingSession;

/** Each phase is saved before the request that it names; `transfer/lifecycle/phases.ts` has the steps between them. */
export type UploadSession = IntentSession | BegunSession;

/**
 * The ID of the session of a subject in a vault: the same command always finds the same session. `findSessionId` finds
 * those of earlier versions too.
 * @param subject see `sessionSubject`
 */
export function sessionId(vault: VaultReference, subject: string): string {
  const { profile, accountOption, region, endpoint, vault: name } = vault.destination;
  const key =
    accountOf(vault) === null
      ? JSON.stringify([profile, accountOption, region, endpoint, name, subject])
      : JSON.stringify([vaultKey(vault), subject]);
  return createHash('sha256').update(key).digest('hex').slice(0, 20);
}

/** What a session is of: the file's real path, `stdin:NAME` for an archive from a pipe, or else `upload:ID`. */
export function sessionSubject({ path, streamName, uploadId }: UploadSession): string {
  return subjectKey({ path, ...(streamName === undefined ? {} : { streamName }) }) ?? uploadSubject(uploadId);
}

/** The subject of an upload that is completed without its file. */
export function uploadSubject(uploadId: string | null): string {
  return `upload:${uploadId}`;
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
