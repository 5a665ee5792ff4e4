/**
 * One path from a file to its archive. `upload`, `resume` and `complete` are this path, entered with more or less
 * done already: session → settle what was being completed → compare with ListParts → send → finish.
 */
import { type ArchiveFile, openArchive } from '../archive/archive-file.js';
import { assertResolvable, realPathOf } from '../archive/real-path.js';
import { hasCode } from '../errors.js';
import { findSessionId } from '../session/find-session.js';
import type { OpenSession } from '../session/open-session.js';
import type { KnownReceipt } from '../session/receipts/receipt.js';
import { assertArchivable } from './assert-archivable.js';
import { startOver } from './lifecycle/abort.js';
import { decide, type UploadDecision } from './lifecycle/decide.js';
import { receiptOfUpload } from './lifecycle/finish.js';
import { assertSameUpload, noSession, notBegun } from './lifecycle/refusals.js';
import { settleEarlier } from './lifecycle/settle-earlier.js';
import { StartingOver } from './lifecycle/starting-over.js';
import { withSession } from './lifecycle/with-session.js';
import { lookForArchive } from './one-archive.js';
import { type StepEnd, sendAndFinish } from './send-and-finish.js';
import type { Archived, TransferRequest } from './transfer-request.js';
import type { UploadDeps } from './upload-deps.js';

/**
 * Brings one file to its end: one archive, proved, with its receipt.
 * @throws GlacierUpError with the codes of the design's exit table; progress is kept in every case
 */
export async function transfer(deps: UploadDeps, request: TransferRequest): Promise<Archived> {
  const path = await realPathOf(request.file);
  await assertArchivable(deps, request, path);
  const id = findSessionId(deps.sessions, await deps.whichVault(), path);
  return withSession(deps, id, request.file, (open) => run(deps, open, request, path));
}

/** Decides what is next, and does it, until there is an archive. */
async function run(
  deps: UploadDeps,
  open: OpenSession,
  request: TransferRequest,
  path: string,
): Promise<Archived> {
  assertSameUpload(open.session, request);
  const startingOver = new StartingOver(deps, open, request);
  let startOver = request.startOver === true;
  let settled: KnownReceipt | null = null;
  let wasAsked = false;
  for (;;) {
    const decision = decide({
      session: open.session,
      hasReceipt: receiptOfUpload(deps, open.session) !== null,
      wasAsked,
      isSettled: settled !== null,
      request: { ...request, startOver },
    });
    switch (decision.kind) {
      case 'forget':
      case 'complete-again':
        // Without the file, which may be gone since then.
        settled = await settleEarlier(deps, open, request);
        wasAsked = true;
        if (settled && request.mode !== 'upload') return { receipt: settled, isNew: true };
        continue;
      case 'no-upload':
        await assertResolvable(request.file);
        throw noSession(request.file, deps, path);
    }
    // What this run begins is not dropped.
    startOver = false;
    try {
      const step: Step = { decision, settled };
      const end = await withFile(deps, request, settled, (file) => perform(deps, open, file, request, step));
      if ('receipt' in end) return end;
      settled = end.settled;
    } catch (error) {
      await startingOver.after(error);
    }
  }
}

interface Step {
  decision: Exclude<UploadDecision, { kind: 'forget' | 'complete-again' | 'no-upload' }>;
  /** The archive of the earlier upload of this file, if it has just come to its end. */
  settled: KnownReceipt | null;
}

async function withFile(
  deps: UploadDeps,
  request: TransferRequest,
  settled: KnownReceipt | null,
  action: (file: ArchiveFile) => Promise<StepEnd>,
): Promise<StepEnd> {
  let file: ArchiveFile;
  try {
    file = await openArchive(request.file, deps.clock);
  } catch (error) {
    // What was being completed is settled; that the file is gone since then takes nothing back.
    if (settled && hasCode(error, 'archive-unusable')) return { receipt: settled, isNew: true };
    throw error;
  }
  let failure: unknown;
  try {
    return await action(file);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    deps.contents?.leave(file, failure);
    await file.close();
    deps.emit({ kind: 'ended' });
  }
}

async function perform(
  deps: UploadDeps,
  open: OpenSession,
  file: ArchiveFile,
  request: TransferRequest,
  { decision, settled }: Step,
): Promise<StepEnd> {
  switch (decision.kind) {
    case 'drop': {
      const receipt = await startOver(deps, open, file, request);
      return receipt ? { receipt, isNew: true } : { settled };
    }
    case 'look': {
      const { receipt, hashes } = await lookForArchive(deps, file, request, settled);
      if (!receipt) return sendAndFinish(deps, open, file, request, { kind: 'begin', hashes });
      if (open.session) open.remove();
      return { receipt, isNew: receipt.archiveId === settled?.archiveId };
    }
    case 'begin':
      return sendAndFinish(deps, open, file, request, { kind: 'begin', hashes: null });
    case 'resume':
      return sendAndFinish(deps, open, file, request, decision);
    case 'not-begun':
      throw notBegun(decision.session);
  }
}
