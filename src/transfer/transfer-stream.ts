/**
 * The path of an archive from a pipe. It is that of a file, but for what a pipe cannot do: it is read once, so that
 * parts are compared and sent as they come, and its end may be that of a producer that died.
 */
import type { Producer } from '../archive/producer.js';
import { Spool, sweepSpool } from '../archive/spool.js';
import { GlacierUpError, hasCode } from '../errors.js';
import type { ListedPart } from '../glacier/vault.js';
import { acquireLock } from '../session/lock.js';
import type { OpenSession } from '../session/open-session.js';
import { PartHashes } from '../session/part-hashes.js';
import { isRebuilt, type Receipt } from '../session/receipts.js';
import { type Destination, sessionId, type UploadSession } from '../session/session.js';
import { dropUpload } from './abort.js';
import { beginUpload } from './begin.js';
import { assertSameEnvelope } from './compare-with-service.js';
import { describedAs } from './description.js';
import { askWhetherCompleted, finish, isRefusedCompletion, outcomeUnknown } from './finish.js';
import { IncomingArchive } from './incoming-archive.js';
import { planParts } from './plan.js';
import { assertSameOptions } from './same-options.js';
import { sendParts } from './send-parts.js';
import { settleEarlier } from './settle-earlier.js';
import type { Surroundings } from './surroundings.js';
import type { Archived } from './transfer.js';
import { withSession } from './with-session.js';

export interface StreamRequest {
  /** What the archive is called, since a pipe has no name: its session is kept under it. */
  name: string;
  /** Called once, when everything is ready for its bytes. */
  startProducer: () => Producer;
  /** Whether the end of the stream, once the producer has ended well, is that of the archive. */
  endCompletes: boolean;
  partSizeBytes?: number;
  expectedBytes?: number;
  description?: string;
  spoolFolder: string;
  /** How long to wait for room on a full disk that no part is about to give. */
  patienceMs: number;
  startOver?: boolean;
  /** Archive it though a receipt says that this content is archived already. */
  again?: boolean;
  force?: boolean;
}

/** Of a stream whose length nobody has told: holds 625 GiB. */
const defaultPartSizeBytes = 64 * 1024 ** 2;

/**
 * Brings a stream to its end: one archive, proved, with its receipt.
 * @throws GlacierUpError `end-unconfirmed` when every part is stored and nobody has said that the end of the pipe
 * makes it an archive; `producer-failed`, `archive-changed`, and the codes of a file's transfer; progress is kept
 */
export function transferStream(surroundings: Surroundings, request: StreamRequest): Promise<Archived> {
  const id = streamSessionId(surroundings.destination, request.name);
  return withSession(surroundings, id, request.name, (open) => run(surroundings, open, request));
}

export function streamSessionId(destination: Destination, name: string): string {
  return sessionId(destination, `stdin:${name}`);
}

async function run(surroundings: Surroundings, open: OpenSession, request: StreamRequest): Promise<Archived> {
  const { signal, emit } = surroundings;
  const settled = await settleEarlier(surroundings, open, request);
  if (settled) emit({ kind: 'note', message: settledText(settled) });
  if (request.startOver && open.session) {
    await dropUpload(surroundings, open, { force: request.force ?? false });
  }
  const { session, stored } = await whatIsStored(surroundings, open, request);
  const partSizeBytes = session?.partSizeBytes ?? choosePartSize(request);
  const spool = await openSpool(surroundings, open.id, request, partSizeBytes);
  const producer = request.startProducer();
  try {
    const incoming = new IncomingArchive(producer, { partSizeBytes, stored, spool, emit });
    if (!(await incoming.hasBytes(signal)) && stored.size === 0) {
      await producer.assertEnded();
      throw new GlacierUpError(
        'archive-unusable',
        'the stream is empty: Glacier stores no archive of 0 bytes',
      );
    }
    const { uploadId } = session ?? (await begin(surroundings, open, request, partSizeBytes));
    emit({
      kind: 'receiving',
      file: request.name,
      uploadId: uploadId ?? '',
      partSizeBytes,
      expectedBytes: request.expectedBytes ?? null,
      keptParts: stored.size,
      keptBytes: [...stored.values()].reduce((sum, { range }) => sum + range.end - range.start, 0),
      isNew: session === null,
    });
    await sendParts(surroundings, {
      uploadId: uploadId ?? '',
      parts: async function* (stop) {
        for await (const part of incoming.parts(stop)) {
          forgetEnd(open);
          yield part;
        }
      },
      onStored: () => open.noteProgress(),
    });
    return await end(surroundings, open, request, incoming);
  } finally {
    await producer.stop();
    emit({ kind: 'ended' });
  }
}

interface Stored {
  /** null when an upload is to be begun. */
  session: UploadSession | null;
  /** By index. */
  stored: Map<number, ListedPart>;
}

/** What the service has of an earlier run. Nothing is begun here: a stream may turn out to be empty. */
async function whatIsStored(
  surroundings: Surroundings,
  open: OpenSession,
  request: StreamRequest,
): Promise<Stored> {
  const { vault, signal, emit } = surroundings;
  const { session } = open;
  const nothing = { session: null, stored: new Map() };
  if (!session?.uploadId || session.phase === 'intent') return nothing;
  assertSameOptions(session, request);
  try {
    const list = await vault.listParts(session.uploadId, signal);
    assertSameEnvelope(session, list);
    // Complete was refused: that the upload is listed shows that it made no archive.
    if (session.phase === 'completing') open.save({ ...session, phase: 'uploading', completion: null });
    return { session: open.session, stored: byIndex(list.parts, session.partSizeBytes) };
  } catch (error) {
    if (!hasCode(error, 'upload-gone')) throw error;
    if (session.phase === 'completing') throw outcomeUnknown(open, error);
    // Only one whose stream had come to its end can have been completed by somebody else.
    const receipt = session.completion && (await askWhetherCompleted(surroundings, open, session.completion));
    const message = receipt
      ? settledText(receipt)
      : `the unfinished upload of ${request.name} is gone (idle for more than 24 hours, or aborted): beginning anew`;
    emit({ kind: 'note', message });
    return nothing;
  }
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

/** @throws GlacierUpError `usage` when the part size given cannot hold what is expected */
export function choosePartSize({
  partSizeBytes,
  expectedBytes,
}: Pick<StreamRequest, 'partSizeBytes' | 'expectedBytes'>): number {
  if (expectedBytes === undefined) return partSizeBytes ?? defaultPartSizeBytes;
  return planParts(expectedBytes, partSizeBytes).partSizeBytes;
}

async function openSpool(
  { clock, signal, sessions, emit }: Surroundings,
  owner: string,
  { spoolFolder, patienceMs }: StreamRequest,
  partSizeBytes: number,
): Promise<Spool> {
  const spool = new Spool({
    folder: spoolFolder,
    owner,
    clock,
    patienceMs,
    onFull: (message) => emit({ kind: 'note', message }),
  });
  await spool.assertUsable(partSizeBytes);
  // Our own session's lock is held: what bears its name was left behind. Another's is tried.
  await sweepSpool(spoolFolder, async (id) => {
    if (id === owner) return true;
    try {
      const lock = await acquireLock(sessions.lockPath(id), { clock, signal, what: `the spool of ${id}` });
      lock.release();
      return true;
    } catch (error) {
      if (hasCode(error, 'locked')) return false;
      throw error;
    }
  });
  return spool;
}

function begin(
  surroundings: Surroundings,
  open: OpenSession,
  { name, description }: StreamRequest,
  partSizeBytes: number,
): Promise<UploadSession> {
  return beginUpload(surroundings, open, {
    subject: { path: null, streamName: name, identity: null },
    partSizeBytes,
    description: description ?? describedAs(name),
    hashes: new PartHashes(0),
  });
}

/** The stream goes on beyond what an earlier run took for its end. */
function forgetEnd(open: OpenSession): void {
  if (open.session?.completion) open.save({ ...open.session, completion: null });
}

/** Every part is stored, and the producer has ended as well as can be known. */
async function end(
  surroundings: Surroundings,
  open: OpenSession,
  request: StreamRequest,
  incoming: IncomingArchive,
): Promise<Archived> {
  const { completion } = incoming;
  const session = open.session;
  if (!session) throw new GlacierUpError('internal', 'the session is gone');
  const earlier = request.again ? undefined : receiptOfSame(surroundings, request.name, completion);
  if (earlier) {
    await dropUpload(surroundings, open);
    return { receipt: earlier, isNew: false };
  }
  if (!request.endCompletes) {
    open.save({ ...session, completion });
    throw endUnconfirmed(session, completion);
  }
  open.save({ ...session, phase: 'completing', completion });
  try {
    return { receipt: await finish(surroundings, open, incoming.counts), isNew: true };
  } catch (error) {
    if (!isRefusedCompletion(error)) throw error;
    // The stream is over: what the service lost of it can only come from another run.
    throw new GlacierUpError(error.code, error.message, {
      cause: error,
      hint: 'the upload is kept; run the same command again: parts that are missing are sent then',
      ...(error.service ? { service: error.service } : {}),
    });
  }
}

/**
 * Only the whole stream can tell whether it is archived already, and by then its parts have been sent. An archive
 * that an inventory told of may be of any name.
 */
function receiptOfSame(
  { receipts, destination }: Surroundings,
  name: string,
  { sizeBytes, treeHash }: { sizeBytes: number; treeHash: string },
): Receipt | undefined {
  const id = streamSessionId(destination, name);
  return receipts
    .all()
    .findLast(
      (receipt) =>
        receipt.deletedAt === undefined &&
        (receipt.streamName === name || isRebuilt(receipt)) &&
        receipt.treeHash === treeHash &&
        receipt.sizeBytes === sizeBytes &&
        streamSessionId(receipt.destination, name) === id,
    );
}

function settledText({ archiveId, streamName, sizeBytes, treeHash }: Receipt): string {
  return (
    `the earlier upload of ${streamName} is archive ${archiveId} (${sizeBytes} bytes, tree hash ${treeHash}); ` +
    'this stream is sent too, and dropped at its end if it is the same'
  );
}

function endUnconfirmed({ id }: UploadSession, { sizeBytes }: { sizeBytes: number }): GlacierUpError {
  const message = `the pipe came to its end after ${sizeBytes} bytes and every part is stored, but whether its writer was done is not known: nothing was completed`;
  return new GlacierUpError('end-unconfirmed', message, {
    hint: `if it was, "glacier-up complete ${id}" finishes the upload; --exec COMMAND or --eof-completes settle it beforehand`,
  });
}
