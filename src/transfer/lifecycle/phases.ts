/**
 * The phases of an upload, as its session has them. Every step from one to another is a function here, which saves it:
 *
 *     nothing ─ intend ─▶ intent ─ begun ─▶ uploading ─ toComplete ─▶ completing ─ settle.ts: the receipt ─▶ nothing
 *     nothing ─ adopted, belongs ─────────▶ uploading ◀─ stillOpen, notMade ─ completing
 *                         intent ◀─ supersede ─ uploading
 *
 * A phase is saved before the request that it names. So a crash leaves at most one request of which nobody knows whether it
 * was served, and the phase says which. A phase is taken back only on proof.
 */
import type { FileIdentity } from '../../archive/identity.js';
import { GlacierUpError } from '../../errors.js';
import type { PartList } from '../../glacier/part-list.js';
import type { OpenSession } from '../../session/open-session.js';
import type {
  BegunSession,
  CompletingSession,
  Completion,
  IntentSession,
  UploadingSession,
  UploadSession,
} from '../../session/session.js';
import type { WhichVault } from '../../session/which-vault.js';
import type { UploadDeps } from '../upload-deps.js';

type PhaseDeps = Pick<UploadDeps, 'destination' | 'localFolder' | 'clock'>;

/** What an upload is begun with. */
export interface Intent {
  subject: Pick<UploadSession, 'path' | 'streamName' | 'identity'>;
  partSizeBytes: number;
  description: string;
  /** Make an archive though there is one of the same content. */
  again: boolean;
}

/** Before InitiateMultipartUpload. What an older session knows is its account, and its upload until the new one is known. */
export function intend(
  { destination, localFolder, clock }: PhaseDeps,
  open: OpenSession,
  which: WhichVault,
  { subject, partSizeBytes, description, again }: Intent,
): IntentSession {
  const before = open.session;
  const now = new Date(clock.now()).toISOString();
  return open.save({
    id: open.id,
    phase: 'intent',
    destination,
    localFolder,
    accountId: before?.accountId ?? which.accountId,
    ...vaultCreation(which),
    ...(again ? { again } : {}),
    ...subject,
    origin: 'here',
    uploadId: before?.uploadId ?? null,
    partSizeBytes,
    description,
    partTreeHashes: '',
    completion: null,
    startedAt: now,
    lastActivityAt: now,
  });
}

/** The service has named the upload. */
export function begun(
  open: OpenSession,
  intent: IntentSession,
  named: { uploadId: string; accountId: string },
): UploadingSession {
  return open.save({ ...intent, phase: 'uploading', ...named });
}

/**
 * The session of an upload that was begun on another machine or by another tool, of which only the service knows. It is not
 * saved before something shows that it is the file's.
 * @param path the file's real path; null when it is completed without its file
 */
export function adopted(
  { destination, localFolder, clock }: PhaseDeps,
  which: WhichVault,
  { id, path }: { id: string; path: string | null },
  list: PartList,
): UploadingSession {
  return {
    id,
    phase: 'uploading',
    destination,
    localFolder,
    accountId: list.accountId,
    ...vaultCreation(which),
    path,
    identity: null,
    origin: 'elsewhere',
    uploadId: list.uploadId,
    partSizeBytes: list.partSizeBytes,
    description: list.description,
    partTreeHashes: '',
    completion: null,
    startedAt: list.createdAt,
    lastActivityAt: new Date(clock.now()).toISOString(),
  };
}

function vaultCreation({ createdAt }: WhichVault): Pick<UploadSession, 'vaultCreatedAt'> {
  return createdAt === null ? {} : { vaultCreatedAt: createdAt };
}

/** The parts that are stored are those of the file, so that others may be sent. */
export function belongs(
  { destination }: PhaseDeps,
  open: OpenSession,
  session: UploadingSession,
  identity: FileIdentity,
): UploadingSession {
  return open.save({ ...session, destination, completion: null, identity });
}

/**
 * ListParts knows the upload: a Complete that was sent has made no archive of it. What is to be completed stays only where
 * no file and no stream can tell it again.
 */
export function stillOpen(open: OpenSession, session: BegunSession): UploadingSession {
  if (session.phase === 'uploading') return session;
  const { path, streamName, completion } = session;
  const isAllThatIsKnown = path === null && streamName === undefined;
  const { sizeBytes, treeHash } = completion;
  return open.save({
    ...session,
    phase: 'uploading',
    completion: isAllThatIsKnown ? { sizeBytes, treeHash } : null,
  });
}

/** The stream has come to its end, and every part of it is stored. */
export function noteEnd(open: OpenSession, session: UploadingSession, completion: Completion): void {
  open.save({ ...session, completion });
}

/** The stream goes on beyond what an earlier run took for its end. */
export function forgetEnd(open: OpenSession): void {
  const { session } = open;
  if (session?.phase === 'uploading' && session.completion) open.save({ ...session, completion: null });
}

/** What is stored is dropped: the next upload of this file takes its place, and keeps its description. */
export function supersede(open: OpenSession, session: UploadingSession): void {
  open.takeHashes(0, null);
  open.save({ ...session, phase: 'intent', completion: null, partTreeHashes: '' });
}

/** Before CompleteMultipartUpload; on disk once it resolves. */
export async function toComplete(
  open: OpenSession,
  session: UploadingSession,
  completion: Completion,
): Promise<void> {
  await open.commit({ ...session, phase: 'completing', completion });
}

/** The only Complete that was sent has the answer that there is no such upload: nothing was made of it. */
export function notMade(open: OpenSession, session: UploadingSession): void {
  open.save(session);
}

/** The service does not know the upload. From the first such answer on, no archive can come of it any more. */
export function noteUnknown({ clock }: Pick<PhaseDeps, 'clock'>, open: OpenSession): CompletingSession {
  const session = completing(open);
  if (session.completion.unknownSince !== undefined) return session;
  const unknownSince = new Date(clock.now()).toISOString();
  return open.save({ ...session, completion: { ...session.completion, unknownSince } });
}

/** @throws GlacierUpError `internal` before it is begun */
export function underWay({ session }: OpenSession): BegunSession {
  if (session !== null && session.phase !== 'intent') return session;
  throw outOfPhase(session, 'uploading');
}

/** @throws GlacierUpError `internal` in another phase */
export function uploading({ session }: OpenSession): UploadingSession {
  if (session?.phase === 'uploading') return session;
  throw outOfPhase(session, 'uploading');
}

/** @throws GlacierUpError `internal` in another phase */
export function completing({ session }: OpenSession): CompletingSession {
  if (session?.phase === 'completing') return session;
  throw outOfPhase(session, 'completing');
}

function outOfPhase(session: UploadSession | null, expected: UploadSession['phase']): GlacierUpError {
  return new GlacierUpError('internal', `the session is in ${session?.phase ?? 'no phase'}, not ${expected}`);
}
