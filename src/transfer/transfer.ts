/**
 * One path from a file to its archive. `upload`, `resume` and `complete` are this path, entered with more or less
 * done already: session → settle what was being completed → compare with ListParts → send → finish.
 */
import { type ArchiveFile, openArchive } from '../archive/archive-file.js';
import { describeChange } from '../archive/identity.js';
import { assertResolvable, realPathOf } from '../archive/real-path.js';
import { hasCode } from '../errors.js';
import { findSessionId } from '../session/find-session.js';
import type { OpenSession } from '../session/open-session.js';
import { PartHashes } from '../session/part-hashes.js';
import type { KnownReceipt, Receipt } from '../session/receipts/receipt.js';
import type { BegunSession } from '../session/session.js';
import { joinTreeHashes } from '../treehash/tree-hash.js';
import { assertArchivable } from './assert-archivable.js';
import { compareWithService, type Standing } from './compare-with-service.js';
import { describeArchive } from './description.js';
import { allIndexes, hashParts } from './hash-parts.js';
import { dropDouble, startOver } from './lifecycle/abort.js';
import { beginUpload } from './lifecycle/begin.js';
import { complete } from './lifecycle/finish.js';
import { type Ask, askAboutGone, goneError, settleGone } from './lifecycle/gone-upload.js';
import { assertSameUpload, noSession, notBegun, partsMissing, refusedTwice } from './lifecycle/refusals.js';
import { settleEarlier } from './lifecycle/settle-earlier.js';
import { StartingOver } from './lifecycle/starting-over.js';
import { withSession } from './lifecycle/with-session.js';
import { lookForArchive, madeMeanwhile } from './one-archive.js';
import { isSmall, planParts } from './plan.js';
import { assertSamePartSize, noteKeptDescription } from './same-options.js';
import { proveUnchanged } from './second-reading.js';
import { sendMissing } from './send-missing.js';
import type { Surroundings } from './surroundings.js';
import type { TransferRequest } from './transfer-request.js';

export interface Archived {
  receipt: KnownReceipt;
  /** False when an earlier run had archived it and nothing was done now. */
  isNew: boolean;
}

/**
 * Brings one file to its end: one archive, proved, with its receipt.
 * @throws GlacierUpError with the codes of the design's exit table; progress is kept in every case
 */
export async function transfer(surroundings: Surroundings, request: TransferRequest): Promise<Archived> {
  const path = await realPathOf(request.file);
  await assertArchivable(surroundings, request, path);
  const id = findSessionId(surroundings.sessions, await surroundings.whichVault(), path);
  return withSession(surroundings, id, request.file, (open) => run(surroundings, open, request, path));
}

async function run(
  surroundings: Surroundings,
  open: OpenSession,
  request: TransferRequest,
  path: string,
): Promise<Archived> {
  assertSameUpload(open.session, request);
  const settled = await settleEarlier(surroundings, open, request);
  if (settled && request.mode !== 'upload') return { receipt: settled, isNew: true };
  if (!settled && !open.session && request.mode !== 'upload' && request.uploadId === undefined) {
    await assertResolvable(request.file);
    throw noSession(request.file, surroundings, path);
  }
  const startingOver = new StartingOver(surroundings, open, request);
  for (let isFirst = true; ; isFirst = false) {
    let file: ArchiveFile;
    try {
      file = await openArchive(request.file, surroundings.clock);
    } catch (error) {
      // What was being completed is settled; that the file is gone since then takes nothing back.
      if (settled && hasCode(error, 'archive-unusable')) return { receipt: settled, isNew: true };
      throw error;
    }
    let failure: unknown;
    try {
      if (isFirst && request.startOver) {
        const receipt = await startOver(surroundings, open, file, request);
        if (receipt) return { receipt, isNew: true };
      }
      return await archive(surroundings, open, file, request, settled);
    } catch (error) {
      failure = error;
    } finally {
      surroundings.contents?.leave(file, failure);
      await file.close();
      surroundings.emit({ kind: 'ended' });
    }
    await startingOver.after(failure);
  }
}

/** @param earlier the archive of the earlier upload of this file, if it has just come to its end */
async function archive(
  surroundings: Surroundings,
  open: OpenSession,
  file: ArchiveFile,
  request: TransferRequest,
  earlier: KnownReceipt | null,
): Promise<Archived> {
  for (let settled = earlier; ; ) {
    let known: PartHashes | null = null;
    if (mayBeArchived(open, request, settled)) {
      const found = await lookForArchive(surroundings, file, request, settled);
      if (found.receipt) {
        if (open.session) open.remove();
        return { receipt: found.receipt, isNew: found.receipt.archiveId === settled?.archiveId };
      }
      known = found.hashes;
    }
    const { receipt, byOthers, isDouble } = await sendAndFinish(surroundings, open, file, request, known);
    if (isDouble) return { receipt, isNew: false };
    if (!byOthers || request.mode !== 'upload' || request.uploadId !== undefined) {
      return { receipt, isNew: true };
    }
    // It is settled what became of the earlier upload, not yet whether that is what the file holds now.
    settled = receipt;
  }
}

/** Whether an upload is about to be begun that an archive of the same content would make needless. */
function mayBeArchived(
  { session }: OpenSession,
  { mode, uploadId, again }: TransferRequest,
  settled: KnownReceipt | null,
): boolean {
  if (uploadId !== undefined || mode === 'complete' || (again && !settled)) return false;
  return session === null || (session.phase === 'intent' && session.again !== true);
}

async function sendAndFinish(
  surroundings: Surroundings,
  open: OpenSession,
  file: ArchiveFile,
  request: TransferRequest,
  known: PartHashes | null,
): Promise<{ receipt: KnownReceipt; byOthers: boolean; isDouble?: true }> {
  for (let refusals = 0; ; refusals += 1) {
    const standing = await stand(surroundings, open, file, request, known);
    if ('receipt' in standing) return { receipt: standing.receipt, byOthers: true };
    const { session, plan, hashes, toSend } = standing;
    if (toSend.length > 0) {
      if (request.mode === 'complete') throw partsMissing(toSend.length, plan.partCount, session.id);
      await sendMissing(surroundings, open, file, standing);
    }
    await hashParts(surroundings, file, { plan, hashes, indexes: allIndexes(plan) }, () =>
      open.noteProgress(),
    );
    await proveUnchanged(surroundings, file, { plan, hashes, indexes: [...allIndexes(plan)] });
    const treeHash = joinTreeHashes(hashes.all() ?? []).toString('hex');
    const completion = { sizeBytes: plan.sizeBytes, treeHash };
    await surroundings.contents?.enter(file, completion);
    const double = request.again ? null : await madeMeanwhile(surroundings, file, session, completion);
    if (double) {
      await dropDouble(surroundings, open);
      return { receipt: double, byOthers: true, isDouble: true };
    }
    const sent = toSend.length;
    const end = await complete(surroundings, open, {
      session: { ...session, identity: file.identity },
      completion,
      parts: { sent, kept: plan.partCount - sent },
    });
    if (end.kind === 'completed') return { receipt: end.receipt, byOthers: false };
    if (end.kind === 'unknown') throw end.error;
    if (refusals > 0)
      throw end.kind === 'gone' ? goneError(session, end.error) : refusedTwice(session, end.error);
    surroundings.emit({
      kind: 'note',
      message: `Complete was refused (${end.error.message}); comparing the parts once more`,
    });
  }
}

/** Where the upload stands: begun just now, or compared with what the service lists. */
async function stand(
  surroundings: Surroundings,
  open: OpenSession,
  file: ArchiveFile,
  request: TransferRequest,
  known: PartHashes | null,
): Promise<Standing | { receipt: Receipt }> {
  const { session } = open;
  const begin = async (): Promise<Standing> => {
    const plan = planParts(file.identity.sizeBytes, request.partSizeBytes, surroundings.limitRate);
    const isAgain = request.mode === 'resume' && session !== null;
    const description = isAgain ? session.description : describeArchive(file, request.description);
    const begun = await beginUpload(surroundings, open, {
      subject: { path: file.path, identity: file.identity },
      partSizeBytes: plan.partSizeBytes,
      description,
      hashes: known?.count === plan.partCount ? known : new PartHashes(plan.partCount),
      isSmall: isSmall(plan),
      again: request.again || session?.again === true,
    });
    return { session: begun, plan, hashes: open.hashes, toSend: [...allIndexes(plan)], isNew: true };
  };
  if (session?.phase === 'intent') {
    if (request.mode === 'complete') throw notBegun(session);
    return begin();
  }
  const upload = session ?? request.uploadId;
  if (upload === undefined) return begin();
  if (session) {
    assertSamePartSize(session, request);
    noteKeptDescription(surroundings.emit, session, file, request.description);
  }
  // Found out now, and not when there is an archive whose receipt has no place.
  surroundings.receipts.assertWritable();
  try {
    return await compareWithService(surroundings, open, file, upload, request);
  } catch (error) {
    if (!hasCode(error, 'upload-gone') || !session) throw error;
    const ask: Ask = (uploading) => askAboutGone(surroundings, open, file, uploading);
    const receipt = await settleGone(surroundings, open, { session, cause: error, ask });
    if (receipt) return { receipt };
    if (!mayBegin(request, session, file)) throw goneError(session, error);
    const message = `the unfinished upload of ${file.name} is gone (idle for more than 24 hours, or aborted): beginning anew`;
    surroundings.emit({ kind: 'note', message });
    return begin();
  }
}

/** Whether a new upload takes the place of one that is gone. */
function mayBegin(
  { mode, onChange }: TransferRequest,
  { origin, identity }: BegunSession,
  file: ArchiveFile,
): boolean {
  if (origin === 'elsewhere') return false;
  // Nothing could be resumed anyway.
  const isOther = identity !== null && describeChange(identity, file.identity) !== null;
  return mode === 'upload' || (mode === 'resume' && onChange === 'start-over' && isOther);
}
