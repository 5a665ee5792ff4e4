/** Whether this very content is in the vault already, so that the same command twice makes one archive. */
import type { ArchiveFile } from '../archive/archive-file.js';
import { type FileIdentity, provesSame } from '../archive/identity.js';
import { PartHashes } from '../session/part-hashes.js';
import {
  isBelieved,
  isRebuilt,
  type KnownReceipt,
  type Subject,
  streamSubject,
  subjectKey,
} from '../session/receipts/receipt.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import { isSameVault, type WhichVault } from '../session/which-vault.js';
import { joinRawTreeHashes } from '../treehash/tree-hash.js';
import { allIndexes, hashParts } from './hash-parts.js';
import { isSmall, type Plan } from './plan.js';
import type { UploadDeps } from './upload-deps.js';

export interface ArchivedContent {
  receipt: KnownReceipt | null;
  /** The part hashes of the plan, when the file had to be read; an upload that follows need not compute them. */
  hashes: PartHashes | null;
}

/** So many archives of the size are compared by their times; beyond that the file is read at once. */
const mostComparedByTimes = 32;

/**
 * Looks by the file's path and times first, and by its content when an archive of the same size is known: also under
 * another name, for a file that was moved, linked or copied.
 * @param verify read the file even when its identity is unchanged
 * @param isOnlyLook note nothing: for `--dry-run`
 */
export async function findArchived(
  deps: UploadDeps,
  file: ArchiveFile,
  { plan, verify, isOnlyLook = false }: { plan: Plan; verify: boolean; isOnlyLook?: boolean },
): Promise<ArchivedContent> {
  const vault = await deps.whichVault();
  const { receipts } = deps;
  const look: Look = { receipts, vault, isOnlyLook };
  const unchanged = verify ? null : await unchangedSince(look, file);
  if (unchanged) return { receipt: unchanged, hashes: null };
  // A small file is hashed at once: that costs less than comparing it with all that are of its size.
  const [first] = isSmall(plan) ? [file] : await believedOf(look, receipts.bySize(plan.sizeBytes), 1);
  if (!first) return { receipt: null, hashes: null };
  const linked = verify || isSmall(plan) ? null : await sameFileAsIn(look, file);
  const hashes = linked ? null : new PartHashes(plan.partCount);
  if (hashes) await hashParts(deps, file, { plan, hashes, indexes: allIndexes(plan) });
  const receipt = linked ?? (hashes && (await archiveOfHashes(deps, look, file, { plan, hashes })));
  if (receipt && !isOnlyLook) await bindFile(deps, file, receipt, vault);
  return { receipt, hashes };
}

/**
 * The archive in this vault that has this content, if one is known: the one that was named for the subject last, or
 * else the latest one.
 * @param treeHash hex
 */
export async function findContent(
  deps: Pick<UploadDeps, 'receipts' | 'whichVault'>,
  { sizeBytes, treeHash }: { sizeBytes: number; treeHash: string },
  subject: Subject,
): Promise<KnownReceipt | null> {
  const { receipts } = deps;
  const look = { receipts, vault: await deps.whichVault(), isOnlyLook: false };
  return archiveOfContent(look, sizeBytes, treeHash, subjectKey(subject));
}

/** Notes that an archive from a pipe has the content of an archive of another name. */
export async function bindStream(
  { receipts }: Pick<UploadDeps, 'receipts'>,
  streamName: string,
  { archiveId }: KnownReceipt,
): Promise<void> {
  const [current] = receipts.bySubject(streamSubject(streamName));
  if (current?.archive.archiveId === archiveId) return;
  await receipts.bind(archiveId, { path: null, streamName, identity: null });
}

async function archiveOfHashes(
  { contents }: UploadDeps,
  look: Look,
  file: ArchiveFile,
  { plan: { sizeBytes }, hashes }: { plan: Plan; hashes: PartHashes },
): Promise<KnownReceipt | null> {
  const treeHash = treeHashOf(hashes);
  await contents?.enter(file, { sizeBytes, treeHash });
  return archiveOfContent(look, sizeBytes, treeHash, file.path);
}

interface Look {
  receipts: ReceiptLog;
  vault: WhichVault;
  isOnlyLook: boolean;
}

/** The archive of this path, when the file's identity proves that it has not changed since. */
async function unchangedSince(look: Look, file: ArchiveFile): Promise<KnownReceipt | null> {
  for (const { archive, identity } of look.receipts.bySubject(file.path)) {
    if (!isSameVault(archive, look.vault)) continue;
    // Only the last one that was named: the file may have been other content in between.
    const isUnchanged = identity !== null && provesSame(identity, file.identity);
    return isUnchanged && (await believe(look, archive)) ? archive : null;
  }
  return null;
}

/** The archive of this very file under another name: a hard link that was there before, or another mount. */
async function sameFileAsIn(look: Look, file: ArchiveFile): Promise<KnownReceipt | null> {
  let compared = 0;
  for (const archive of look.receipts.bySize(file.identity.sizeBytes)) {
    if (archive.identity && provesSame(archive.identity, file.identity) && (await believe(look, archive))) {
      return archive;
    }
    compared += 1;
    if (compared === mostComparedByTimes) return null;
  }
  return null;
}

async function archiveOfContent(
  look: Look,
  sizeBytes: number,
  treeHash: string,
  subject: string | null,
): Promise<KnownReceipt | null> {
  const believed = await believedOf(look, look.receipts.byContent(sizeBytes, treeHash));
  if (believed.length <= 1 || subject === null) return believed[0] ?? null;
  const ids = new Set(believed.map(({ archiveId }) => archiveId));
  for (const { archive } of look.receipts.bySubject(subject)) if (ids.has(archive.archiveId)) return archive;
  return believed[0] ?? null;
}

async function believedOf(
  look: Look,
  archives: Iterable<KnownReceipt>,
  most = Number.POSITIVE_INFINITY,
): Promise<KnownReceipt[]> {
  const believed: KnownReceipt[] = [];
  for (const archive of archives) {
    if (await believe(look, archive)) believed.push(archive);
    if (believed.length === most) break;
  }
  return believed;
}

/** Whether the archive is in this vault, as far as is known. That its vault was created after it is noted. */
async function believe({ receipts, vault, isOnlyLook }: Look, archive: KnownReceipt): Promise<boolean> {
  if (!isSameVault(archive, vault) || !isBelieved(archive)) return false;
  if (!isOfEarlierVault(archive, vault)) return true;
  if (!isOnlyLook) await receipts.noteGone(archive.archiveId, 'vault-recreated');
  return false;
}

/**
 * Receipts of earlier versions, and those rebuilt from an inventory, do not say when their vault was created: they are
 * older than it or not. Inventories have whole seconds, DescribeVault has milliseconds.
 */
function isOfEarlierVault({ vaultCreatedAt, completedAt }: KnownReceipt, { createdAt }: WhichVault): boolean {
  if (createdAt === null) return false;
  if (vaultCreatedAt !== undefined) return vaultCreatedAt !== createdAt;
  return Date.parse(completedAt) < Math.floor(Date.parse(createdAt) / 1000) * 1000;
}

/** From now on the archive is that of this file, which need not be read again while it does not change. */
async function bindFile(
  { receipts, emit }: UploadDeps,
  file: ArchiveFile,
  archive: KnownReceipt,
  vault: WhichVault,
): Promise<void> {
  const { path, identity } = file;
  const [current] = [...receipts.bySubject(path)].filter((binding) => isSameVault(binding.archive, vault));
  const isCurrent = current?.archive.archiveId === archive.archiveId;
  if (isCurrent && current.identity && isSameLook(current.identity, identity)) return;
  await receipts.bind(archive.archiveId, { path, identity });
  const message = isCurrent ? null : bindingText(archive, path);
  if (message) emit({ kind: 'note', message: `${file.name}: ${message}` });
}

function isSameLook(one: FileIdentity, other: FileIdentity): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function bindingText(archive: KnownReceipt, path: string): string {
  const { archiveId } = archive;
  if (isRebuilt(archive)) {
    return `the inventory of the vault has this very content already, as archive ${archiveId}; --again archives it once more`;
  }
  const name = subjectKey(archive);
  if (name === path)
    return `it has the content of archive ${archiveId} again, which is its archive from now on`;
  return `the same content was uploaded as ${archive.streamName ?? name ?? archiveId}: nothing is sent; --again uploads it once more`;
}

function treeHashOf(hashes: PartHashes): string {
  return joinRawTreeHashes(hashes.all() ?? []).toString('hex');
}
