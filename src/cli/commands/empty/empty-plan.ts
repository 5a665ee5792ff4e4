/** Which plan `empty` works on: the one that was begun, or a new one. */
import { counted } from '../../../counted.js';
import { GlacierUpError } from '../../../errors.js';
import { isThere } from '../../../os/presence.js';
import type { Prices } from '../../../prices.js';
import { fetchAwaitedInventory } from '../../../retrieval/fetch-inventory.js';
import type { InventoryDeps } from '../../../retrieval/retrieval-deps.js';
import type { AskedInventory } from '../../../session/inventories.js';
import { checked } from '../../../session/unusable.js';
import type { Filters } from '../../../whole-vault/filters.js';
import { type Progress, readJournal } from '../../../whole-vault/journal.js';
import { makePlan } from '../../../whole-vault/make-plan.js';
import type { NameList } from '../../../whole-vault/name-list.js';
import type { Plan, PlanPaths, PlanShelf } from '../../../whole-vault/plan-folder.js';
import { maxAgeOf } from '../../open/inventory-age.js';
import { tellingJob } from '../../output/job-line.js';
import { outcomeText } from '../../output/plan-text.js';
import { visibleLine } from '../../output/visible.js';
import type { EmptyRun } from './options.js';

/** One run, with all that it needs. */
export interface Emptying {
  command: EmptyRun;
  deps: InventoryDeps;
  shelf: PlanShelf;
  paths: PlanPaths;
  prices: Prices;
  filters: Filters;
  list: NameList | null;
}

export interface PlanUnderWay {
  plan: Plan;
  progress: Progress;
}

/** The plan that was begun, or a new one. */
export async function planOf(emptying: Emptying): Promise<PlanUnderWay> {
  const { command, deps, shelf, paths, prices, filters, list } = emptying;
  const acceptFee = command.options.acceptFee === true;
  const plan = command.options.newPlan ? null : shelf.read(paths);
  const known = plan && { plan, progress: readJournal(paths.journal, plan.archives) };
  const isSame = known !== null && hasFilters(known.plan, filters, acceptFee);
  const isBegun = known !== null && checked(paths.journal, () => isThere(paths.journal));
  if (known && isBegun && known.progress.done < known.plan.archives) {
    if (isSame) return known;
    throw new GlacierUpError(
      'usage',
      `an unfinished plan of vault ${known.plan.destination.vault} has other filters (${outcomeText(known.progress)}); nothing was deleted`,
      { hint: 'run the command with the options of that plan to finish it, or give --new-plan to drop it' },
    );
  }
  const inventory = await inventoryFor(command, deps);
  try {
    const askedAt = new Date(inventory.askedAtMs).toISOString();
    if (known && isBegun && isSame && known.plan.inventory.askedAt === askedAt) return known;
    const { destination, receipts, clock, signal } = deps;
    const request = { kind: 'empty', destination, filters, acceptFee, list, prices } as const;
    const made = await makePlan(shelf, paths, inventory, request, { receipts, clock, signal });
    tellUnmet(command, list);
    return { plan: made, progress: readJournal(paths.journal, made.archives) };
  } finally {
    inventory.release?.();
  }
}

function hasFilters(plan: Plan, filters: Filters, acceptFee: boolean): boolean {
  const names = Object.keys(filters) as (keyof Filters)[];
  return (
    plan.acceptFee === acceptFee && names.every((name) => (plan.filters[name] ?? null) === filters[name])
  );
}

/** The inventory that is kept here; without one, or when it is too old, that of a job. */
async function inventoryFor(
  command: EmptyRun,
  deps: InventoryDeps,
): Promise<AskedInventory & { release?(): void }> {
  const { inventories, destination, clock } = deps;
  const maxAgeMs = maxAgeOf(command);
  const kept = inventories.kept(destination);
  if (kept && clock.now() - kept.askedAtMs <= maxAgeMs) return kept;
  const how = { wait: command.options.wait === true, maxAgeMs };
  return await tellingJob(command.reporter, () => fetchAwaitedInventory(deps, how));
}

/** So many entries of a list are named. */
const mostNamed = 3;

function tellUnmet({ reporter }: EmptyRun, list: NameList | null): void {
  const unmet = list?.unmet() ?? [];
  if (unmet.length === 0) return;
  const named = unmet.slice(0, mostNamed).map(visibleLine).join(', ');
  const more = unmet.length > mostNamed ? ` and ${unmet.length - mostNamed} more` : '';
  reporter.urgent(
    `${counted(unmet.length, 'line')} of the list: no such archive in the inventory: ${named}${more}`,
  );
}
