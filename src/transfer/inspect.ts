/** What `list-parts` shows: the parts in the vault beside the file. Reads only; neither locks nor saves. */
import { openArchive } from '../archive/archive-file.js';
import { describeChange, provesSame } from '../archive/identity.js';
import { realPathOf } from '../archive/real-path.js';
import { hasCode } from '../errors.js';
import { uploadIdleLifeMs } from '../glacier/limits.js';
import type { PartList } from '../glacier/part-list.js';
import { PartHashes } from '../session/part-hashes.js';
import type { UploadSession } from '../session/session.js';
import { type ComparedPart, compareParts, countParts, firstGap, type PartCounts } from './compare.js';
import { hashParts } from './hash-parts.js';
import type { Plan } from './plan.js';
import type { UploadDeps } from './upload-deps.js';
import { lackOf } from './whole-archive.js';

export interface Inspection {
  uploadId: string;
  description: string;
  partSizeBytes: number;
  /** null when there is no file to compare with. */
  sizeBytes: number | null;
  parts: ComparedPart[];
  counts: PartCounts;
  firstGap: ComparedPart['range'] | null;
  createdAt: string;
  /** When this machine last saw the service confirm something; null when it never did. */
  lastActivityAt: string | null;
  /** When the service may drop the upload, as far as this machine knows. */
  mayExpireAt: string | null;
  fileChanged: string | null;
  /** Why the parts are not the archive that was to be completed by its hash, without a file; null when nothing tells. */
  lack: string | null;
}

export interface InspectionRequest {
  uploadId: string;
  /** As named by the user, or the session's path; null: compare with nothing. */
  file: string | null;
  /** Trust no hash computed before. */
  verify: boolean;
  session: UploadSession | null;
}

/** @throws GlacierUpError `upload-gone` when the service does not list the upload */
export async function inspectUpload(deps: UploadDeps, request: InspectionRequest): Promise<Inspection> {
  const { session, uploadId } = request;
  const list = await deps.vault.listParts(uploadId, deps.signal);
  const local = request.file === null ? null : await localParts(deps, request, request.file, list);
  const parts = local?.parts ?? withoutFile(list);
  const lastActivityAt = session?.lastActivityAt ?? null;
  return {
    uploadId,
    description: list.description,
    partSizeBytes: list.partSizeBytes,
    sizeBytes: local?.sizeBytes ?? null,
    parts,
    counts: countParts(parts),
    firstGap: local ? firstGap(parts) : null,
    createdAt: list.createdAt,
    lastActivityAt,
    mayExpireAt: lastActivityAt && new Date(Date.parse(lastActivityAt) + uploadIdleLifeMs).toISOString(),
    fileChanged: local?.change ?? null,
    lack: local || !session?.completion ? null : (lackOf(list, session.completion)?.message ?? null),
  };
}

interface LocalParts {
  parts: ComparedPart[];
  sizeBytes: number;
  change: string | null;
}

/** null when the session's file is not there any more; a file that the user named must be. */
async function localParts(
  deps: UploadDeps,
  { session, verify }: InspectionRequest,
  name: string,
  list: PartList,
): Promise<LocalParts | null> {
  let file: Awaited<ReturnType<typeof openArchive>>;
  try {
    file = await openArchive(name, deps.clock);
  } catch (error) {
    if (!hasCode(error, 'archive-unusable') || session?.path !== (await realPathOf(name))) throw error;
    deps.emit({
      kind: 'note',
      message: `${name}: ${error.message}; its parts are shown without comparing`,
    });
    return null;
  }
  try {
    const { sizeBytes } = file.identity;
    const { partSizeBytes } = list;
    const plan: Plan = { sizeBytes, partSizeBytes, partCount: Math.ceil(sizeBytes / partSizeBytes) };
    const change = session?.identity ? describeChange(session.identity, file.identity) : null;
    const keep = session?.identity && provesSame(session.identity, file.identity) && !verify;
    const hashes = new PartHashes(plan.partCount, keep ? session.partTreeHashes : '');
    const listed = compareParts(plan, list.parts, () => null).flatMap(({ index, state }) =>
      state === 'unknown' && index !== null ? [index] : [],
    );
    await hashParts(deps, file, { plan, hashes, indexes: listed });
    return { parts: compareParts(plan, list.parts, (index) => hashes.get(index)), sizeBytes, change };
  } finally {
    await file.close();
    deps.emit({ kind: 'ended' });
  }
}

function withoutFile(list: PartList): ComparedPart[] {
  return list.parts.map(({ range, treeHash }) => ({
    index: null,
    range,
    state: 'unknown',
    treeHash: null,
    serverTreeHash: treeHash,
  }));
}
