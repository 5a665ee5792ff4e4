/** What would be done with a file, found out without doing it: ListParts is all that is sent, and nothing is saved. */
import { type ArchiveFile, openArchive } from '../archive/archive-file.js';
import { realPathOf } from '../archive/real-path.js';
import { hasCode } from '../errors.js';
import { findSessionId } from '../session/find-session.js';
import { openForLook } from '../session/look-ahead.js';
import type { OpenSession } from '../session/open-session.js';
import type { KnownReceipt } from '../session/receipts/receipt.js';
import type { BegunSession, CompletingSession } from '../session/session.js';
import { assertArchivable } from './assert-archivable.js';
import { compareWithService } from './compare-with-service.js';
import { describeArchive } from './description.js';
import { decide, type UploadDecision } from './lifecycle/decide.js';
import { receiptOfUpload } from './lifecycle/finish.js';
import { goneError } from './lifecycle/gone-upload.js';
import { supersede, uploading } from './lifecycle/phases.js';
import { assertSameUpload, noSession, notBegun } from './lifecycle/refusals.js';
import { startsOver } from './lifecycle/starting-over.js';
import { ChangedSinceError } from './on-change.js';
import { lookForArchive } from './one-archive.js';
import { type Plan, planParts } from './plan.js';
import { assertSamePartSize } from './same-options.js';
import { mayBegin } from './send-and-finish.js';
import type { TransferRequest } from './transfer-request.js';
import type { UploadDeps } from './upload-deps.js';

export interface Preview {
  /**
   * `nothing`: the file is an archive already. `complete-again`: an earlier run may have completed its upload, and whether
   * parts are sent is known only once Complete is answered. `begin`: an upload is begun. `start-over`: so it is, once the
   * unfinished one is dropped. `resume`: what is missing is sent.
   */
  action: 'nothing' | 'complete-again' | 'begin' | 'start-over' | 'resume';
  plan: Plan;
  storedParts: number;
  partsToSend: number;
  /** Those that Glacier charges for: Initiate, one for each part, Complete. */
  requests: number;
  description: string;
  /** The archive that the file is already; null else. */
  archived: KnownReceipt | null;
}

interface Look {
  deps: UploadDeps;
  request: TransferRequest;
  /** In memory only: what would become of the session is done to it. */
  open: OpenSession;
  /** As in `transfer`. */
  settled: KnownReceipt | null;
}

/** @throws GlacierUpError what the transfer would throw before it sends anything */
export async function previewTransfer(deps: UploadDeps, request: TransferRequest): Promise<Preview> {
  const { sessions, clock } = deps;
  const path = await realPathOf(request.file);
  await assertArchivable(deps, request, path);
  const id = findSessionId(sessions, await deps.whichVault(), path);
  const look: Look = { deps, request, open: openForLook(id, sessions, clock), settled: null };
  assertSameUpload(look.open.session, request);
  for (let isDropped = false; ; ) {
    const { session } = look.open;
    const receipt = receiptOfUpload(deps, session);
    const facts = {
      session,
      hasReceipt: receipt !== null,
      wasAsked: false,
      isSettled: look.settled !== null,
    };
    const decision = decide({ ...facts, request });
    switch (decision.kind) {
      case 'forget':
        look.settled = receipt;
        look.open.remove();
        break;
      case 'drop':
        isDropped = true;
        look.open.remove();
        break;
      case 'complete-again':
        return ofCompletion(decision.session);
      case 'no-upload':
        throw noSession(request.file, deps, path);
      case 'not-begun':
        throw notBegun(decision.session);
      default: {
        const preview = await withFile(look, (file) => previewOf(look, file, decision));
        if (preview !== 'changed') return isDropped ? afterDrop(preview) : preview;
        isDropped = true;
        supersede(look.open, uploading(look.open));
      }
    }
  }
}

async function withFile<T>({ deps, request }: Look, action: (file: ArchiveFile) => Promise<T>): Promise<T> {
  const file = await openArchive(request.file, deps.clock);
  try {
    return await action(file);
  } finally {
    await file.close();
    deps.emit({ kind: 'ended' });
  }
}

/** @returns `changed` when the file has changed, so that what is stored would be dropped */
async function previewOf(
  look: Look,
  file: ArchiveFile,
  decision: Extract<UploadDecision, { kind: 'look' | 'begin' | 'resume' }>,
): Promise<Preview | 'changed'> {
  const { deps, request, settled } = look;
  if (decision.kind === 'resume') return ofResumption(look, file, decision.upload);
  if (decision.kind === 'begin') return ofBeginning(look, file);
  const { receipt } = await lookForArchive(deps, file, request, settled, { isOnlyLook: true });
  const beginning = ofBeginning(look, file);
  return receipt
    ? { ...beginning, action: 'nothing', partsToSend: 0, requests: 0, archived: receipt }
    : beginning;
}

/** @param asked how often Complete is sent before, to ask about an upload that is gone */
function ofBeginning({ deps, request }: Look, file: ArchiveFile, asked = 0): Preview {
  const plan = planParts(file.identity.sizeBytes, request.partSizeBytes, deps.limitRate);
  return {
    action: 'begin',
    plan,
    storedParts: 0,
    partsToSend: plan.partCount,
    requests: asked + plan.partCount + 2,
    description: describeArchive(file, request.description),
    archived: null,
  };
}

async function ofResumption(
  look: Look,
  file: ArchiveFile,
  upload: BegunSession | string,
): Promise<Preview | 'changed'> {
  const { deps, open, request } = look;
  const known = typeof upload === 'string' ? null : upload;
  if (known) assertSamePartSize(known, request);
  try {
    const { session, plan, toSend } = await compareWithService(deps, open, file, upload, request);
    return {
      action: 'resume',
      plan,
      storedParts: plan.partCount - toSend.length,
      partsToSend: toSend.length,
      requests: toSend.length + 1,
      description: session.description,
      archived: null,
    };
  } catch (error) {
    if (error instanceof ChangedSinceError && startsOver(request, open.session)) return 'changed';
    if (!hasCode(error, 'upload-gone') || !known) throw error;
    if (!mayBegin(request, known, file)) throw goneError(known, error);
    return ofBeginning(look, file, 1);
  }
}

function ofCompletion({ completion, partSizeBytes, description }: CompletingSession): Preview {
  const { sizeBytes } = completion;
  const plan = { sizeBytes, partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
  return {
    action: 'complete-again',
    plan,
    storedParts: plan.partCount,
    partsToSend: 0,
    requests: 1,
    description,
    archived: null,
  };
}

function afterDrop(preview: Preview): Preview {
  return preview.action === 'begin' ? { ...preview, action: 'start-over' } : preview;
}
