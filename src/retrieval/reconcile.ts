/**
 * An upload whose completion is unknown, settled by the inventory. Complete is asked first, since it may still tell.
 * From the moment at which the service did not know the upload any more nothing can come of it: so an inventory that
 * is certain about that moment says whether there is an archive.
 */
import { GlacierUpError, hasCode } from '../errors.js';
import { certainUntilMs, type InventoriedArchive } from '../glacier/inventory/inventory.js';
import { type SiftedInventory, sift } from '../glacier/inventory/inventory-source.js';
import { inventoryDelayMs } from '../glacier/limits.js';
import { hint, step, stepAtVault } from '../hint.js';
import type { InventoryShelf } from '../session/inventories.js';
import type { OpenSession } from '../session/open-session.js';
import type { KnownReceipt, Receipt } from '../session/receipts/receipt.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import type { CompletingSession, UploadSession } from '../session/session.js';
import { dropUpload } from '../transfer/lifecycle/abort.js';
import { alreadyFinished, completeAgain, unknownSince } from '../transfer/lifecycle/finish.js';
import { completing, stillOpen } from '../transfer/lifecycle/phases.js';
import { settle } from '../transfer/lifecycle/settle.js';
import { withSession } from '../transfer/lifecycle/with-session.js';
import type { UploadDeps } from '../transfer/upload-deps.js';
import { assertVaultAt } from './against-inventory.js';
import { fetchInventory } from './fetch-inventory.js';

export type Reconciled =
  | { kind: 'archived'; receipt: KnownReceipt }
  /** There is no archive: the session is gone, and the file may be uploaded again. */
  | { kind: 'absent' }
  /** Its completion is not unknown: the upload is resumed as any other. null: there is no session any more. */
  | { kind: 'open'; session: UploadSession | null };

export interface ReconcileOptions {
  inventories: InventoryShelf;
  /** What fits the uploads, of an inventory that the user names; null: the one kept, or a new one. */
  given: SiftedInventory | null;
  /** Wait hours for an inventory job. */
  wait: boolean;
}

/** Clocks of the service and of this machine may differ by so much, or requests would be refused. */
const clockSkewMs = 5 * 60 * 1000;

/**
 * @param what what the session is of, for messages
 * @throws GlacierUpError `job-pending` telling when to look again; `completion-unknown` when several archives fit
 */
export function reconcile(
  deps: UploadDeps,
  id: string,
  what: string,
  options: ReconcileOptions,
): Promise<Reconciled> {
  return withSession(deps, id, what, async (open): Promise<Reconciled> => {
    const receipt = alreadyFinished(deps, open);
    if (receipt) return { kind: 'archived', receipt };
    if (open.session?.phase !== 'completing') return { kind: 'open', session: open.session };
    const end = await completeAgain(deps, open);
    if (end.kind === 'completed') return { kind: 'archived', receipt: end.receipt };
    if (end.kind === 'unknown') return lookInInventory(deps, open, options, end.error);
    return afterRefusal(deps, open, open.session, options);
  });
}

/**
 * The service knows the upload, and not with this content: it is open, or somebody else has completed it. The refusal
 * alone does not say that no archive was made before.
 */
async function afterRefusal(
  deps: UploadDeps,
  open: OpenSession,
  session: CompletingSession,
  options: ReconcileOptions,
): Promise<Reconciled> {
  try {
    await deps.vault.listParts(session.uploadId, deps.signal);
  } catch (error) {
    if (!hasCode(error, 'upload-gone')) throw error;
    return lookInInventory(deps, open, options, unknownSince(deps, open, error));
  }
  return { kind: 'open', session: stillOpen(open, session) };
}

async function lookInInventory(
  deps: UploadDeps,
  open: OpenSession,
  { inventories, given, wait }: ReconcileOptions,
  unknown: GlacierUpError,
): Promise<Reconciled> {
  const { vault, destination, clock, signal } = deps;
  const session = completing(open);
  const { unknownSince } = session.completion;
  // Complete worked and did not say which archive it made: there is one, and the next answer may name it.
  if (unknownSince === undefined) throw unknown;
  const sinceMs = Date.parse(unknownSince);
  const fits = (archive: InventoriedArchive): boolean => isOfUpload(session, archive);
  const kept = given === null ? inventories.kept(destination) : null;
  const known = given ?? (kept && (await sift(kept, fits)));
  const settled = known && (await settleBy(deps, open, known, sinceMs));
  if (settled) return settled;
  if (given) throw lookAgain(given, sinceMs, clock.now());
  const { inventoriedAt } = await vault.describeVault(signal);
  const isLate = clock.now() >= sinceMs + 2 * inventoryDelayMs;
  if (inventoriedAt === null && isLate) return absent(deps, open);
  const isNewer =
    inventoriedAt !== null && wholeSeconds(inventoriedAt) > wholeSeconds(known?.takenAt ?? null);
  // Another job would bring the inventory that was looked at already.
  if (!isNewer && !isLate) throw lookAgain(known, sinceMs, clock.now());
  const askedSinceMs = isNewer ? Date.parse(inventoriedAt) : sinceMs + 2 * inventoryDelayMs;
  const fetched = await fetchInventory({ ...deps, inventories }, { wait, askedSinceMs });
  const fresh = await sift(fetched, fits).finally(() => fetched.release());
  const result = await settleBy(deps, open, fresh, sinceMs);
  if (result) return result;
  throw lookAgain(fresh, sinceMs, clock.now());
}

/** Inventories have whole seconds, DescribeVault has milliseconds. */
function wholeSeconds(time: string | null): number {
  return time === null ? 0 : Math.floor(Date.parse(time) / 1000);
}

/** null when the inventory decides nothing. */
async function settleBy(
  deps: UploadDeps,
  open: OpenSession,
  inventory: SiftedInventory,
  sinceMs: number,
): Promise<Reconciled | null> {
  const { destination } = deps;
  assertVaultAt(inventory, destination);
  const session = completing(open);
  const fitting = archivesOf(session, inventory, deps.receipts);
  const [found, ...others] = fitting;
  if (found && others.length > 0) throw severalFit(session, fitting, inventory);
  if (found) return { kind: 'archived', receipt: await settleAs(deps, open, found) };
  const certainMs = certainUntilMs(inventory, inventory.askedAtMs);
  if (certainMs === null || certainMs < sinceMs) return null;
  if (inventory.malformed > 0) throw maybeFaulty(inventory);
  return absent(deps, open);
}

/** Those of the upload that are of no other. */
function archivesOf(
  session: CompletingSession,
  { fitting }: SiftedInventory,
  receipts: ReceiptLog,
): InventoriedArchive[] {
  const isTaken = ({ archiveId }: InventoriedArchive): boolean =>
    (receipts.byArchiveId(archiveId)?.uploadId ?? null) !== null;
  return fitting.filter((archive) => isOfUpload(session, archive) && !isTaken(archive));
}

/** Whether an archive has the upload's content and description, and was made since it began. */
function isOfUpload(
  { completion, description, startedAt }: CompletingSession,
  archive: InventoriedArchive,
): boolean {
  return (
    archive.treeHash === completion.treeHash &&
    archive.sizeBytes === completion.sizeBytes &&
    archive.description === description &&
    Date.parse(archive.createdAt) >= Date.parse(startedAt) - clockSkewMs
  );
}

/** What cannot be read may be what is looked for: it is never taken for absent. */
function maybeFaulty({ malformed }: SiftedInventory): GlacierUpError {
  const message = `the inventory does not have the archive, but ${malformed} of its entries are faulty and may be it`;
  return new GlacierUpError('completion-unknown', message, {
    hint: hint`fetch another inventory with ${stepAtVault('inventory', '--max-age', '0', '--wait')}, then run the same command again`,
  });
}

function settleAs(deps: UploadDeps, open: OpenSession, archive: InventoriedArchive): Promise<Receipt> {
  const accountId = completing(open).accountId ?? '';
  const { archiveId, createdAt } = archive;
  const location = `/${accountId || '-'}/vaults/${deps.destination.vault}/archives/${archiveId}`;
  return settle(deps, open, { archiveId, location, accountId }, null, createdAt);
}

async function absent(deps: UploadDeps, open: OpenSession): Promise<Reconciled> {
  await dropUpload(deps, open, { force: true });
  return { kind: 'absent' };
}

function severalFit(
  { uploadId, id }: CompletingSession,
  fitting: readonly InventoriedArchive[],
  inventory: SiftedInventory,
): GlacierUpError {
  const ids = fitting.map(({ archiveId }) => archiveId).join(', ');
  return new GlacierUpError(
    'completion-unknown',
    `upload ${uploadId} may have made any of the archives ${ids}`,
    {
      hint: hint`they have the same content: ${stepAtVault('receipts', '--rebuild', inventory.name)} writes receipts of all, then ${step('abort', '--force', id)} drops the session`,
    },
  );
}

function lookAgain(inventory: SiftedInventory | null, sinceMs: number, nowMs: number): GlacierUpError {
  const why = inventory
    ? `the last inventory${inventory.takenAt === null ? '' : `, of ${inventory.takenAt},`} may be too old to have the archive`
    : 'the vault has no inventory yet';
  const message = `${why}: whether there is an archive is still unknown`;
  const next = [sinceMs + inventoryDelayMs, sinceMs + 2 * inventoryDelayMs].find((ms) => ms > nowMs);
  return new GlacierUpError('job-pending', message, {
    hint: `run the same command again after ${new Date(next ?? nowMs + inventoryDelayMs).toISOString()}; do not upload it before that`,
  });
}
