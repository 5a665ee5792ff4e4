/**
 * The path of an archive from a pipe. It is that of a file, but for what a pipe cannot do: it is read once, so that
 * parts are compared and sent as they come, and its end may be that of a producer that died.
 */
import type { Producer } from '../../archive/producer.js';
import { GlacierUpError } from '../../errors.js';
import { maxParts, partSizeInTime } from '../../glacier/limits.js';
import { hint, step } from '../../hint.js';
import { findSessionId } from '../../session/find-session.js';
import type { OpenSession } from '../../session/open-session.js';
import type { PartHashes } from '../../session/part-hashes.js';
import { streamSubject } from '../../session/receipts/receipt.js';
import type { UploadingSession } from '../../session/session.js';
import { describeArchive } from '../description.js';
import { bindStream, findContent } from '../find-archived.js';
import { abortIfAllowed, dropDouble, startOver } from '../lifecycle/abort.js';
import { beginUpload } from '../lifecycle/begin.js';
import { complete } from '../lifecycle/finish.js';
import { startOverStep } from '../lifecycle/next-step.js';
import { forgetEnd, noteEnd, uploading } from '../lifecycle/phases.js';
import { settleEarlier } from '../lifecycle/settle-earlier.js';
import { withSession } from '../lifecycle/with-session.js';
import { ChangedSinceError, type OnChange } from '../on-change.js';
import { planParts } from '../plan.js';
import { sendParts } from '../sending/send-parts.js';
import type { Archived } from '../transfer-request.js';
import type { UploadDeps } from '../upload-deps.js';
import { IncomingArchive } from './incoming-archive.js';
import { openSpool } from './open-spool.js';
import { settledText, whatIsStored } from './stored-parts.js';

export interface StreamRequest {
  /** What the archive is called, since a pipe has no name: its session is kept under it. */
  name: string;
  /** Called when everything is ready for its bytes, with a path in the spool where a named pipe can be made. */
  startProducer: (pipePath: string) => Producer;
  /** Whether it can be called again, and gives all of the stream again. */
  isRepeatable: boolean;
  /** Whether the end of the stream, once the producer has ended well, is that of the archive. */
  endCompletes: boolean;
  partSizeBytes?: number;
  expectedBytes?: number;
  description?: string;
  spoolFolder: string;
  /** How long to wait for room on a full disk that no part is about to give. */
  patienceMs: number;
  startOver?: boolean;
  /** Default: fail. */
  onChange?: OnChange;
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
export async function transferStream(deps: UploadDeps, request: StreamRequest): Promise<Archived> {
  const vault = await deps.whichVault();
  const id = findSessionId(deps.sessions, vault, streamSubject(request.name));
  return withSession(deps, id, request.name, (open) => run(deps, open, request));
}

async function run(deps: UploadDeps, open: OpenSession, request: StreamRequest): Promise<Archived> {
  const { emit } = deps;
  const settled =
    (await settleEarlier(deps, open, request)) ??
    (request.startOver ? await startOver(deps, open, null, request) : null);
  if (settled) emit({ kind: 'note', message: settledText(settled) });
  try {
    return await archive(deps, open, request);
  } catch (error) {
    if (!(error instanceof ChangedSinceError) || request.onChange !== 'start-over') throw error;
    const again = request.again || open.session?.again === true;
    await startStreamOver(deps, open, request, error);
    return archive(deps, open, { ...request, again });
  }
}

/** One reading of the stream. After a new upload was begun, nothing is there that it could differ from. */
async function archive(deps: UploadDeps, open: OpenSession, request: StreamRequest): Promise<Archived> {
  const { signal, emit } = deps;
  const { session, stored } = await whatIsStored(deps, open, request);
  const hashes = open.takeHashes(maxParts, session && open.storedHashes(maxParts));
  const partSizeBytes = session?.partSizeBytes ?? choosePartSize({ ...request, limitRate: deps.limitRate });
  const spool = await openSpool(deps, open.id, { ...request, partSizeBytes });
  const producer = request.startProducer(spool.pipePath);
  try {
    const incoming = new IncomingArchive(producer, {
      partSizeBytes,
      stored,
      sentBefore: hashes,
      spool,
      emit,
      startOver: startOverStep({ ...deps, path: null, streamName: request.name }),
    });
    if (!(await incoming.hasBytes(signal)) && stored.size === 0) {
      await producer.assertEnded();
      throw new GlacierUpError(
        'archive-unusable',
        'the stream is empty: Glacier stores no archive of 0 bytes',
      );
    }
    const { uploadId } = session ?? (await begin(deps, open, request, { partSizeBytes, hashes }));
    emit({
      kind: 'receiving',
      file: request.name,
      uploadId,
      partSizeBytes,
      expectedBytes: request.expectedBytes ?? null,
      keptParts: stored.size,
      keptBytes: [...stored.values()].reduce((sum, { range }) => sum + range.end - range.start, 0),
      isNew: session === null,
    });
    await sendParts(deps, {
      uploadId,
      partSizeBytes,
      parts: async function* (stop) {
        for await (const part of incoming.parts(stop)) {
          forgetEnd(open);
          yield part;
        }
      },
      onStored: (index, rawTreeHash) => {
        hashes.set(index, rawTreeHash);
        open.noteProgress();
      },
    });
    return await finishStream(deps, open, request, incoming);
  } finally {
    await Promise.all([producer.stop(), spool.close()]);
    emit({ kind: 'ended' });
  }
}

/**
 * Drops what an earlier run stored of another stream. @throws GlacierUpError `archive-changed` when the stream is over
 */
async function startStreamOver(
  deps: UploadDeps,
  open: OpenSession,
  { name, isRepeatable, endCompletes }: StreamRequest,
  change: ChangedSinceError,
): Promise<void> {
  // Where nobody vouches for the end of a pipe, it may be that of a producer that died.
  if (change.isByEnd && !endCompletes) throw change;
  const message = `${change.message}; dropping what is stored`;
  if (isRepeatable) deps.emit({ kind: 'note', message: `${name}: ${message} and starting over` });
  await abortIfAllowed(deps, open);
  open.remove();
  if (isRepeatable) return;
  throw new GlacierUpError('archive-changed', `${change.message}; what was stored is dropped`, {
    hint: 'run the same command again: it begins a new upload; with --exec that is done in the same run',
    cause: change,
  });
}

/** @throws GlacierUpError `usage` when the part size given cannot hold what is expected */
export function choosePartSize({
  partSizeBytes,
  expectedBytes,
  limitRate,
}: Pick<StreamRequest, 'partSizeBytes' | 'expectedBytes'> & { limitRate?: number | undefined }): number {
  if (expectedBytes !== undefined) return planParts(expectedBytes, partSizeBytes, limitRate).partSizeBytes;
  // A limit that makes parts smaller lets so little through that 10,000 of them last for two weeks at least.
  return partSizeBytes ?? Math.min(defaultPartSizeBytes, partSizeInTime(limitRate ?? Infinity));
}

function begin(
  deps: UploadDeps,
  open: OpenSession,
  { name, description, again = false }: StreamRequest,
  { partSizeBytes, hashes }: { partSizeBytes: number; hashes: PartHashes },
): Promise<UploadingSession> {
  return beginUpload(deps, open, {
    subject: { path: null, streamName: name, identity: null },
    partSizeBytes,
    description: describeArchive({ name }, description),
    hashes,
    again,
  });
}

/** Every part is stored, and the producer has ended as well as can be known. */
async function finishStream(
  deps: UploadDeps,
  open: OpenSession,
  request: StreamRequest,
  incoming: IncomingArchive,
): Promise<Archived> {
  const { completion } = incoming;
  const streamName = request.name;
  const session = uploading(open);
  // Only the whole stream can tell whether it is archived already, and by then its parts have been sent.
  const earlier =
    session.again || request.again ? null : await findContent(deps, completion, { path: null, streamName });
  if (earlier) {
    await dropDouble(deps, open);
    await bindStream(deps, streamName, earlier);
    return { receipt: earlier, isNew: false };
  }
  if (!request.endCompletes) {
    noteEnd(open, session, completion);
    throw endUnconfirmed(session, completion);
  }
  const parts = incoming.counts;
  const end = await complete(deps, open, { session, completion, parts });
  switch (end.kind) {
    case 'completed':
      return { receipt: end.receipt, isNew: true };
    case 'unknown':
      throw end.error;
    default:
      throw endRefused(end.error);
  }
}

/** The stream is over: what the service lost of it can only come from another run. */
function endRefused(cause: GlacierUpError): GlacierUpError {
  return new GlacierUpError(cause.code, cause.message, {
    cause,
    hint: 'run the same command again: it compares every part, and sends those that are missing or different',
    ...(cause.service ? { service: cause.service } : {}),
  });
}

function endUnconfirmed({ id }: UploadingSession, { sizeBytes }: { sizeBytes: number }): GlacierUpError {
  const message = `the pipe came to its end after ${sizeBytes} bytes and every part is stored, but whether its writer was done is not known: nothing was completed`;
  return new GlacierUpError('end-unconfirmed', message, {
    hint: hint`if it was, ${step('complete', id)} finishes the upload; --exec COMMAND or --eof-completes settle it beforehand`,
  });
}
