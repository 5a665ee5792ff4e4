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

/**
 * From `completing` back to `uploading`, on proof that Complete made no archive: ListParts knows the upload. What is to
 * be completed stays only where no file and no stream can tell it again.
 */
export function takenBack(session: UploadSession): UploadSession {
  const { path, streamName, completion } = session;
  const isAllThatIsKnown = path === null && streamName === undefined && completion !== null;
  return {
    ...session,
    phase: 'uploading',
    completion: isAllThatIsKnown ? { sizeBytes: completion.sizeBytes, treeHash: completion.treeHash } : null,
  };
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
