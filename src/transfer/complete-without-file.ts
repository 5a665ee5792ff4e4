/** Completes an upload whose file is not at hand: its tree hash and size are, and both are checked first. */
import { GlacierUpError, hasCode } from '../errors.js';
import type { PartList } from '../glacier/part-list.js';
import { findSessionId } from '../session/find-session.js';
import type { Receipt } from '../session/receipts/receipt.js';
import { uploadSubject } from '../session/session.js';
import { joinTreeHashes } from '../treehash/tree-hash.js';
import { adoptedSession } from './adopted-session.js';
import { finish, isRefusedCompletion, outcomeUnknown } from './finish.js';
import { planParts } from './plan.js';
import type { Surroundings } from './surroundings.js';
import { withSession } from './with-session.js';

export interface FilelessCompletion {
  uploadId: string;
  sizeBytes: number;
  /** Hex. */
  treeHash: string;
  /** The session of the upload, where there is one already: that of an archive from a pipe. */
  sessionId?: string;
}

/**
 * Checks that the parts listed cover the size and join into the hash, then completes. Without a session of its own
 * the upload gets one under its ID, so that the command can be repeated.
 * @throws GlacierUpError `parts-missing`, `hash-mismatch`, `upload-gone`, `completion-unknown`
 */
export async function completeWithoutFile(
  surroundings: Surroundings,
  request: FilelessCompletion,
): Promise<Receipt> {
  const { vault, signal, receipts } = surroundings;
  const { uploadId, sizeBytes, treeHash } = request;
  const which = await surroundings.whichVault();
  const id = request.sessionId ?? findSessionId(surroundings.sessions, which, uploadSubject(uploadId));
  return withSession(surroundings, id, uploadId, async (open) => {
    const earlier = receipts.byUploadId(uploadId);
    if (earlier) {
      if (open.session) open.remove();
      return earlier;
    }
    if (open.session?.phase === 'completing') {
      try {
        return await finish(surroundings, open);
      } catch (error) {
        if (!isRefusedCompletion(error)) throw error;
      }
    }
    const list = await vault.listParts(uploadId, signal).catch((error: unknown) => {
      throw open.session && hasCode(error, 'upload-gone') ? outcomeUnknown(open, error) : error;
    });
    assertWhole(list, request);
    receipts.assertWritable();
    const session = open.session ?? adoptedSession(surroundings, which, { id, path: null }, list);
    open.save({ ...session, phase: 'completing', completion: { sizeBytes, treeHash } });
    return finish(surroundings, open);
  });
}

function assertWhole({ parts, partSizeBytes }: PartList, { sizeBytes, treeHash }: FilelessCompletion): void {
  const plan = planParts(sizeBytes, partSizeBytes);
  let coveredBytes = 0;
  for (const { range } of parts) {
    if (range.start !== coveredBytes) break;
    coveredBytes = range.end;
  }
  if (coveredBytes !== sizeBytes || parts.length !== plan.partCount) {
    const message = `the parts listed cover ${coveredBytes} bytes without a gap, --size is ${sizeBytes}`;
    throw new GlacierUpError('parts-missing', message, { hint: 'look at them with list-parts' });
  }
  const joined = joinTreeHashes(parts.map((part) => Buffer.from(part.treeHash, 'hex'))).toString('hex');
  if (joined === treeHash) return;
  const message = `the parts listed join into tree hash ${joined}, --tree-hash is ${treeHash}`;
  throw new GlacierUpError('hash-mismatch', message, {
    hint: 'nothing was completed; check the hash and the upload ID',
  });
}
