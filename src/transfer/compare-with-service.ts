/** Where an upload stands: what the service lists, held against the file. Decides what may be sent. */
import { type ArchiveFile, unattendedHint } from '../archive/archive-file.js';
import { describeChange } from '../archive/identity.js';
import { GlacierUpError } from '../errors.js';
import { rangeText } from '../glacier/byte-range.js';
import { maxParts } from '../glacier/limits.js';
import type { PartList } from '../glacier/part-list.js';
import { type Hint, hint, step } from '../hint.js';
import type { OpenSession } from '../session/open-session.js';
import { PartHashes } from '../session/part-hashes.js';
import type { BegunSession, UploadingSession } from '../session/session.js';
import { whereOptionsOf, whereWords } from '../session/where-words.js';
import { type ComparedPart, compareParts } from './compare.js';
import { hashParts } from './hash-parts.js';
import { forgetStep, startOverStep } from './lifecycle/next-step.js';
import { adopted, belongs, stillOpen } from './lifecycle/phases.js';
import { foreignAccount } from './lifecycle/settle.js';
import { ChangedSinceError } from './on-change.js';
import { type Plan, planParts } from './plan.js';
import type { UploadDeps } from './upload-deps.js';

export interface UploadDiff {
  session: UploadingSession;
  plan: Plan;
  hashes: PartHashes;
  /** Parts by index, missing and different ones. */
  toSend: number[];
  isNew: boolean;
}

export interface ComparisonRequest {
  verify?: boolean;
  replaceParts?: boolean;
}

/**
 * Lists the parts, hashes those parts of the file whose hash is not known, and compares. The session is saved when
 * the file is found to belong to the upload, not before.
 * @param upload its session, or the ID of one that was begun elsewhere and has none
 * @throws GlacierUpError `upload-gone` when the service does not list it; ChangedSinceError when the file changed and
 * parts differ; `upload-foreign` when the parts cannot belong to this file; nothing is sent in either case
 */
export async function compareWithService(
  deps: UploadDeps,
  open: OpenSession,
  file: ArchiveFile,
  upload: BegunSession | string,
  { verify = false, replaceParts = false }: ComparisonRequest,
): Promise<UploadDiff> {
  const { vault, signal } = deps;
  const isKept = typeof upload !== 'string';
  const list = await vault.listParts(isKept ? upload.uploadId : upload, signal);
  const subject = { id: open.id, path: file.path };
  const found = isKept ? upload : adopted(deps, await deps.whichVault(), subject, list);
  assertSameEnvelope(found, list);
  const session = stillOpen(open, found);
  const change = session.identity && describeChange(session.identity, file.identity);
  const plan = planFor(file, list.partSizeBytes, change === null ? null : { session, change });
  const stored = open.storedHashes(plan.partCount);
  const known = verify ? null : open.hashesFor(file.identity, plan.partCount);
  // Those of another file than the session's are noted only when it is found to belong to the upload.
  const hashes = known ? open.takeHashes(plan.partCount, known) : new PartHashes(plan.partCount);
  const listed = compareParts(plan, list.parts, () => null).flatMap(({ index, state }) =>
    state === 'unknown' && index !== null ? [index] : [],
  );
  await hashParts(deps, file, { plan, hashes, indexes: listed }, () => open.noteProgress());
  const parts = compareParts(plan, list.parts, (index) => hashes.get(index));
  assertBelongs(parts, { session, isKept, change, stored, replaceParts, file });
  open.takeHashes(plan.partCount, hashes);
  const ours = belongs(deps, open, session, file.identity);
  const toSend = parts.flatMap(({ index, state }) =>
    index !== null && (state === 'missing' || state === 'different') ? [index] : [],
  );
  for (const part of parts.filter(({ state }) => state === 'different')) {
    deps.emit({ kind: 'note', message: differenceText(part) });
  }
  return { session: ours, plan, hashes, toSend, isNew: false };
}

/** @throws GlacierUpError `upload-foreign` when account or part size are not those of the session */
export function assertSameEnvelope(session: BegunSession, list: PartList): void {
  if (session.accountId && list.accountId && session.accountId !== list.accountId) {
    throw foreignAccount(session.accountId, list.accountId);
  }
  if (session.partSizeBytes === list.partSizeBytes) return;
  const message = `the upload has parts of ${list.partSizeBytes} bytes, its session says ${session.partSizeBytes}`;
  throw new GlacierUpError('upload-foreign', message, {
    hint: hint`look at it with ${step('list-parts', session.id)}`,
  });
}

/**
 * @param changed how the file differs from that of the session, if it does
 * @throws GlacierUpError `upload-foreign`, or ChangedSinceError, when parts of that size cannot hold the file
 */
export function planFor(
  file: ArchiveFile,
  partSizeBytes: number,
  changed: { session: BegunSession; change: string } | null = null,
): Plan {
  const { sizeBytes } = file.identity;
  if (Math.ceil(sizeBytes / partSizeBytes) <= maxParts) return planParts(sizeBytes, partSizeBytes);
  if (changed) {
    const { session, change } = changed;
    throw changedSince(session, change, 'it has grown beyond what its part size can hold');
  }
  const message = `${sizeBytes} bytes do not fit into ${maxParts} parts of ${partSizeBytes}: this is not the file of this upload`;
  throw new GlacierUpError('upload-foreign', message, { hint: 'check the file and the upload ID' });
}

function assertBelongs(
  parts: readonly ComparedPart[],
  context: {
    session: BegunSession;
    /** Whether this machine has a session of the upload, which can be named. */
    isKept: boolean;
    change: string | null;
    stored: PartHashes;
    replaceParts: boolean;
    file: ArchiveFile;
  },
): void {
  const { session, isKept, change, stored, replaceParts, file } = context;
  const unexpected = parts.filter(({ state }) => state === 'unexpected');
  const different = parts.filter(({ state }) => state === 'different');
  const isNotedAs = ({ index }: ComparedPart, treeHash: string | null): boolean =>
    index !== null && stored.get(index)?.toString('hex') === treeHash;
  // The file as it was gave the very hash that the service has: it is the file that changed, also when its times do not show it.
  const isOlderContent = (part: ComparedPart): boolean => isNotedAs(part, part.serverTreeHash);
  // And where it gives the same hash as ever, it is the service that has something else.
  const unaccounted = different.filter((part) => !isNotedAs(part, part.treeHash));
  const hasOtherSize = session.identity?.sizeBytes !== file.identity.sizeBytes;
  if (change !== null && (unaccounted.length > 0 || (hasOtherSize && unexpected.length > 0))) {
    throw changedSince(
      session,
      change,
      `parts already in the vault differ: ${rangesText([...unexpected, ...unaccounted])}`,
    );
  }
  if (different.some(isOlderContent)) {
    throw changedSince(session, 'its content, though not its times', `parts ${rangesText(different)}`);
  }
  if (session.origin === 'elsewhere') {
    assertFileOfUpload(parts, replaceParts, wrongFile(session, isKept));
  } else if (unexpected.length > 0) {
    throw impossibleParts(
      unexpected,
      hint`another tool has sent parts to this upload; nothing was sent: ${startOverStep(session)}; ${forgetStep(session)}`,
    );
  }
}

/** What to do next when the file does not have the parts of an upload. */
export interface WrongFile {
  /** How the parts that differ are sent again. */
  replace: Hint | string;
  /** How the upload is left alone; null when nothing here stands in the way. */
  leave: Hint | null;
}

function wrongFile(session: BegunSession, isKept: boolean): WrongFile {
  const { id, path, uploadId } = session;
  const where = whereWords(whereOptionsOf(session));
  const words = isKept ? [id] : [...where, `--upload-id=${uploadId}`, path ?? 'FILE'];
  return {
    replace: hint`${step('resume', ...words, '--replace-parts')} sends these parts again`,
    leave: isKept ? hint`${startOverStep(session)}; ${forgetStep(session)}` : null,
  };
}

/**
 * Of an upload begun elsewhere only its parts tell whether the file is the right one.
 * @throws GlacierUpError `upload-foreign` for parts that the file cannot have, and for those that differ unless they
 * are to be replaced
 */
export function assertFileOfUpload(
  parts: readonly ComparedPart[],
  replaceParts: boolean,
  { replace, leave }: WrongFile,
): void {
  const look = 'most likely it is the wrong file; nothing was sent';
  const otherwise = leave === null ? '' : hint`; ${leave}`;
  const unexpected = parts.filter(({ state }) => state === 'unexpected');
  if (unexpected.length > 0) throw impossibleParts(unexpected, hint`${look}${otherwise}`);
  const different = parts.filter(({ state }) => state === 'different');
  if (different.length === 0 || replaceParts) return;
  const message = `parts of the upload differ from the file: ${rangesText(different)}`;
  throw new GlacierUpError('upload-foreign', message, {
    hint: hint`${look}; if it is the right one, ${replace}${otherwise}`,
  });
}

function impossibleParts(unexpected: readonly ComparedPart[], next: Hint): GlacierUpError {
  const message = `the upload has parts that this file cannot have: ${rangesText(unexpected)}`;
  return new GlacierUpError('upload-foreign', message, { hint: next });
}

/** Parts that the service has with other bytes are sent again, and that is said. */
export function differenceText({ range, serverTreeHash, treeHash }: ComparedPart): string {
  return `part ${rangeText(range)} is different in the vault (${serverTreeHash}, here ${treeHash}): sending it again`;
}

/** A mixed archive would carry a valid hash and be wrong to its owner. */
function changedSince(session: BegunSession, change: string, what: string): ChangedSinceError {
  return new ChangedSinceError(
    `the file changed since its upload began (${change}); ${what}`,
    hint`put the old file back and run the command again; or drop what was sent: ${startOverStep(session)}; ${unattendedHint}`,
  );
}

const mostRangesNamed = 5;

/** The first ranges of these parts, and how many more there are. */
export function rangesText(parts: readonly ComparedPart[]): string {
  const named = parts.slice(0, mostRangesNamed).map(({ range }) => rangeText(range));
  const rest = parts.length - named.length;
  return named.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
