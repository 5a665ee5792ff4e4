/** What the service has of an archive from a pipe, of which earlier runs have sent a part. */
import { GlacierUpError, hasCode } from '../../errors.js';
import { rangeText } from '../../glacier/byte-range.js';
import { maxParts } from '../../glacier/limits.js';
import type { ListedPart } from '../../glacier/vault.js';
import type { OpenSession } from '../../session/open-session.js';
import type { PartHashes } from '../../session/part-hashes.js';
import type { KnownReceipt } from '../../session/receipts/receipt.js';
import type { UploadingSession } from '../../session/session.js';
import { assertSameEnvelope } from '../compare-with-service.js';
import { type Ask, askByNotes, settleGone } from '../lifecycle/gone-upload.js';
import { stillOpen } from '../lifecycle/phases.js';
import { assertSamePartSize, noteKeptDescription } from '../same-options.js';
import type { UploadDeps } from '../upload-deps.js';

export interface StoredParts {
  /** null when an upload is to be begun. */
  session: UploadingSession | null;
  /** By index. */
  stored: Map<number, ListedPart>;
}

/**
 * Lists the parts. Nothing is begun here: a stream may turn out to be empty.
 * @throws GlacierUpError `usage` when options contradict the unfinished upload; `upload-foreign`
 */
export async function whatIsStored(
  deps: UploadDeps,
  open: OpenSession,
  request: { name: string; partSizeBytes?: number; description?: string },
): Promise<StoredParts> {
  const { vault, signal, emit } = deps;
  const { session } = open;
  const nothing = { session: null, stored: new Map() };
  if (session === null || session.phase === 'intent') return nothing;
  assertSamePartSize(session, request);
  noteKeptDescription(emit, session, request, request.description);
  try {
    const list = await vault.listParts(session.uploadId, signal);
    assertSameEnvelope(session, list);
    const listed = stillOpen(open, session);
    const stored = byIndex(list.parts, session.partSizeBytes);
    for (const [index, { range }] of damaged(stored, open.storedHashes(maxParts))) {
      stored.delete(index);
      const message = `part ${rangeText(range)} is not in the vault as it was sent: it will be sent again`;
      emit({ kind: 'note', message });
    }
    return { session: listed, stored };
  } catch (error) {
    if (!hasCode(error, 'upload-gone')) throw error;
    // Only one whose stream had come to its end can have been completed by somebody else.
    const ask: Ask = (uploading) => askByNotes(deps, open, uploading);
    const receipt = await settleGone(deps, open, { session, cause: error, ask });
    const message = receipt
      ? settledText(receipt)
      : `the unfinished upload of ${request.name} is gone (idle for more than 24 hours, or aborted): starting a new upload`;
    emit({ kind: 'note', message });
    return nothing;
  }
}

/** Parts of which the service has other bytes than those that it confirmed. */
function damaged(stored: ReadonlyMap<number, ListedPart>, sent: PartHashes): [number, ListedPart][] {
  return [...stored].filter(([index, { treeHash }]) => {
    const before = sent.get(index)?.toString('hex');
    return before !== undefined && before !== treeHash;
  });
}

function byIndex(parts: readonly ListedPart[], partSizeBytes: number): Map<number, ListedPart> {
  const stored = new Map<number, ListedPart>();
  for (const part of parts) {
    const { start, end } = part.range;
    const index = start / partSizeBytes;
    if (Number.isInteger(index) && end - start <= partSizeBytes) stored.set(index, part);
    else {
      const message = `the upload has a part of bytes ${start} to ${end - 1}, which none of ${partSizeBytes} bytes can be`;
      throw new GlacierUpError('upload-foreign', message, { hint: 'look at it with list-parts' });
    }
  }
  return stored;
}

/** Of an earlier run that turns out to have made an archive: what this run does about it. */
export function settledText({ archiveId, streamName, sizeBytes, treeHash }: KnownReceipt): string {
  return (
    `the earlier upload of ${streamName} is archive ${archiveId} (${sizeBytes} bytes, tree hash ${treeHash}); ` +
    'this stream is sent too, and dropped at its end if it is the same'
  );
}
