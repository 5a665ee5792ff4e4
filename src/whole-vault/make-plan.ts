/** A plan, made from an inventory. It sends nothing. */
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.js';
import { GlacierUpError } from '../errors.js';
import type { InventoriedArchive, InventorySummary } from '../glacier/inventory/inventory.js';
import { hint, stepAtVault } from '../hint.js';
import { earlyDeletionCost, type Prices, storageCost } from '../prices.js';
import type { Destination } from '../session/destination.js';
import type { AskedInventory } from '../session/inventories.js';
import type { ReceiptLog } from '../session/receipts/receipt-log.js';
import { chooser, type Filters } from './filters.js';
import { type MoreOfItem, makeItems } from './make-items.js';
import type { NameList } from './name-list.js';
import type { LeftOut, Plan, PlanKind, PlanPaths, PlanShelf } from './plan-folder.js';
import type { Proofs } from './proofs.js';
import type { PlanNames } from './restore/plan-names.js';

export interface PlanRequest {
  kind: PlanKind;
  destination: Destination;
  filters: Filters;
  acceptFee: boolean;
  /** That of `filters.listSha256`. */
  list: NameList | null;
  prices: Prices;
  /** Those of `filters.provedSha256`: no other archive is in the plan. */
  proofs: Proofs | null;
  /** null unless archives are to be restored. */
  restoring: PlanNames | null;
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Makes the plan and puts it in place of the one before, which is lost.
 * @throws GlacierUpError `failed` when the inventory is damaged or of another vault; `state-unusable`
 */
export async function makePlan(
  shelf: PlanShelf,
  paths: PlanPaths,
  inventory: AskedInventory,
  request: PlanRequest,
  { receipts, clock, signal }: { receipts: ReceiptLog; clock: Clock; signal: AbortSignal },
): Promise<Plan> {
  const { kind, destination, filters, acceptFee, list, prices, proofs, restoring } = request;
  const nowMs = clock.now();
  const sum = new Summing(prices, nowMs);
  const leftOut: Required<LeftOut> = {
    notChosen: 0,
    ambiguous: 0,
    unproved: 0,
    young: 0,
    deletedAlready: 0,
    faulty: 0,
  };
  const isNotedDeleted = receipts.deletionsNoted();
  const choice = chooser(filters, list, nowMs);
  const choose = (archive: InventoriedArchive): MoreOfItem | null => {
    const chosen = choice(archive);
    if (chosen !== 'chosen') leftOut[chosen] += 1;
    else if (proofs?.has(archive) === false) leftOut.unproved += 1;
    else if (!acceptFee && isYoung(archive, prices, nowMs)) leftOut.young += 1;
    else if (isNotedDeleted(archive.archiveId)) leftOut.deletedAlready += 1;
    else if (!restoring?.isRepeated(archive)) {
      sum.add(archive);
      return restoring?.nameOf(archive) ?? {};
    }
    return null;
  };
  const sha256 = createHash('sha256');
  const reading = inventory.read((bytes) => sha256.update(bytes));
  const draft = shelf.openDraft(paths);
  try {
    await receipts.whileOpen(() =>
      makeItems(draft.items, reading, { choose, paths: restoring?.paths ?? null }, signal),
    );
    const { summary } = reading;
    assertOfVault(summary, destination, inventory.name);
    leftOut.faulty = summary.malformed;
    const plan: Plan = {
      schema: 1,
      kind,
      destination,
      vaultArn: arnOf(summary),
      madeAt: new Date(nowMs).toISOString(),
      inventory: {
        takenAt: summary.takenAt,
        askedAt: new Date(inventory.askedAtMs).toISOString(),
        sha256: sha256.digest('hex'),
        archives: summary.archives,
        sizeBytes: summary.sizeBytes,
      },
      filters,
      acceptFee,
      ...sum.totals,
      leftOut,
      currency: prices.currency,
      pricesAsOf: prices.asOf,
      ...(restoring ? { restore: restoring.plan } : {}),
    };
    shelf.publish(paths, draft, plan);
    return plan;
  } catch (error) {
    shelf.dropDraft(draft);
    throw error;
  }
}

function isYoung({ createdAt }: InventoriedArchive, { shortestStorageDays }: Prices, nowMs: number): boolean {
  // A date that cannot be read is not taken for an old one.
  return !(nowMs - Date.parse(createdAt) >= shortestStorageDays * dayMs);
}

/** The service keeps one for each vault: another's would be a mistake of ours, and dear. */
function assertOfVault({ vault }: InventorySummary, destination: Destination, name: string): void {
  if (vault === null || vault.name === destination.vault) return;
  throw new GlacierUpError('failed', `the inventory ${name} is of vault ${vault.name}`, {
    hint: hint`fetch it again with ${stepAtVault('inventory', '--max-age', '0')}`,
  });
}

function arnOf({ vault }: InventorySummary): string | null {
  return vault && `arn:aws:glacier:${vault.region}:${vault.accountId}:vaults/${vault.name}`;
}

class Summing {
  readonly #prices: Prices;
  readonly #nowMs: number;
  readonly totals = {
    archives: 0,
    sizeBytes: 0,
    oldestAt: null as string | null,
    newestAt: null as string | null,
    earlyFee: 0,
    savedPerMonth: 0,
  };
  #oldestMs = Number.POSITIVE_INFINITY;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(prices: Prices, nowMs: number) {
    this.#prices = prices;
    this.#nowMs = nowMs;
  }

  add({ sizeBytes, createdAt }: InventoriedArchive): void {
    const { totals } = this;
    const createdMs = Date.parse(createdAt);
    totals.archives += 1;
    totals.sizeBytes += sizeBytes;
    totals.savedPerMonth += storageCost(this.#prices, sizeBytes);
    if (Number.isNaN(createdMs)) return;
    totals.earlyFee += earlyDeletionCost(this.#prices, sizeBytes, this.#nowMs - createdMs).cost;
    if (createdMs < this.#oldestMs) {
      this.#oldestMs = createdMs;
      totals.oldestAt = createdAt;
    }
    if (createdMs > this.#newestMs) {
      this.#newestMs = createdMs;
      totals.newestAt = createdAt;
    }
  }
}
