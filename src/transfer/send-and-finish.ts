/** The way from an upload, or the beginning of one, to its archive: compare, send, hash, complete. */
import type { ArchiveFile } from '../archive/archive-file.js';
import { describeChange } from '../archive/identity.js';
import { hasCode } from '../errors.js';
import type { OpenSession } from '../session/open-session.js';
import { PartHashes } from '../session/part-hashes.js';
import type { KnownReceipt, Receipt } from '../session/receipts/receipt.js';
import type { BegunSession } from '../session/session.js';
import { joinRawTreeHashes } from '../treehash/tree-hash.js';
import { compareWithService, type UploadDiff } from './compare-with-service.js';
import { describeArchive } from './description.js';
import { allIndexes, hashParts } from './hash-parts.js';
import { dropDouble } from './lifecycle/abort.js';
import { beginUpload } from './lifecycle/begin.js';
import type { UploadDecision } from './lifecycle/decide.js';
import { complete } from './lifecycle/finish.js';
import { type Ask, askAboutGone, goneError, settleGone } from './lifecycle/gone-upload.js';
import { underWay } from './lifecycle/phases.js';
import { partsMissing, refusedTwice } from './lifecycle/refusals.js';
import { madeMeanwhile } from './one-archive.js';
import { isSmall, planParts } from './plan.js';
import { assertSamePartSize, noteKeptDescription } from './same-options.js';
import { proveUnchanged } from './second-reading.js';
import { sendMissing } from './sending/send-missing.js';
import type { Archived, TransferRequest } from './transfer-request.js';
import type { UploadDeps } from './upload-deps.js';

/** What a step has come to: the archive, or that of an earlier upload of the file, after which it is decided again. */
export type StepEnd = Archived | { settled: KnownReceipt | null };

/** How the sending begins. */
type Start =
  /** With the hashes of the parts, if they are known. */
  { kind: 'begin'; hashes: PartHashes | null } | Extract<UploadDecision, { kind: 'resume' }>;

/**
 * @throws GlacierUpError `parts-missing` when parts are to be sent and the request is to complete only; with the codes of
 * what it does
 */
export async function sendAndFinish(
  deps: UploadDeps,
  open: OpenSession,
  file: ArchiveFile,
  request: TransferRequest,
  start: Start,
): Promise<StepEnd> {
  for (let isFirst = true; ; isFirst = false) {
    const from: Start = isFirst ? start : { kind: 'resume', upload: underWay(open) };
    const diff = await beginOrCompare(deps, open, file, request, from);
    if ('receipt' in diff) {
      const { receipt } = diff;
      const isDecided = request.mode !== 'upload' || request.uploadId !== undefined;
      // It is settled what became of the earlier upload, not yet whether that is what the file holds now.
      return isDecided ? { receipt, isNew: true } : { settled: receipt };
    }
    const { session, plan, hashes, toSend } = diff;
    if (toSend.length > 0) {
      if (request.mode === 'complete') throw partsMissing(toSend.length, plan.partCount, session.id);
      await sendMissing(deps, open, file, diff);
    }
    await hashParts(deps, file, { plan, hashes, indexes: allIndexes(plan) }, () => open.noteProgress());
    await proveUnchanged(deps, file, { plan, hashes, indexes: [...allIndexes(plan)] });
    const treeHash = joinRawTreeHashes(hashes.all() ?? []).toString('hex');
    const completion = { sizeBytes: plan.sizeBytes, treeHash };
    await deps.contents?.enter(file, completion);
    const double = request.again ? null : await madeMeanwhile(deps, file, session, completion);
    if (double) {
      await dropDouble(deps, open);
      return { receipt: double, isNew: false };
    }
    const sent = toSend.length;
    const end = await complete(deps, open, {
      session: { ...session, identity: file.identity },
      completion,
      parts: { sent, kept: plan.partCount - sent },
    });
    if (end.kind === 'completed') return { receipt: end.receipt, isNew: true };
    if (end.kind === 'unknown') throw end.error;
    if (!isFirst) {
      throw end.kind === 'gone' ? goneError(session, end.error) : refusedTwice(session, end.error);
    }
    deps.emit({
      kind: 'note',
      message: `Complete was refused (${end.error.message}); comparing the parts once more`,
    });
  }
}

/** Where the upload stands: begun just now, or compared with what the service lists. */
async function beginOrCompare(
  deps: UploadDeps,
  open: OpenSession,
  file: ArchiveFile,
  request: TransferRequest,
  start: Start,
): Promise<UploadDiff | { receipt: Receipt }> {
  const begin = async (known: PartHashes | null): Promise<UploadDiff> => {
    const { session } = open;
    const plan = planParts(file.identity.sizeBytes, request.partSizeBytes, deps.limitRate);
    const isAgain = request.mode === 'resume' && session !== null;
    const description = isAgain ? session.description : describeArchive(file, request.description);
    const begun = await beginUpload(deps, open, {
      subject: { path: file.path, identity: file.identity },
      partSizeBytes: plan.partSizeBytes,
      description,
      hashes: known?.count === plan.partCount ? known : new PartHashes(plan.partCount),
      isSmall: isSmall(plan),
      again: request.again || session?.again === true,
    });
    return { session: begun, plan, hashes: open.hashes, toSend: [...allIndexes(plan)], isNew: true };
  };
  if (start.kind === 'begin') return begin(start.hashes);
  const { upload } = start;
  const session = typeof upload === 'string' ? null : upload;
  if (session) {
    assertSamePartSize(session, request);
    noteKeptDescription(deps.emit, session, file, request.description);
  }
  // Found out now, and not when there is an archive whose receipt has no place.
  deps.receipts.assertWritable();
  try {
    return await compareWithService(deps, open, file, upload, request);
  } catch (error) {
    if (!hasCode(error, 'upload-gone') || !session) throw error;
    const ask: Ask = (uploading) => askAboutGone(deps, open, file, uploading);
    const receipt = await settleGone(deps, open, { session, cause: error, ask });
    if (receipt) return { receipt };
    if (!mayBegin(request, session, file)) throw goneError(session, error);
    const message = `the unfinished upload of ${file.name} is gone (idle for more than 24 hours, or aborted): starting a new upload`;
    deps.emit({ kind: 'note', message });
    return begin(null);
  }
}

/** Whether a new upload takes the place of one that is gone. */
export function mayBegin(
  { mode, onChange }: TransferRequest,
  { origin, identity }: BegunSession,
  file: ArchiveFile,
): boolean {
  if (origin === 'elsewhere') return false;
  // Nothing could be resumed anyway.
  const isOther = identity !== null && describeChange(identity, file.identity) !== null;
  return mode === 'upload' || (mode === 'resume' && onChange === 'start-over' && isOther);
}
