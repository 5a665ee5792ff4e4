/**
 * One machine's share of an upload that many machines send. The vault's own part list is the only thing that they
 * share: there is no session here, no lock, and no other memory, so a shard may run anywhere, twice, and again.
 */
import { type ArchiveFile, openArchive } from '../../archive/archive-file.js';
import { counted } from '../../counted.js';
import { GlacierUpError, hasCode } from '../../errors.js';
import type { ListedPart } from '../../glacier/vault.js';
import { hint, step, stepAtVault } from '../../hint.js';
import { PartHashes } from '../../session/part-hashes.js';
import { type ComparedPart, compareParts } from '../compare.js';
import {
  assertFileOfUpload,
  differenceText,
  planFor,
  rangesText,
  type WrongFile,
} from '../compare-with-service.js';
import { allIndexes, hashParts } from '../hash-parts.js';
import { bytesOf, type Plan } from '../plan.js';
import { proveUnchanged } from '../second-reading.js';
import { fileParts } from '../sending/part-source.js';
import { sendParts } from '../sending/send-parts.js';
import type { SendDeps } from '../upload-deps.js';

const wrongFile: WrongFile = {
  replace: '"upload --shard --replace-parts" sends these parts again',
  leave: null,
};

/** Every part whose index, from 0, leaves the remainder `index` when divided by `count`. */
export interface Shard {
  /** `[0, count)` */
  index: number;
  count: number;
}

export interface ShardRequest {
  file: string;
  uploadId: string;
  shard: Shard;
  /** Send parts again that the upload has with other bytes. */
  replaceParts: boolean;
}

export interface ShardReport {
  /** Of the whole archive. */
  plan: Plan;
  /** Of this shard: all of them are stored. */
  parts: { total: number; sent: number; kept: number };
  sizeBytes: number;
  /** Parts of the whole archive that nobody has stored yet; null when the upload has come to its end meanwhile. */
  missing: number | null;
}

/** Parts that the service confirms, and then does not list, are sent again this often. */
const mostSendings = 2;

/**
 * Sends those parts of the shard that the upload does not have, and asks the service for its list once more: what it
 * lists then, equal to the file, is what is reported. Never begins, completes or aborts an upload.
 * @throws GlacierUpError `upload-gone`; `upload-foreign` when the file cannot be that of the upload, nothing sent;
 * `archive-changed`; `part-list-untrue` when parts that were confirmed are not listed
 */
export async function sendShard(deps: SendDeps, request: ShardRequest): Promise<ShardReport> {
  const file = await openArchive(request.file, deps.clock);
  try {
    return await sendShare(deps, file, request);
  } finally {
    await file.close();
    deps.emit({ kind: 'ended' });
  }
}

async function sendShare(deps: SendDeps, file: ArchiveFile, request: ShardRequest): Promise<ShardReport> {
  const { vault, signal } = deps;
  const { uploadId } = request;
  const { partSizeBytes, parts } = await vault.listParts(uploadId, signal).catch((error: unknown) => {
    throw hasCode(error, 'upload-gone') ? goneForShards(error) : error;
  });
  const share = shareOf(file, planFor(file, partSizeBytes), request.shard);
  let listed = parts;
  for (let sendings = 0; ; sendings += 1) {
    const compared = await compareShare(deps, share, listed);
    if (sendings === 0) assertFileOfUpload(compared, request.replaceParts, wrongFile);
    else assertNoneOfOthers(compared);
    const toSend = compared.filter((part) => isShort(part) && isOwn(share, part));
    if (toSend.length === 0) await proveUnchanged(deps, file, share);
    if (toSend.length === 0) return report(share, compared.filter(({ state }) => state === 'missing').length);
    if (sendings === mostSendings) throw notListed(toSend.length);
    await sendAll(deps, share, uploadId, toSend);
    try {
      listed = (await vault.listParts(uploadId, signal)).parts;
    } catch (error) {
      // Every part of this shard was confirmed: who ended the upload since then did not need this one any more.
      if (hasCode(error, 'upload-gone')) return report(share, null);
      throw error;
    }
  }
}

/** What this run works on, and what it has found out about it. */
interface Share {
  file: ArchiveFile;
  plan: Plan;
  shard: Shard;
  /** Parts of the shard. */
  indexes: number[];
  hashes: PartHashes;
  sent: Set<number>;
}

function shareOf(file: ArchiveFile, plan: Plan, shard: Shard): Share {
  const indexes = [...allIndexes(plan)].filter((index) => index % shard.count === shard.index);
  return { file, plan, shard, indexes, hashes: new PartHashes(plan.partCount), sent: new Set() };
}

/** Only the shard's own parts are read; those of others stay `unknown`. */
async function compareShare(
  deps: SendDeps,
  share: Share,
  listed: readonly ListedPart[],
): Promise<ComparedPart[]> {
  const { file, plan, hashes } = share;
  const stored = compareParts(plan, listed, () => null).filter(({ state }) => state === 'unknown');
  const indexes = stored.filter((part) => isOwn(share, part)).flatMap(({ index }) => index ?? []);
  await hashParts(deps, file, { plan, hashes, indexes });
  return compareParts(plan, listed, (index) => hashes.get(index));
}

function isShort({ state }: ComparedPart): boolean {
  return state === 'missing' || state === 'different';
}

function isOwn({ shard }: Share, { index }: ComparedPart): boolean {
  return index !== null && index % shard.count === shard.index;
}

async function sendAll(
  deps: SendDeps,
  share: Share,
  uploadId: string,
  toSend: readonly ComparedPart[],
): Promise<void> {
  const { file, plan, shard, indexes, hashes, sent } = share;
  const { emit } = deps;
  for (const part of toSend) {
    if (part.state === 'different') emit({ kind: 'note', message: differenceText(part) });
  }
  const chosen = toSend.flatMap(({ index }) => index ?? []);
  const sizeBytes = bytesOf(plan, indexes);
  const keptParts = indexes.length - chosen.length;
  emit({
    kind: 'sending',
    file: `${file.name}, shard ${shard.index}/${shard.count}`,
    uploadId,
    plan: { ...plan, sizeBytes, partCount: indexes.length },
    keptParts,
    keptBytes: sizeBytes - bytesOf(plan, chosen),
    isNew: keptParts === 0,
  });
  await sendParts(deps, {
    uploadId,
    ...plan,
    parts: () => fileParts(file, plan, chosen),
    onStored: (index, rawTreeHash) => {
      hashes.set(index, rawTreeHash);
      sent.add(index);
    },
  });
}

function report({ plan, indexes, sent }: Share, missing: number | null): ShardReport {
  const total = indexes.length;
  const parts = { total, sent: sent.size, kept: total - sent.size };
  return { plan, parts, sizeBytes: bytesOf(plan, indexes), missing };
}

/** A new upload would need every shard again: that is for who began this one to decide. */
function goneForShards(cause: GlacierUpError): GlacierUpError {
  return new GlacierUpError('upload-gone', cause.message, {
    hint: hint`a shard never starts an upload: if this one was not completed, ${stepAtVault('upload', 'FILE', '--begin')} starts another one; send every shard to it`,
    cause,
    ...(cause.service ? { service: cause.service } : {}),
  });
}

/** The same shard may run twice at once, and sends the same bytes then; others come from another file. */
function assertNoneOfOthers(parts: readonly ComparedPart[]): void {
  const foreign = parts.filter(({ state }) => state === 'different' || state === 'unexpected');
  if (foreign.length === 0) return;
  const message = `while this shard was sent, parts came that are not of this file: ${rangesText(foreign)}`;
  throw new GlacierUpError('upload-foreign', message, {
    hint: hint`another process has sent them from another file: compare the files of all machines by ${step('treehash', 'FILE')}`,
  });
}

function notListed(count: number): GlacierUpError {
  const parts = counted(count, 'part');
  return new GlacierUpError('part-list-untrue', `${parts} that the service confirmed it does not list`, {
    hint: 'run the same command again',
  });
}
